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
	"sync"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/tenant/wire"
)

// There asks for people by id, and returns the position of the first who is there
// after all; -1 for nobody. On an error it is the position of the one whom nobody can tell of.
func (c *Client) There(ctx context.Context, ids []string) (int, error) {
	questions := make([]question, len(ids))
	for i, id := range ids {
		questions[i] = question{path: accountPath(id)}
	}
	return c.there(ctx, questions)
}

// Holds asks by id for people who are said to have lost products, and returns the
// position of the first grant that is there after all; -1 for none. On an error it is
// the position of the one that nobody can tell of.
func (c *Client) Holds(ctx context.Context, grants []ledger.Grant) (int, error) {
	questions := make([]question, len(grants))
	for i, g := range grants {
		questions[i] = question{path: accountPath(g.Holder.ID), found: func(body []byte) (bool, error) {
			var u user
			if err := wire.Unmarshal(body, &u); err != nil {
				return false, errors.New("the answer is no account")
			}
			return u.direct(g.Item.ID) != nil, u.Shape()
		}}
	}
	return c.there(ctx, questions)
}

// InGroup asks for the groups of people, and returns the position of the first who is
// in a group; -1 for nobody. On an error it is the position of the one whom nobody can
// tell of.
func (c *Client) InGroup(ctx context.Context, group string, ids []string) (int, error) {
	questions := make([]question, len(ids))
	for i, id := range ids {
		questions[i] = question{
			path: "/users/" + url.PathEscape(id) + "/memberOf/microsoft.graph.group?$select=id&$top=999",
			found: func(body []byte) (bool, error) {
				return listed(body, group)
			},
		}
	}
	return c.there(ctx, questions)
}

// listed reports whether a list has an object. That a part of a list has it not, says
// nothing.
func listed(body []byte, id string) (bool, error) {
	var list struct {
		Rows wire.List[organization] `json:"value"`
		Next string                  `json:"@odata.nextLink"`
	}
	if err := wire.Unmarshal(body, &list); err != nil || list.Rows.Shape() != nil {
		return false, errors.New("the answer is no list")
	}
	there := slices.ContainsFunc(list.Rows, func(o organization) bool { return strings.EqualFold(o.ID, id) })
	if !there && list.Next != "" {
		return false, errors.New("the answer is a part of a list")
	}
	return there, nil
}

// question asks for one object by its id.
type question struct {
	path  string
	found func(body []byte) (bool, error) // whether it has what is looked for; nil where the object itself is
}

func accountPath(id string) string {
	return "/users/" + url.PathEscape(id) + "?$select=id,licenseAssignmentStates"
}

// Owns asks for one product of the tenant by its id.
func (c *Client) Owns(ctx context.Context, tenant, product string) (bool, error) {
	at, err := c.there(ctx, []question{{path: "/subscribedSkus/" + url.PathEscape(tenant+"_"+product)}})
	return at >= 0, err
}

// atOnce is how many batches of questions travel at the same time: after somebody
// else has removed thousands of seats, one after the other would take minutes.
const atOnce = 4

// there asks the questions and returns the position of the first that finds something,
// or of the first that nobody can answer, with the error.
func (c *Client) there(ctx context.Context, questions []question) (int, error) {
	type answer struct {
		at  int
		err error
	}
	for from := 0; from < len(questions); from += atOnce * MaxBatch {
		rest := questions[from:]
		answers := make([]answer, min(atOnce, (len(rest)+MaxBatch-1)/MaxBatch))
		var all sync.WaitGroup
		for i := range answers {
			all.Go(func() {
				batch := rest[i*MaxBatch : min(len(rest), (i+1)*MaxBatch)]
				answers[i].err = c.patiently(ctx, passing, func() (err error) {
					answers[i].at, err = c.thereAmong(ctx, batch)
					return err
				})
			})
		}
		all.Wait()
		for i, a := range answers {
			if a.err != nil || a.at >= 0 {
				return from + i*MaxBatch + max(0, a.at), a.err
			}
		}
	}
	return -1, nil
}

// thereAmong asks for at most MaxBatch objects in one request.
func (c *Client) thereAmong(ctx context.Context, questions []question) (int, error) {
	var request struct {
		Requests []part `json:"requests"`
	}
	for i, q := range questions {
		request.Requests = append(request.Requests, part{ID: strconv.Itoa(i), Method: http.MethodGet, URL: q.path})
	}
	var reply batchReply
	if err := c.w.JSON(wire.WithBatch(ctx, len(request.Requests), 0), http.MethodPost, "/v1.0/$batch", request, &reply); err != nil {
		return 0, err
	}
	for i, q := range questions {
		at := slices.IndexFunc(reply.Responses, func(p partAnswer) bool { return p.ID == strconv.Itoa(i) })
		if at < 0 {
			return i, errors.New("the service left a question out of its answer")
		}
		if there, err := c.answer(q, reply.Responses[at]); err != nil || there {
			return i, err
		}
	}
	return -1, nil
}

// answer reads the answer to one question.
func (c *Client) answer(q question, p partAnswer) (bool, error) {
	switch {
	case p.succeeded() && q.found != nil:
		return q.found(p.Body)
	case p.succeeded():
		return true, nil
	case p.Status < http.StatusOK:
		return false, errors.New("the service left a question unanswered")
	}
	if e, _ := c.refusal(p); p.Status != http.StatusNotFound && !strings.Contains(e.Message, notOwned) {
		return false, e
	}
	return false, nil
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
