package graph

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/tenant/wire"
)

// part is one request of a batch.
type part struct {
	ID      string            `json:"id"`
	Method  string            `json:"method"`
	URL     string            `json:"url"`
	Headers map[string]string `json:"headers,omitempty"`
	Body    *assignBody       `json:"body,omitempty"`
}

type partAnswer struct {
	ID      string            `json:"id"`
	Status  int               `json:"status"`
	Headers map[string]string `json:"headers"`
	Body    json.RawMessage   `json:"body"`

	batch string // the service's name of the whole
}

func (p partAnswer) succeeded() bool { return p.Status >= 200 && p.Status < 300 }

// refusal reads an answer that is not a success.
func (c *Client) refusal(p partAnswer) (*wire.Error, http.Header) {
	header := http.Header{}
	for name, value := range p.Headers {
		header.Set(name, value)
	}
	header = c.w.Dated(header)
	e := wire.ParseError(p.Status, header, p.Body)
	e.RequestID = cmp.Or(e.RequestID, p.batch)
	return e, header
}

// part is what is asked for a call next.
func (a *attempt) part(id int) part {
	person := "/users/" + url.PathEscape(a.call.Holder.ID)
	if a.look {
		return part{ID: strconv.Itoa(id), Method: http.MethodGet, URL: person + "?$select=id,licenseAssignmentStates"}
	}
	body := bodyOf(a.call.Steps)
	return part{ID: strconv.Itoa(id), Method: http.MethodPost, URL: person + "/assignLicense",
		Headers: map[string]string{"Content-Type": "application/json"}, Body: &body}
}

// sendPaced asks for all calls, in as many requests as the pace needs.
func (c *Client) sendPaced(ctx context.Context, attempts []*attempt) map[*attempt]ledger.Result {
	results := map[*attempt]ledger.Result{}
	for len(attempts) > 0 {
		writes := 0
		for _, a := range attempts {
			if !a.look {
				writes++
			}
		}
		var room int
		var err error
		if writes > 0 {
			room, err = c.w.Pace().Take(ctx, writes)
		}
		if err != nil {
			for _, a := range attempts {
				results[a] = c.unanswered(a, err)
			}
			return results
		}
		n := 0
		for ; n < len(attempts) && (attempts[n].look || room > 0); n++ {
			if !attempts[n].look {
				room--
			}
		}
		maps.Copy(results, c.send(ctx, attempts[:n]))
		attempts = attempts[n:]
	}
	return results
}

// send asks for all calls in one request.
func (c *Client) send(ctx context.Context, attempts []*attempt) map[*attempt]ledger.Result {
	results := map[*attempt]ledger.Result{}
	if len(attempts) == 0 {
		return results
	}
	var request struct {
		Requests []part `json:"requests"`
	}
	writes := 0
	for i, a := range attempts {
		p := a.part(i)
		request.Requests = append(request.Requests, p)
		if p.Method != http.MethodGet {
			writes++
		}
	}
	var reply batchReply
	var doubt bool
	err := c.w.JSON(wire.WithDoubt(wire.WithBatch(ctx, len(attempts), writes), &doubt), http.MethodPost, "/v1.0/$batch", request, &reply)
	if err == nil {
		c.heed(attempts, reply.Responses)
	}
	for i, a := range attempts {
		a.doubt = a.doubt || doubt && !a.look // the batch was sent more than once
		at := slices.IndexFunc(reply.Responses, func(p partAnswer) bool { return p.ID == strconv.Itoa(i) })
		switch {
		case err != nil:
			results[a] = c.unanswered(a, err)
		case at < 0 || reply.Responses[at].Status < 200:
			a.doubt = a.doubt || !a.look
			results[a] = c.again(a, 0, "the service left it out of its answer")
		default:
			reply.Responses[at].batch = wire.NameOf(ctx)
			results[a] = c.readAnswer(a, reply.Responses[at])
		}
	}
	return results
}

// heed lets the pace follow the answers in a batch: how many writes the service took and how
// many it refused for now, and of what they say of the limit the most.
func (c *Client) heed(attempts []*attempt, answers []partAnswer) {
	const share = "x-ms-throttle-limit-percentage"
	took, refused, said := 0, 0, http.Header{}
	for _, p := range answers {
		at, err := strconv.Atoi(p.ID)
		if err != nil || at < 0 || at >= len(attempts) || attempts[at].look {
			continue // a reading
		}
		_, header := c.refusal(p)
		if p.Status == http.StatusTooManyRequests {
			if refused++; wire.RetryAfter(header) >= wire.RetryAfter(said) {
				said = header
			}
			continue
		}
		if took++; refused == 0 && header.Get(share) > said.Get(share) {
			said = header
		}
	}
	if took+refused > 0 {
		c.w.Pace().Heed(took, refused, said)
	}
}

// unanswered handles a call whose batch was not answered as one. Refused as
// a whole, nothing of it happened; otherwise everything may have.
func (c *Client) unanswered(a *attempt, err error) ledger.Result {
	var refused *wire.Error
	var wait time.Duration
	if errors.As(err, &refused) {
		wait = refused.Wait
	}
	certain, why := refused != nil && !refused.Ambiguous(), explain(err, toAssign)
	switch {
	case certain && forNow(refused), a.look && !certain:
		return c.again(a, wait, why)
	case certain && a.look:
		return ledger.Result{Call: a.call, Outcome: ledger.Unknown, Message: why}
	case certain:
		return c.refused(a, why)
	}
	a.doubt = true
	return c.again(a, wait, why)
}

// forNow reports whether a service may take later what it refuses now: it is
// busy, somebody else writes, a token ended on the way, or it is too new to be
// seen everywhere.
func forNow(e *wire.Error) bool {
	switch e.Status {
	case http.StatusTooManyRequests, http.StatusConflict, http.StatusUnauthorized:
		return true
	}
	return notSeenYet(e)
}
