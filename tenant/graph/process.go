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
	err := c.patiently(ctx, settling, func() error {
		return c.w.JSON(ctx, http.MethodPost, path+"/assignLicense", bodyOf(call.Steps), nil)
	})
	var e *wire.Error
	switch {
	case err == nil:
	case errors.As(err, &e) && !e.Ambiguous() && !strings.Contains(e.Message, notHeld):
		return ledger.Result{Call: call, Outcome: ledger.Failed, Message: explain(err, toAssign)}
	default: // nobody can tell, or an earlier run did it: the group itself says
		if reached, problem := c.groupReached(ctx, call); !reached {
			if problem == nil && e != nil && !e.Ambiguous() {
				return ledger.Result{Call: call, Outcome: ledger.Failed, Message: explain(err, toAssign)}
			}
			return ledger.Result{Call: call, Outcome: ledger.Unknown, Message: explain(err, toAssign)}
		}
	}
	after, unfit, err := c.untilMembersHaveIt(ctx, path, call)
	if err != nil {
		return ledger.Result{Call: call, Outcome: ledger.Pending, Accepted: true, Message: "accepted: " + explain(err, toList)}
	}
	res := account{after.Licenses}.done(call)
	res.Unfit = unfit
	return res
}

// untilMembersHaveIt waits until the service has been through a group, and
// until the group and its members show it: a group that was done with an earlier
// change says so for a moment after the next one, too.
func (c *Client) untilMembersHaveIt(ctx context.Context, path string, call ledger.Call) (group, []ledger.Inherited, error) {
	for p := c.patience(); ; {
		g, err := c.untilProcessed(ctx, path, p)
		if err != nil {
			return g, nil, err
		}
		unfit, behind, err := c.members(ctx, call)
		shown := account{g.Licenses}.shows(call)
		switch {
		case err != nil:
			return g, nil, err
		case shown && behind == 0:
			return g, unfit, nil
		case p.next(ctx):
		case !shown:
			return g, nil, fmt.Errorf("the service says that it is done, and the group does not show it after %s", c.Wait)
		default:
			return g, nil, fmt.Errorf("the service says that it is done, and %d members do not show it after %s", behind, c.Wait)
		}
	}
}

// groupReached reports whether the group has what the call gives it.
func (c *Client) groupReached(ctx context.Context, call ledger.Call) (bool, error) {
	supply, err := c.Supply(ctx) // which names the service plans
	if err != nil {
		return false, err
	}
	found, err := c.FindGroups(ctx, call.Holder.ID, true, supply)
	if err != nil || len(found) == 0 {
		return false, err
	}
	has := map[string]ledger.ServicePlanIDs{}
	for _, g := range found[0].Grants {
		has[g.Item.ID] = g.Without
	}
	for _, s := range call.Steps {
		without, there := has[s.Item.ID]
		if there != (s.After != nil) || there && s.Op == ledger.Change && !without.Equal(s.After.Without) {
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
func (c *Client) untilProcessed(ctx context.Context, path string, p *patience) (group, error) {
	for {
		var g group
		if err := c.w.Get(ctx, path+"?$select=id,assignedLicenses,licenseProcessingState", &g); err != nil {
			return g, err
		}
		if g.Processing == nil || g.Processing.State == processed {
			return g, nil
		}
		if !p.next(ctx) {
			return g, fmt.Errorf("the service has not finished with the group (%s) after %s", g.Processing.State, c.Wait)
		}
	}
}

// Await waits until the service has been through the groups, or the client's
// patience ends.
func (c *Client) Await(ctx context.Context, groups []ledger.Holder) error {
	for _, g := range groups {
		if _, err := c.untilProcessed(ctx, "/v1.0/groups/"+url.PathEscape(g.ID), c.patience()); err != nil {
			return err
		}
	}
	return nil
}

// members reads which members a group could not give what the call gives, and
// how many do not show yet what the call gives or takes.
func (c *Client) members(ctx context.Context, call ledger.Call) (unfit []ledger.Inherited, behind int, err error) {
	people, err := wire.All[user](ctx, c.w, membersPath(call.Holder.ID)+
		"/microsoft.graph.user?$select=id,userPrincipalName,licenseAssignmentStates&$top=999")
	if err != nil {
		return nil, 0, fmt.Errorf("its members could not be read: %w", err)
	}
	for i := range people {
		late := false
		for _, step := range call.Steps {
			has := people[i].from(call.Holder.ID, step.Item.ID)
			late = late || (has != nil) != (step.After != nil)
			if has != nil && step.After != nil && has.failed() {
				unfit = append(unfit, ledger.Inherited{User: people[i].holder(), Item: step.Item.ID, Group: call.Holder.ID, Error: has.cause()})
			}
		}
		if late {
			behind++
		}
	}
	return unfit, behind, nil
}

// Retry makes the service try again what a person's groups give, and
// looks whether it did.
func (c *Client) Retry(ctx context.Context, call ledger.Call) ledger.Result {
	path := "/v1.0/users/" + url.PathEscape(call.Holder.ID)
	err := c.patiently(ctx, settling, func() error {
		return c.w.JSON(ctx, http.MethodPost, path+"/reprocessLicenseAssignment", nil, nil)
	})
	if err != nil {
		var e *wire.Error
		if errors.As(err, &e) && !e.Ambiguous() {
			return ledger.Result{Call: call, Outcome: ledger.Failed, Message: explain(err, toChange)}
		}
		return ledger.Result{Call: call, Outcome: ledger.Unknown, Message: explain(err, toChange)}
	}
	for p := c.patience(); ; {
		var u user
		if err := c.w.Get(ctx, path+"?$select=id,licenseAssignmentStates", &u); err != nil {
			return ledger.Result{Call: call, Outcome: ledger.Unknown, Message: explain(err, toChange)}
		}
		missing := u.lacks(call)
		if missing == "" {
			return ledger.Result{Call: call, Outcome: ledger.Done}
		}
		if !p.next(ctx) {
			return ledger.Result{
				Call:     call,
				Outcome:  ledger.Pending,
				Accepted: true,
				Message:  "the service was asked to try again, and has not given it yet (" + missing + ")",
			}
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
