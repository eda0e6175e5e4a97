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

// Assign runs at most MaxBatch calls, each for another user, in one request,
// and repeats those whose outcome is not known yet.
func (c *Client) Assign(ctx context.Context, calls []ledger.Call) []ledger.Result {
	results := make([]ledger.Result, len(calls))
	open := make([]int, len(calls))
	for i := range calls {
		open[i] = i
		results[i] = ledger.Result{Call: calls[i], Outcome: ledger.Unknown, Message: "no answer"}
	}
	for attempt := 0; len(open) > 0 && attempt < attempts; attempt++ {
		var wait time.Duration
		open, wait = c.send(ctx, calls, open, results)
		if len(open) > 0 && !sleep(ctx, max(wait, time.Duration(attempt)*time.Second)) {
			break
		}
	}
	return results
}

func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// send posts the open calls once. It returns those that are still open and
// how long the service asks to wait.
func (c *Client) send(ctx context.Context, calls []ledger.Call, open []int, results []ledger.Result) ([]int, time.Duration) {
	var request struct {
		Requests []part `json:"requests"`
	}
	for _, i := range open {
		request.Requests = append(request.Requests, part{ID: strconv.Itoa(i), Method: http.MethodPost,
			URL:     "/users/" + url.PathEscape(calls[i].Holder.ID) + "/assignLicense",
			Headers: map[string]string{"Content-Type": "application/json"}, Body: bodyOf(calls[i].Steps)})
	}
	var reply struct {
		Responses []partAnswer `json:"responses"`
	}
	if err := c.w.JSON(ctx, http.MethodPost, "/v1.0/$batch", request, &reply); err != nil {
		return c.batchFailed(err, open, results)
	}
	var still []int
	var wait time.Duration
	for _, i := range open {
		at := slices.IndexFunc(reply.Responses, func(a partAnswer) bool { return a.ID == strconv.Itoa(i) })
		if at < 0 {
			still = append(still, i)
			continue
		}
		a := reply.Responses[at]
		settled, pause := c.settle(ctx, a, &results[i])
		if !settled {
			still = append(still, i)
			wait = max(wait, pause)
		}
	}
	return still, wait
}

// batchFailed handles a batch that was not answered as one. Refused as a
// whole, nothing of it happened; otherwise everything may have.
func (c *Client) batchFailed(err error, open []int, results []ledger.Result) ([]int, time.Duration) {
	var refused *wire.Error
	definite := errors.As(err, &refused) && !refused.Ambiguous()
	for _, i := range open {
		results[i].Message = explain(err)
		if definite {
			results[i].Outcome = ledger.Failed
		}
	}
	if definite {
		return nil, 0
	}
	return open, time.Second
}

// settle reads the answer of one part. It reports false where the call must
// be repeated to know its outcome.
func (c *Client) settle(ctx context.Context, a partAnswer, r *ledger.Result) (bool, time.Duration) {
	if a.Status >= 200 && a.Status < 300 {
		r.Outcome, r.Message = ledger.Done, ""
		return true, 0
	}
	header := http.Header{}
	for name, value := range a.Headers {
		header.Set(name, value)
	}
	e := wire.ParseError(a.Status, header, a.Body)
	r.Message = explain(e)
	switch {
	case a.Status == http.StatusTooManyRequests:
		r.Outcome = ledger.Failed // refused for now; a repetition may still do it
		return false, retryAfter(header)
	case e.Ambiguous():
		r.Outcome = ledger.Unknown
		return false, retryAfter(header)
	case strings.Contains(e.Message, notHeld):
		// An earlier attempt, of this run or of one that was killed, may have
		// done all of it: only a reading tells.
		r.Outcome = ledger.Failed
		if c.reached(ctx, r.Call) {
			r.Outcome, r.Message = ledger.Done, ""
		}
		return true, 0
	}
	r.Outcome = ledger.Failed
	return true, 0
}

func retryAfter(h http.Header) time.Duration {
	seconds, err := strconv.ParseFloat(h.Get("Retry-After"), 64)
	if err != nil || seconds < 0 {
		return time.Second
	}
	return time.Duration(seconds * float64(time.Second))
}

// reached reads one user and reports whether every step of the call is in
// effect.
func (c *Client) reached(ctx context.Context, call ledger.Call) bool {
	var u user
	err := c.w.Get(ctx, "/v1.0/users/"+url.PathEscape(call.Holder.ID)+"?$select=id,licenseAssignmentStates", &u)
	if err != nil {
		return false
	}
	for _, s := range call.Steps {
		at := slices.IndexFunc(u.States, func(st state) bool {
			return (st.Group == nil || *st.Group == "") && strings.EqualFold(st.SKU, s.Item.ID)
		})
		if (at >= 0) != (s.After != nil) {
			return false
		}
		if at >= 0 && s.After.Without != nil {
			have := slices.Sorted(slices.Values(u.States[at].Disabled))
			if !slices.EqualFunc(have, s.After.Without, strings.EqualFold) {
				return false
			}
		}
	}
	return true
}
