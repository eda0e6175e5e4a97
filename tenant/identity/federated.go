package identity

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// assertion makes a credential that shows what another issuer says of this
// run. It is asked for anew for every token, because such statements live for
// minutes, and a run can take longer.
func (b builder) assertion(get func(context.Context) (string, error)) (azcore.TokenCredential, error) {
	if b.client() == "" {
		return nil, errNoClient
	}
	return azidentity.NewClientAssertionCredential(b.o.Tenant, b.client(), b.said.record(get),
		&azidentity.ClientAssertionCredentialOptions{ClientOptions: b.options, DisableInstanceDiscovery: b.o.Private})
}

func (b builder) byToken() (azcore.TokenCredential, error) {
	return b.assertion(func(context.Context) (string, error) { return b.token(), nil })
}

func (b builder) byTokenFile() (azcore.TokenCredential, error) {
	if b.tokenFile() == "" {
		return nil, errors.New("it needs USHER_OIDC_TOKEN_FILE, AZURE_FEDERATED_TOKEN_FILE or ARM_OIDC_TOKEN_FILE_PATH")
	}
	return b.assertion(func(context.Context) (string, error) {
		text, err := b.o.ReadFile(b.tokenFile())
		return strings.TrimSpace(string(text)), err
	})
}

// byGitHub asks the runner's own service, which answers jobs that have the
// permission id-token: write.
func (b builder) byGitHub() (azcore.TokenCredential, error) {
	address, err := url.Parse(b.requestURL())
	if err != nil || b.requestURL() == "" || b.requestToken() == "" {
		return nil, errors.New(
			"the job needs permissions: { id-token: write }. They set ACTIONS_ID_TOKEN_REQUEST_URL and ACTIONS_ID_TOKEN_REQUEST_TOKEN",
		)
	}
	query := address.Query()
	query.Set("audience", b.o.Assertion)
	address.RawQuery = query.Encode()
	return b.assertion(func(ctx context.Context) (string, error) {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), nil)
		if err != nil {
			return "", err
		}
		r.Header.Set("Authorization", "Bearer "+b.requestToken())
		resp, err := b.o.Transport.Do(r)
		if err != nil {
			return "", fmt.Errorf("GitHub's service for identity tokens does not answer: %w", err)
		}
		defer resp.Body.Close()
		var answer struct {
			Value string `json:"value"`
		}
		body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
		if err != nil || resp.StatusCode != http.StatusOK || json.Unmarshal(body, &answer) != nil || answer.Value == "" {
			return "", fmt.Errorf("GitHub's service for identity tokens answered %d and no token", resp.StatusCode)
		}
		return answer.Value, nil
	})
}
