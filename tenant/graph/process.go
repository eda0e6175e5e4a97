package graph

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/tenant/wire"
)

// AssignGroup runs one call for a group. The service accepts it at once and
// gets to the members later: it is done when the service says so, pending when
// that takes longer than the client waits, and then the members whom it failed
// are read and returned.
func (c *Client) AssignGroup(ctx context.Context, call ledger.Call) ledger.Result {
	path := "/v1.0/groups/" + url.PathEscape(call.Holder.ID)
	err := c.w.JSON(ctx, http.MethodPost, path+"/assignLicense", bodyOf(call.Steps), nil)
	var e *wire.Error
	switch {
	case err == nil:
	case errors.As(err, &e) && !e.Ambiguous() && !strings.Contains(e.Message, notHeld):
		return ledger.Result{Call: call, Outcome: ledger.Failed, Message: explain(err)}
	default: // nobody can tell, or an earlier run did it: the group itself says
		if reached, problem := c.groupReached(ctx, call); !reached {
			if problem == nil && e != nil && !e.Ambiguous() {
				return ledger.Result{Call: call, Outcome: ledger.Failed, Message: explain(err)}
			}
			return ledger.Result{Call: call, Outcome: ledger.Unknown, Message: explain(err)}
		}
	}
	if err := c.untilProcessed(ctx, path); err != nil {
		return ledger.Result{Call: call, Outcome: ledger.Pending, Accepted: true, Message: "accepted: " + err.Error()}
	}
	unfit, err := c.unfit(ctx, call)
	if err != nil {
		return ledger.Result{Call: call, Outcome: ledger.Pending, Accepted: true, Message: "accepted, and its members could not be read afterwards: " + explain(err)}
	}
	return ledger.Result{Call: call, Outcome: ledger.Done, Unfit: unfit}
}

// groupReached reports whether the group has what the call gives it.
func (c *Client) groupReached(ctx context.Context, call ledger.Call) (bool, error) {
	found, err := c.FindGroups(ctx, call.Holder.ID, true, nil)
	if err != nil || len(found) == 0 {
		return false, err
	}
	has := map[string]bool{}
	for _, g := range found[0].Grants {
		has[g.Item.ID] = true
	}
	for _, s := range call.Steps {
		if has[s.Item.ID] != (s.After != nil) {
			return false, nil
		}
	}
	return true, nil
}

// Waiting for the service: at first often, then ever less.
const (
	firstPoll = 200 * time.Millisecond
	lastPoll  = 30 * time.Second
)

// patience spaces out looks at what takes the service a while.
type patience struct {
	over  <-chan time.Time
	pause time.Duration
}

func (c *Client) patience() *patience { return &patience{time.After(c.Wait), firstPoll} }

// next waits before another look; false means to give up.
func (p *patience) next(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return false
	case <-p.over:
		return false
	case <-time.After(p.pause):
		p.pause = min(2*p.pause, lastPoll)
		return true
	}
}

// untilProcessed waits until the service has been through a group.
func (c *Client) untilProcessed(ctx context.Context, path string) error {
	for p := c.patience(); ; {
		var g group
		if err := c.w.Get(ctx, path+"?$select=id,licenseProcessingState", &g); err != nil {
			return err
		}
		if g.Processing == nil || g.Processing.State == processed {
			return nil
		}
		if !p.next(ctx) {
			return fmt.Errorf("the service has not finished with the group (%s) after %s", g.Processing.State, c.Wait)
		}
	}
}

// Await waits until the service has been through the groups, or the client's
// patience ends.
func (c *Client) Await(ctx context.Context, groups []ledger.Holder) error {
	for _, g := range groups {
		if err := c.untilProcessed(ctx, "/v1.0/groups/"+url.PathEscape(g.ID)); err != nil {
			return err
		}
	}
	return nil
}

// unfit reads which members a group could not give what the call gives.
func (c *Client) unfit(ctx context.Context, call ledger.Call) ([]ledger.Inherited, error) {
	gives := map[string]bool{}
	for _, s := range call.Steps {
		gives[s.Item.ID] = s.After != nil
	}
	people, err := list[user](ctx, c, "/v1.0/groups/"+url.PathEscape(call.Holder.ID)+"/members/microsoft.graph.user?$select=id,userPrincipalName,licenseAssignmentStates&$top=999")
	if err != nil {
		return nil, err
	}
	var unfit []ledger.Inherited
	for i := range people {
		for _, s := range people[i].States {
			item := strings.ToLower(s.SKU)
			if s.group() == call.Holder.ID && s.failed() && gives[item] {
				unfit = append(unfit, ledger.Inherited{User: people[i].holder(), Item: item, Group: call.Holder.ID, Error: s.cause()})
			}
		}
	}
	return unfit, nil
}

// Reprocess makes the service try again what a person's groups give, and
// looks whether it did.
func (c *Client) Reprocess(ctx context.Context, call ledger.Call) ledger.Result {
	path := "/v1.0/users/" + url.PathEscape(call.Holder.ID)
	if err := c.w.JSON(ctx, http.MethodPost, path+"/reprocessLicenseAssignment", nil, nil); err != nil {
		var e *wire.Error
		if errors.As(err, &e) && !e.Ambiguous() {
			return ledger.Result{Call: call, Outcome: ledger.Failed, Message: explain(err)}
		}
		return ledger.Result{Call: call, Outcome: ledger.Unknown, Message: explain(err)}
	}
	for p := c.patience(); ; {
		var u user
		if err := c.w.Get(ctx, path+"?$select=id,licenseAssignmentStates", &u); err != nil {
			return ledger.Result{Call: call, Outcome: ledger.Unknown, Message: explain(err)}
		}
		missing := u.lacks(call)
		if missing == "" {
			return ledger.Result{Call: call, Outcome: ledger.Done}
		}
		if !p.next(ctx) {
			return ledger.Result{Call: call, Outcome: ledger.Pending, Accepted: true, Message: "the service was asked to try again, and has not given it yet (" + missing + ")"}
		}
	}
}

// lacks returns why a person does not have what a call is about, or nothing.
func (u user) lacks(call ledger.Call) string {
	for _, s := range call.Steps {
		why := "nothing gives it"
		for _, st := range u.States {
			if strings.EqualFold(st.SKU, s.Item.ID) {
				if !st.failed() {
					why = ""
					break
				}
				why = st.cause()
			}
		}
		if why != "" {
			return why
		}
	}
	return ""
}
