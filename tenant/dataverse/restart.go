package dataverse

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/tenant/wire"
)

// turnOnTries bounds how often a flow that was turned off is turned on again.
const turnOnTries = 4

// Restart turns a flow off and on, so that it notices a license that its owner
// was given. A flow whose connections could not be used is left as it is, and
// so is one that is off, unless an earlier run may have turned it off. One that
// does not come back is an error that says so.
func (c *Client) Restart(ctx context.Context, call ledger.Call) ledger.Result {
	fail := func(format string, args ...any) ledger.Result {
		return ledger.Result{Call: call, Outcome: ledger.Failed, Message: fmt.Sprintf(format, args...)}
	}
	id := own(call.Steps[0])
	missing, on, err := c.connections(ctx, id)
	resumes := call.Steps[0].Why == ledger.Unfinished
	switch {
	case err != nil && resumes: // it may be off
		return ledger.Result{Call: call, Outcome: ledger.Unknown, Message: "it could not be read: " + explain(err, toRead)}
	case missing != "" && resumes && !on:
		return fail("IT IS OFF, and its connection %s is not set: set it, and turn the flow on in Power Automate", missing)
	case err != nil:
		return fail("its connections could not be read, so usher left it as it is: %s", explain(err, toRead))
	case missing != "":
		return fail("its connection %s is not set, so it could not be turned on again: it was left as it is", missing)
	case !on && !resumes:
		return ledger.Result{Call: call, Outcome: ledger.Done} // somebody turned it off: it stays so
	}
	// What is turned off is turned on again, whatever happens.
	outcome, message := c.offAndOn(context.WithoutCancel(ctx), id, on)
	return ledger.Result{Call: call, Outcome: outcome, Message: message}
}

// offAndOn turns a flow off and on, or only on where it is off. The message says which
// of the two it is now, where that is known. On Unknown the next run tries again.
func (c *Client) offAndOn(ctx context.Context, id string, on bool) (ledger.Outcome, string) {
	if err := c.turn(ctx, id, 0); on && refused(err) {
		return ledger.Failed, "it could not be turned off, and was left as it is: " + explain(err, toRestart)
	} // on any other error it may be off
	for try := 1; ; try++ {
		err := c.turn(ctx, id, activated)
		shown, unread := c.isOn(ctx, id) // the answer to a write is empty, and it may never have been off
		if shown {
			return ledger.Done, ""
		}
		if try == turnOnTries {
			outcome := ledger.Unknown
			if refused(err) && unread == nil {
				outcome = ledger.Failed
			}
			if err = cmp.Or(err, unread, errNotOn); unread != nil {
				return outcome, "it was to be turned off and on, and usher could not see whether it is on: " + explain(err, toRestart)
			}
			return outcome, "IT IS OFF, and could not be turned on again: " + explain(err, toRestart) +
				". Turn it on in Power Automate, with an account that may use its connections"
		}
		time.Sleep(time.Duration(try) * c.pause)
	}
}

// refused reports whether the service did not do what it was asked.
func refused(err error) bool {
	var e *wire.Error
	return errors.As(err, &e) && !e.Ambiguous()
}

// errNotOn is an answer that says that a flow is on, where it is not.
var errNotOn = errors.New("the service answers that it is on, and does not show it so")

// isOn reports whether a flow is on.
func (c *Client) isOn(ctx context.Context, id string) (bool, error) {
	rows, err := list[standing](ctx, c, "workflows?$select=statecode"+byID(id))
	return len(rows) > 0 && *rows[0].State == activated, err
}

// standing says whether a flow is on.
type standing struct {
	State *int `json:"statecode"`
}

// Shape implements wire.Shaped.
func (s *standing) Shape() error {
	if s.State == nil {
		return errors.New("a flow does not say whether it is on")
	}
	return nil
}

// definition is a flow with the connections that it refers to.
type definition struct {
	standing
	Data string `json:"clientdata"`
}

func byID(id string) string { return "&$filter=" + url.QueryEscape("workflowid eq "+id) }

func (c *Client) turn(ctx context.Context, id string, state int) error {
	return c.w.JSON(ctx, http.MethodPatch, api+"workflows("+id+")", map[string]int{"statecode": state}, nil)
}

// connections looks whether a flow is on, and whether all connections that it
// refers to are set; it names one that is not.
func (c *Client) connections(ctx context.Context, id string) (missing string, on bool, err error) {
	rows, err := list[definition](ctx, c, "workflows?$select=statecode,clientdata"+byID(id))
	if err == nil && len(rows) == 0 {
		err = errors.New("the service does not show the flow")
	}
	if err != nil {
		return "", false, err
	}
	var parts struct {
		Properties struct {
			References map[string]struct {
				Connection struct {
					Name string `json:"connectionReferenceLogicalName"`
				} `json:"connection"`
			} `json:"connectionReferences"`
		} `json:"properties"`
	}
	if rows[0].Data != "" {
		if err := json.Unmarshal([]byte(rows[0].Data), &parts); err != nil {
			return "", false, fmt.Errorf("its definition is not understood: %w", err)
		}
	}
	set, err := list[struct {
		Name       string `json:"connectionreferencelogicalname"`
		Connection string `json:"connectionid"`
	}](ctx, c, "connectionreferences?$select=connectionreferencelogicalname,connectionid")
	if err != nil {
		return "", false, err
	}
	usable := map[string]bool{}
	for _, r := range set {
		usable[strings.ToLower(r.Name)] = r.Connection != ""
	}
	var names []string
	for _, r := range parts.Properties.References {
		if name := r.Connection.Name; name != "" && !usable[strings.ToLower(name)] {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return strings.Join(names, ", "), *rows[0].State == activated, nil
}
