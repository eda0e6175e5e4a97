package wire

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
)

// downloadTime is how long a file may take: a report of a large tenant is one of many megabytes.
const downloadTime = 5 * time.Minute

// Download asks for a file, which services keep at another host: the answer is a link that is
// signed, and that everybody can use. The link is followed without a token, and once.
func (c *Client) Download(ctx context.Context, path string) ([]byte, error) {
	target, err := c.target(path)
	if err != nil {
		return nil, err
	}
	ctx, done := context.WithTimeout(ctx, downloadTime)
	defer done()
	req, err := c.request(ctx, http.MethodGet, target, "", nil)
	if err != nil {
		return nil, err
	}
	first, err := fetch(c.pipeline, req)
	if err != nil || first.status == http.StatusOK {
		return first.body, err
	}
	if first.status != http.StatusFound {
		return nil, ParseError(first.status, first.header, first.body)
	}
	link, err := url.Parse(first.header.Get("Location"))
	if err != nil || link.Host == "" || link.Scheme != "https" && !c.SameHost(link.String()) {
		return nil, fmt.Errorf("the service answered with a link to nowhere (%.100q)", first.header.Get("Location"))
	}
	if req, err = runtime.NewRequest(ctx, http.MethodGet, link.String()); err != nil {
		return nil, fmt.Errorf("the link of the service cannot be followed (%.100q)", link.Host)
	}
	file, err := fetch(c.open, req)
	if err == nil && file.status != http.StatusOK {
		err = fmt.Errorf("%s answered with the status %d", clip(link.Host), file.status)
	}
	return file.body, err
}

// fetched is an answer that was read to its end.
type fetched struct {
	status int
	header http.Header
	body   []byte
}

// fetch sends a request, and reads its answer.
func fetch(p runtime.Pipeline, req *policy.Request) (fetched, error) {
	resp, err := p.Do(req)
	if err != nil {
		return fetched{}, failure(err, req)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return fetched{}, failure(fmt.Errorf("the answer broke off: %w", err), req)
	}
	return fetched{resp.StatusCode, resp.Header, body}, nil
}
