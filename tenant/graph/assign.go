package graph

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/tenant/wire"
)

// MaxBatch is how many calls travel in one request.
const MaxBatch = 20

// attempts bounds how often a call is repeated, to outlast a throttle or to
// settle an unknown outcome.
const attempts = 5

type addLicense struct {
	SKU           string       `json:"skuId"`
	DisabledPlans ledger.Plans `json:"disabledPlans"`
}

// assignBody is the body of assignLicense. The service wants both lists, also
// where one is empty.
type assignBody struct {
	Add    []addLicense `json:"addLicenses"`
	Remove []string     `json:"removeLicenses"`
}

func bodyOf(steps []ledger.Step) assignBody {
	b := assignBody{Add: []addLicense{}, Remove: []string{}}
	for _, s := range steps {
		if s.After == nil {
			b.Remove = append(b.Remove, s.Item.ID)
			continue
		}
		plans := s.After.Without
		if plans == nil {
			plans = ledger.Plans{}
		}
		b.Add = append(b.Add, addLicense{s.Item.ID, plans})
	}
	return b
}

type part struct {
	ID      string            `json:"id"`
	Method  string            `json:"method"`
	URL     string            `json:"url"`
	Headers map[string]string `json:"headers"`
	Body    assignBody        `json:"body"`
}

type partAnswer struct {
	ID      string            `json:"id"`
	Status  int               `json:"status"`
	Headers map[string]string `json:"headers"`
	Body    json.RawMessage   `json:"body"`
}

// attempt is what is known of one call while its batches come and go.
type attempt struct {
	ledger.Result
	open  bool
	doubt bool // an earlier request may have carried it out
}

// end books a refusal. After a doubtful try a refusal speaks only for itself:
// a reading decides, or nobody can tell.
func (a *attempt) end(ctx context.Context, c *Client, message string, alreadyDone bool) {
	a.open, a.Outcome, a.Message = false, ledger.Failed, message
	if !a.doubt && !alreadyDone {
		return
	}
	reached, err := c.reached(ctx, a.Call)
	switch {
	case reached:
		a.Outcome, a.Message = ledger.Done, ""
	case a.doubt || err != nil:
		a.Outcome = ledger.Unknown
	}
}

// Assign runs at most MaxBatch calls, each for another user, in one request,
// and repeats those whose outcome is not known yet.
func (c *Client) Assign(ctx context.Context, calls []ledger.Call) []ledger.Result {
	all := make([]attempt, len(calls))
	for i := range calls {
		all[i] = attempt{Result: ledger.Result{Call: calls[i], Outcome: ledger.Unknown, Message: "no answer"}, open: true}
	}
	c.locate(ctx, all)
	for n := 1; ; n++ {
		wait := c.send(ctx, all)
		if !slices.ContainsFunc(all, func(a attempt) bool { return a.open }) {
			break
		}
		if n == attempts || !sleep(ctx, max(wait, time.Duration(n)*time.Second/2)) {
			break
		}
	}
	results := make([]ledger.Result, len(all))
	for i := range all {
		if a := &all[i]; a.open && a.doubt { // refused for now in the end, and doubtful before
			a.end(ctx, c, a.Message, false)
		}
		results[i] = all[i].Result
	}
	return results
}

// locate sets the usage location of those who have none and whose call says
// where they are: without one the service refuses a seat.
func (c *Client) locate(ctx context.Context, all []attempt) {
	for i := range all {
		a := &all[i]
		if a.Call.Location == "" {
			continue
		}
		body := map[string]string{"usageLocation": a.Call.Location}
		if err := c.w.JSON(ctx, http.MethodPatch, "/v1.0/users/"+url.PathEscape(a.Call.Holder.ID), body, nil); err != nil {
			a.open, a.Outcome, a.Message = false, ledger.Failed, "its usage location could not be set: "+explain(err)
		}
	}
}

func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// send posts the open calls once, and returns how long the service asks to
// wait before those that are still open are sent again.
func (c *Client) send(ctx context.Context, all []attempt) time.Duration {
	var request struct {
		Requests []part `json:"requests"`
	}
	for i, a := range all {
		if a.open {
			request.Requests = append(request.Requests, part{ID: strconv.Itoa(i), Method: http.MethodPost,
				URL:     "/users/" + url.PathEscape(a.Call.Holder.ID) + "/assignLicense",
				Headers: map[string]string{"Content-Type": "application/json"}, Body: bodyOf(a.Call.Steps)})
		}
	}
	var reply struct {
		Responses []partAnswer `json:"responses"`
	}
	err := c.w.JSON(wire.WithWrites(ctx, len(request.Requests)), http.MethodPost, "/v1.0/$batch", request, &reply)
	var wait time.Duration
	for i := range all {
		a := &all[i]
		if !a.open {
			continue
		}
		at := slices.IndexFunc(reply.Responses, func(p partAnswer) bool { return p.ID == strconv.Itoa(i) })
		switch {
		case err != nil:
			c.unanswered(ctx, err, a)
		case at < 0:
			a.doubt = true
		default:
			wait = max(wait, c.settle(ctx, reply.Responses[at], a))
		}
	}
	return wait
}

// unanswered handles a call whose batch was not answered as one. Refused as
// a whole, nothing of it happened; otherwise everything may have.
func (c *Client) unanswered(ctx context.Context, err error, a *attempt) {
	a.Message = explain(err)
	var refused *wire.Error
	if errors.As(err, &refused) && !refused.Ambiguous() {
		a.end(ctx, c, a.Message, false)
		return
	}
	a.doubt, a.Outcome = true, ledger.Unknown
}

// settle reads the answer of one part, and returns how long to wait where it
// has to be sent again.
func (c *Client) settle(ctx context.Context, p partAnswer, a *attempt) time.Duration {
	if p.Status >= 200 && p.Status < 300 {
		a.open, a.Outcome, a.Message = false, ledger.Done, ""
		a.Surplus = surplus(a.Call, p.Body)
		return 0
	}
	header := http.Header{}
	for name, value := range p.Headers {
		header.Set(name, value)
	}
	e := wire.ParseError(p.Status, header, p.Body)
	a.Message = explain(e)
	c.w.Pace().Heed(p.Status, header)
	switch {
	case p.Status == http.StatusTooManyRequests, p.Status == http.StatusConflict:
		a.Outcome = ledger.Failed // refused for now; a repetition may still do it
		return wire.RetryAfter(header)
	case a.Call.Location != "" && strings.Contains(e.Message, nowhere): // set a moment ago, and not seen everywhere yet
		a.Outcome = ledger.Failed
		return time.Second
	case e.Ambiguous():
		a.doubt, a.Outcome = true, ledger.Unknown
		return wire.RetryAfter(header)
	}
	// Not held, or only by a group, may mean that an earlier try did all of it.
	a.end(ctx, c, a.Message, strings.Contains(e.Message, notHeld) || strings.Contains(e.Message, onlyInherited))
	return 0
}

// sameSet compares service plans, in whatever case and order.
func sameSet(a []string, b ledger.Plans) bool {
	return len(a) == len(b) && !slices.ContainsFunc(a, func(p string) bool { return !slices.Contains(b, strings.ToLower(p)) })
}

// reached reads one user and reports whether every step of the call is in
// effect.
func (c *Client) reached(ctx context.Context, call ledger.Call) (bool, error) {
	var u user
	err := c.w.Get(ctx, "/v1.0/users/"+url.PathEscape(call.Holder.ID)+"?$select=id,licenseAssignmentStates", &u)
	if err != nil {
		return false, err
	}
	for _, s := range call.Steps {
		at := slices.IndexFunc(u.States, func(st state) bool {
			return (st.Group == nil || *st.Group == "") && strings.EqualFold(st.SKU, s.Item.ID)
		})
		if (at >= 0) != (s.After != nil) {
			return false, nil
		}
		if at >= 0 && s.Op == ledger.Change && s.Before != nil && sameSet(u.States[at].Disabled, s.Before.Without) {
			return false, nil // nothing has changed
		}
		if at >= 0 && s.After.Without != nil {
			for _, plan := range u.States[at].Disabled { // the service may keep more of them on
				if !slices.Contains(s.After.Without, strings.ToLower(plan)) {
					return false, nil
				}
			}
		}
	}
	return true, nil
}
