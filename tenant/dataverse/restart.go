package dataverse

import (
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
	switch err := c.offAndOn(context.WithoutCancel(ctx), id, on); { // what is turned off is turned on again, whatever happens
	case errors.Is(err, errNotOn): // the next run tries again
		return ledger.Result{Call: call, Outcome: ledger.Unknown, Message: err.Error()}
	case err != nil:
		return fail("%s", err)
	}
	return ledger.Result{Call: call, Outcome: ledger.Done}
}

// offAndOn turns a flow off and on, or only on where it is off. Its error says
// which of the two it is now.
func (c *Client) offAndOn(ctx context.Context, id string, on bool) error {
	var refused *wire.Error
	if err := c.turn(ctx, id, 0); on && errors.As(err, &refused) && !refused.Ambiguous() {
		return fmt.Errorf("it could not be turned off, and was left as it is: %s", explain(err, toRestart))
	} // on any other error it may be off
	for try := 1; ; try++ {
		err := c.turn(ctx, id, activated)
		if err == nil {
			err = c.isOn(ctx, id)
		}
		switch {
		case err == nil:
			return nil
		case try == turnOnTries:
			return fmt.Errorf(
				"IT IS OFF, and could not be turned on again: %w. Turn it on in Power Automate, with an account that may use its connections",
				explained{err, explain(err, toRestart)},
			)
		}
		time.Sleep(time.Duration(try) * c.pause)
	}
}

// errNotOn is an answer that says that a flow is on, where it is not.
var errNotOn = errors.New("the service answers that it is on, and does not show it so")

// isOn makes sure that a flow came back: the answer to a write is empty.
func (c *Client) isOn(ctx context.Context, id string) error {
	rows, err := list[definition](ctx, c, definitionOf(id))
	switch {
	case err != nil:
		return err
	case len(rows) == 0 || *rows[0].State != activated:
		return errNotOn
	}
	return nil
}

// definition is a flow with the connections that it refers to.
type definition struct {
	State *int   `json:"statecode"`
	Data  string `json:"clientdata"`
}

// Shape implements wire.Shaped.
func (d *definition) Shape() error {
	if d.State == nil {
		return errors.New("a flow does not say whether it is on")
	}
	return nil
}

func definitionOf(id string) string {
	return "workflows?$select=statecode,clientdata&$filter=" + url.QueryEscape("workflowid eq "+id)
}

func (c *Client) turn(ctx context.Context, id string, state int) error {
	return c.w.JSON(ctx, http.MethodPatch, api+"workflows("+id+")", map[string]int{"statecode": state}, nil)
}

// connections looks whether a flow is on, and whether all connections that it
// refers to are set; it names one that is not.
func (c *Client) connections(ctx context.Context, id string) (missing string, on bool, err error) {
	rows, err := list[definition](ctx, c, definitionOf(id))
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
