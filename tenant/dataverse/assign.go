package dataverse

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/tenant/wire"
)

// capacityTypes are the values of flowcapacityassignment.capacitytype, in
// their order from 0, as currency types.
func capacityTypes() []string {
	return []string{"PAHostedRPA", "PowerAutomatePerProcess", "ProcessMiningDataStorage"}
}

func currencyOf(capacityType int) (string, bool) {
	all := capacityTypes()
	if capacityType < 0 || capacityType >= len(all) {
		return "", false
	}
	return all[capacityType], true
}

// errChanged means that a row is no longer as it was when it was planned.
var errChanged = errors.New("somebody changed it since it was read: plan again")

// Assign runs one call: it sets the units that a flow or a machine holds. The
// row is read first, and written only in the version that was read.
func (c *Client) Assign(ctx context.Context, call ledger.Call) ledger.Result {
	for _, s := range call.Steps {
		wrote, err := c.set(ctx, s)
		if err == nil {
			continue
		}
		var e *wire.Error
		refused := errors.Is(err, errChanged) || errors.As(err, &e) && !e.Ambiguous()
		if !wrote || refused {
			return ledger.Result{Call: call, Outcome: ledger.Failed, Message: explain(err)}
		}
		switch done, problem := c.reached(ctx, s); { // a reading tells what became of it
		case problem != nil:
			return ledger.Result{Call: call, Outcome: ledger.Unknown, Message: explain(err)}
		case !done:
			return ledger.Result{Call: call, Outcome: ledger.Failed, Message: explain(err)}
		}
	}
	return ledger.Result{Call: call, Outcome: ledger.Done}
}

func units(v *ledger.Value) int64 {
	if v == nil {
		return 0
	}
	return v.Units
}

// set carries out one step. wrote says whether a write may have reached the
// service when it fails.
func (c *Client) set(ctx context.Context, s ledger.Step) (wrote bool, err error) {
	row, err := c.row(ctx, s)
	if err != nil {
		return false, err
	}
	now := int64(0)
	if row != nil {
		now = row.Count
	}
	want := units(s.After)
	if now != units(s.Before) && now != want {
		return false, fmt.Errorf("it holds %d, and %d were expected: %w", now, units(s.Before), errChanged)
	}
	// A row that gets nothing keeps its place, and the platform is told to put
	// nothing into it: a row that is deleted comes back at the next run.
	body := map[string]any{"count": want}
	if want == 0 {
		body["allowautoallocation"] = false
	}
	if row != nil {
		err = c.w.Conditional(ctx, http.MethodPatch, api+"flowcapacityassignments("+row.ID+")", row.Etag, body, nil)
		var e *wire.Error
		if errors.As(err, &e) && e.Status == http.StatusPreconditionFailed {
			return true, errChanged
		}
		return true, err
	}
	if want == 0 {
		return false, nil
	}
	t, capacityType, err := place(s)
	if err != nil {
		return false, err
	}
	name := []rune(s.Holder.Own())
	const longest = 100 // of the column
	body["name"] = string(name[:min(longest, len(name))])
	body["capacitytype"], body["allocationorigin"], body["capacitysource"], body["capacityoverage"] = capacityType, 0, 0, 0
	body["allowautoallocation"] = false
	body["regarding_"+t.target+"@odata.bind"] = "/" + t.set + "(" + own(s) + ")"
	return true, c.w.JSON(ctx, http.MethodPost, api+"flowcapacityassignments", body, nil)
}

// own is the holder's id inside its environment.
func own(s ledger.Step) string {
	_, id, _ := strings.Cut(s.Holder.ID, "/")
	return id
}

// place finds the table and the capacity type of a step.
func place(s ledger.Step) (table, int, error) {
	at := slices.IndexFunc(tables(), func(t table) bool { return t.kind == s.Holder.Kind })
	capacityType := slices.Index(capacityTypes(), s.Item.ID)
	if at < 0 || capacityType < 0 {
		return table{}, 0, fmt.Errorf("%s cannot be given to a %s by a program", s.Item.Name, s.Holder.Kind.Words())
	}
	return tables()[at], capacityType, nil
}

// row finds the row of a step; nil where there is none.
func (c *Client) row(ctx context.Context, s ledger.Step) (*assignment, error) {
	_, capacityType, err := place(s)
	if err != nil {
		return nil, err
	}
	filter := fmt.Sprintf("_regarding_value eq %s and capacitytype eq %d and statecode eq 0", own(s), capacityType)
	rows, err := list[assignment](ctx, c, assignmentColumns+"&$filter="+url.QueryEscape(filter))
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return &rows[0], nil
}

func (c *Client) reached(ctx context.Context, s ledger.Step) (bool, error) {
	row, err := c.row(ctx, s)
	if err != nil || row == nil {
		return units(s.After) == 0, err
	}
	return row.Count == units(s.After), nil
}

// explain adds the way out to errors that have a known one.
func explain(err error) string {
	var e *wire.Error
	if errors.As(err, &e) && (e.Status == http.StatusForbidden || e.Status == http.StatusUnauthorized) {
		return e.Error() + ": the identity must be an application user of the environment, with a role that may write Flow Capacity Assignment"
	}
	return err.Error()
}
