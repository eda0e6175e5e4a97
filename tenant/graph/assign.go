package graph

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/tenant/wire"
)

// MaxBatch is how many calls travel in one request.
const MaxBatch = 20

type addLicense struct {
	SKU           string                `json:"skuId"`
	DisabledPlans ledger.ServicePlanIDs `json:"disabledPlans"`
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
			plans = ledger.ServicePlanIDs{}
		}
		b.Add = append(b.Add, addLicense{s.Item.ID, plans})
	}
	return b
}

// attempt is one call for a person while it comes and goes.
type attempt struct {
	call  ledger.Call
	tries int
	doubt bool    // an earlier request may have carried it out
	look  bool    // the next request reads what became of it, and decides
	why   string  // it was refused
	gone  bool    // the service said that what it removes is not held
	taken bool    // the service accepted it, and its answer does not show that it is in effect
	after account // what the answer showed

	waited time.Duration // for readings to catch up
}

// What bounds an attempt: how often it is sent, and how often it is then looked
// at.
const (
	mostTries = 8
	mostLooks = 8
	mostLate  = 4 // times that the service refuses what it does not see yet
)

// Assign sends at most MaxBatch calls, each for another person, in one
// request. A call that has not ended is to be handed in again, with others, so
// that requests stay full: what is known of it is kept until then.
func (c *Client) Assign(ctx context.Context, calls []ledger.Call) []ledger.Result {
	attempts := make([]*attempt, len(calls))
	results := make([]ledger.Result, len(calls))
	var sent []*attempt
	for i, call := range calls {
		a, again := c.remembered(call)
		attempts[i] = a
		if !again {
			if err := c.locate(ctx, call); err != nil {
				results[i] = ledger.Result{
					Call:    call,
					Outcome: ledger.Failed,
					Message: "its usage location could not be set: " + explain(err, toChange),
				}
				continue
			}
		}
		sent = append(sent, a)
	}
	answered := c.sendPaced(ctx, sent)
	for i, a := range attempts {
		if res, ok := answered[a]; ok {
			results[i] = res
		}
		if results[i].Outcome == ledger.Again {
			c.remember(a)
		}
	}
	return results
}

func (c *Client) remembered(call ledger.Call) (a *attempt, again bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if a = c.open[call.Holder.ID]; a != nil && a.call.ID == call.ID {
		delete(c.open, call.Holder.ID)
		return a, true
	}
	return &attempt{call: call}, false
}

func (c *Client) remember(a *attempt) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open[a.call.Holder.ID] = a
}

// locate sets the usage location of somebody who has none and whose call says
// where they are: without one the service refuses a seat.
func (c *Client) locate(ctx context.Context, call ledger.Call) error {
	if call.Location == "" {
		return nil
	}
	body := map[string]string{"usageLocation": call.Location}
	return c.patiently(ctx, settling, func() error {
		return c.w.JSON(ctx, http.MethodPatch, "/v1.0/users/"+url.PathEscape(call.Holder.ID), body, nil)
	})
}

// notSeenYet reports whether a service does not know what a reading has just shown:
// it is too new to be seen everywhere, or was deleted meanwhile.
func notSeenYet(e *wire.Error) bool {
	return e.Status == http.StatusNotFound || strings.Contains(e.Message, newcomer)
}

// settling reports whether the service has yet to agree with itself about whom a
// write is about.
func settling(err error) (time.Duration, bool) {
	var e *wire.Error
	if !errors.As(err, &e) {
		return 0, false
	}
	return e.Wait, e.Status == http.StatusConflict || notSeenYet(e)
}

// passing reports whether a question was not answered for a reason that passes: the
// service is busy, or its answer broke off.
func passing(err error) (time.Duration, bool) {
	var e *wire.Error
	if !errors.As(err, &e) {
		var broken net.Error
		return 0, errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &broken)
	}
	return e.Wait, e.Status == http.StatusTooManyRequests || e.Status >= http.StatusInternalServerError
}

// patiently asks again for what fails only for now.
func (c *Client) patiently(ctx context.Context, forNow func(error) (wait time.Duration, is bool), ask func() error) error {
	for tries := 1; ; tries++ {
		err := ask()
		if err == nil || tries == mostTries {
			return err
		}
		wait, is := forNow(err)
		if !is {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(max(wait, time.Duration(tries)*c.Pause)):
		}
	}
}

// again hands a call back for later, or ends it where that was often enough.
// What is in doubt is looked at last.
func (c *Client) again(a *attempt, wait time.Duration, message string) ledger.Result {
	res := ledger.Result{
		Call:    a.call,
		Outcome: ledger.Again,
		Message: message,
		Doubt:   a.doubt || a.look,
		Wait:    max(wait, time.Duration(a.tries)*c.Pause),
	}
	switch a.tries++; {
	case a.look && a.tries >= mostLooks:
		res.Outcome, res.Message = ledger.Unknown, cmp.Or(a.why, message)
	case a.look || a.tries < mostTries:
	case a.doubt:
		return c.lookAt(a, message)
	default:
		res.Outcome = ledger.Failed
	}
	return res
}

// lookAt lets a reading decide what became of a call: after a doubtful try a
// refusal speaks only for itself.
func (c *Client) lookAt(a *attempt, why string) ledger.Result {
	a.look, a.why, a.tries = true, why, 0
	return ledger.Result{Call: a.call, Outcome: ledger.Again, Message: why, Doubt: true}
}

// refused ends a call that the service did not carry out.
func (c *Client) refused(a *attempt, message string) ledger.Result {
	if a.doubt {
		return c.lookAt(a, message)
	}
	return ledger.Result{Call: a.call, Outcome: ledger.Failed, Message: message}
}

// readAnswer reads the answer to one call.
func (c *Client) readAnswer(a *attempt, p partAnswer) ledger.Result {
	if a.look {
		return c.seen(a, p)
	}
	if p.succeeded() {
		var shown bool
		if a.after, shown = answered(a.call, p.Body); shown {
			return a.after.done(a.call)
		}
		a.taken = true
		return c.lookAt(a, "the service accepted it, and does not show that it is in effect")
	}
	e, _ := c.refusal(p)
	message, wait := explain(e, toAssign), e.Wait
	switch {
	case forNow(e):
		return c.again(a, wait, message)
	case strings.Contains(e.Message, nowhere) && a.tries < mostLate: // set a moment ago, and not seen everywhere yet
		return c.again(a, max(wait, 2*c.Pause), message)
	case strings.Contains(e.Message, nowhere): // a plan gives no seat to an account without one
		return c.refused(a, e.Error()+": the account has a usage location, and the service does not see it yet; plan again later")
	// a plan takes no seat that is not there; one that was freed is seen a moment later
	case strings.Contains(e.Message, noSeats) && a.tries < mostLate:
		return c.again(a, max(wait, 2*c.Pause), message)
	case e.Ambiguous():
		a.doubt = true
		return c.again(a, wait, message)
	case a.doubt && e.Status == http.StatusBadRequest && e.Code == "": // it says why, and cannot be read
		return c.again(a, wait, message)
	case strings.Contains(e.Message, notHeld), strings.Contains(e.Message, onlyInherited): // an earlier try may have done all of it
		a.gone = true
		return c.lookAt(a, message)
	}
	return c.refused(a, message)
}

// seen decides by a reading of the person. While the call is in doubt, a
// reading that may be older than the call proves nothing, unless the service
// that carries calls out has said the same: it could show how things were
// before somebody's last change, which this call was to undo.
func (c *Client) seen(a *attempt, p partAnswer) ledger.Result {
	var u user
	switch {
	case p.succeeded() && wire.Unmarshal(p.Body, &u) == nil && u.Shape() == nil:
		if u.reached(a.call) && (!a.doubt || a.gone || a.waited >= c.Lag) {
			return a.after.done(a.call)
		}
		return c.missing(a)
	case p.succeeded():
		return c.again(a, 0, a.why)
	case p.Status == http.StatusForbidden:
		return ledger.Result{Call: a.call, Outcome: ledger.Unknown, Message: a.why}
	}
	e, _ := c.refusal(p)
	return c.again(a, e.Wait, a.why)
}

// missing decides where a reading shows that a call is not in effect.
func (c *Client) missing(a *attempt) ledger.Result {
	late := a.waited >= c.Lag // no reading is that old
	switch {
	case a.taken && late:
		return ledger.Result{Call: a.call, Outcome: ledger.Unknown, Message: a.why}
	case a.taken: // readings may be older than the call
	case !a.doubt && adds(a.call): // what else it is about was refused with it
		return ledger.Result{Call: a.call, Outcome: ledger.Failed, Message: a.why}
	case !a.doubt && late:
		return ledger.Result{Call: a.call, Outcome: ledger.Pending, Message: a.why + "; its readings still show it"}
	case late:
		return ledger.Result{Call: a.call, Outcome: ledger.Unknown, Message: a.why}
	}
	wait := min(a.waited+c.Pause, c.Lag)
	a.waited += wait
	return ledger.Result{Call: a.call, Outcome: ledger.Again, Message: a.why, Doubt: a.doubt, Wait: wait}
}

func adds(call ledger.Call) bool {
	return slices.ContainsFunc(call.Steps, func(s ledger.Step) bool { return s.After != nil })
}

// sameSet compares service plans, in whatever case and order.
func sameSet(a []string, b ledger.ServicePlanIDs) bool {
	return len(a) == len(b) && !slices.ContainsFunc(a, func(p string) bool { return !slices.Contains(b, strings.ToLower(p)) })
}

// direct is the row of a product that the account has by itself; nil for none.
func (u *user) direct(product string) *state {
	if s := u.from("", product); s != nil && !s.failed() {
		return s
	}
	return nil
}

// reached reports whether every step of a call is in effect for its person.
func (u *user) reached(call ledger.Call) bool {
	for _, s := range call.Steps {
		has := u.direct(s.Item.ID)
		if (has != nil) != (s.After != nil) {
			return false
		}
		if has != nil && s.Op == ledger.Change && s.Before != nil && sameSet(has.Disabled, s.Before.Without) {
			return false // nothing has changed
		}
		if has != nil && s.After.Without != nil {
			for _, plan := range has.Disabled { // the service may keep more of them on
				if !slices.Contains(s.After.Without, strings.ToLower(plan)) {
					return false
				}
			}
		}
	}
	return true
}
