package graph

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/usher-cli/usher/tenant/wire"
)

// There asks for people by id, and returns the position of the first who is there
// after all; -1 for nobody. On an error it is the position of the one whom nobody can tell of.
func (c *Client) There(ctx context.Context, ids []string) (int, error) {
	paths := make([]string, len(ids))
	for i, id := range ids {
		paths[i] = "/users/" + url.PathEscape(id) + "?$select=id,licenseAssignmentStates"
	}
	return c.there(ctx, paths)
}

// Owns asks for one product of the tenant by its id.
func (c *Client) Owns(ctx context.Context, tenant, product string) (bool, error) {
	at, err := c.there(ctx, []string{"/subscribedSkus/" + url.PathEscape(tenant+"_"+product)})
	return at >= 0, err
}

func (c *Client) there(ctx context.Context, paths []string) (int, error) {
	for from := 0; from < len(paths); from += MaxBatch {
		at, err := c.thereAmong(ctx, paths[from:min(from+MaxBatch, len(paths))])
		if err != nil || at >= 0 {
			return from + max(0, at), err
		}
	}
	return -1, nil
}

// thereAmong asks for at most MaxBatch objects in one request.
func (c *Client) thereAmong(ctx context.Context, paths []string) (int, error) {
	var request struct {
		Requests []part `json:"requests"`
	}
	for i, path := range paths {
		request.Requests = append(request.Requests, part{ID: strconv.Itoa(i), Method: http.MethodGet, URL: path})
	}
	var reply batchReply
	if err := c.w.JSON(wire.WithWrites(ctx, 0), http.MethodPost, "/v1.0/$batch", request, &reply); err != nil {
		return 0, err
	}
	for i := range paths {
		at := slices.IndexFunc(reply.Responses, func(p partAnswer) bool { return p.ID == strconv.Itoa(i) })
		if at < 0 {
			return i, errors.New("the service left a question out of its answer")
		}
		if p := reply.Responses[at]; p.succeeded() {
			return i, nil
		} else if p.Status < http.StatusOK {
			return i, errors.New("the service left a question unanswered")
		} else if e, _ := c.refusal(p); p.Status != http.StatusNotFound && !strings.Contains(e.Message, notOwned) {
			return i, e
		}
	}
	return -1, nil
}

// batchReply is the answer to a batch.
type batchReply struct {
	Responses wire.List[partAnswer] `json:"responses"`
}

// Shape implements wire.Shaped.
func (b *batchReply) Shape() error {
	if b.Responses == nil {
		return fmt.Errorf("it has no list of responses")
	}
	return nil
}
