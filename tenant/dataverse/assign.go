package dataverse

import (
	"cmp"
	"context"
	"crypto/sha256"
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

// errNotShown is an answer that says that a write is done, and no row that shows it.
var errNotShown = errors.New("the service answers that it is done, and its rows do not show it")

// Assign runs one call: it sets the units that a flow or a machine holds. The
// row is read first, and written only in the version that was read. The answer to a
// write is empty: what came of it is read.
func (c *Client) Assign(ctx context.Context, call ledger.Call) ledger.Result {
	for _, s := range call.Steps {
		wrote, err := c.set(ctx, s)
		var e *wire.Error
		refused := errors.Is(err, errChanged) || errors.As(err, &e) && !e.Ambiguous()
		if err != nil && (!wrote || refused) {
			return ledger.Result{Call: call, Outcome: ledger.Failed, Message: explain(err, toWrite)}
		}
		if done, problem := c.reached(ctx, s); problem != nil || !done { // one that is not shown may still be carried out
			err = cmp.Or(err, problem, errNotShown)
			return ledger.Result{Call: call, Outcome: ledger.Unknown, Message: explain(err, toWrite)}
		}
	}
	return ledger.Result{Call: call, Outcome: ledger.Done}
}

// set carries out one step. wrote says whether a write may have reached the
// service when it fails.
func (c *Client) set(ctx context.Context, s ledger.Step) (wrote bool, err error) {
	rows, err := c.rows(ctx, s)
	if err != nil {
		return false, err
	}
	now, want := sum(rows), s.After.Amount()
	if now != s.Before.Amount() && now != want {
		return false, fmt.Errorf("it holds %d, and %d were expected: %w", now, s.Before.Amount(), errChanged)
	}
	if len(rows) == 0 && want > 0 {
		return true, c.create(ctx, s, want)
	}
	for i, count := range spread(rows, want) {
		if count == int64(rows[i].Count) && (want != 0 || !rows[i].Auto) {
			continue
		}
		if err := c.update(ctx, rows[i], count); err != nil {
			return true, err
		}
	}
	return false, nil
}

// spread says what each row of a holder is to have so that all of them together
// have what is wanted. Rows change in one direction only: at no moment does the
// holder have more than the larger of before and after, or less than the smaller.
func spread(rows []assignment, want int64) []int64 {
	counts := make([]int64, len(rows))
	for i, r := range rows {
		counts[i] = int64(r.Count)
	}
	for more := want - sum(rows); more != 0; {
		at := largest(counts)
		change := max(more, -counts[at])
		counts[at] += change
		more -= change
	}
	return counts
}

// largest is the position of the largest number, of several the first.
func largest(counts []int64) int {
	return slices.Index(counts, slices.Max(counts))
}

func sum(rows []assignment) int64 {
	var n int64
	for _, r := range rows {
		n += int64(r.Count)
	}
	return n
}

// update writes a row in the version that was read. A row that gets nothing
// keeps its place, and the platform is told to put nothing into it: a row that
// is deleted comes back at the next run.
func (c *Client) update(ctx context.Context, row assignment, want int64) error {
	body := map[string]any{"count": want}
	if want == 0 {
		body["allowautoallocation"] = false
	}
	err := c.w.Conditional(ctx, http.MethodPatch, api+"flowcapacityassignments("+row.ID+")", row.Etag, body, nil)
	var e *wire.Error
	if errors.As(err, &e) && e.Status == http.StatusPreconditionFailed && !e.Doubt { // else it may be our own write that changed it
		return errChanged
	}
	return err
}

// create makes a row whose id follows from what it is about, so that repeating
// it, as the pipeline does after a lost answer, makes no second one.
func (c *Client) create(ctx context.Context, s ledger.Step, want int64) error {
	t, capacityType, err := place(s)
	if err != nil {
		return err
	}
	name := []rune(s.Holder.Own())
	const longest = 100 // of the column
	body := map[string]any{"name": string(name[:min(longest, len(name))]), "count": want, "capacitytype": capacityType, "allocationorigin": 0,
		"capacitysource": 0, "capacityoverage": 0, "allowautoallocation": false, "regarding_" + t.target +
			"@odata.bind": "/" + t.set + "(" + own(s) + ")"}
	id := sha256.Sum256(fmt.Appendf(nil, "usher %s %d", s.Holder.ID, capacityType))
	id[6], id[8] = id[6]&0x0f|0x80, id[8]&0x3f|0x80 // an id of a maker's own kind
	return c.w.JSON(
		ctx,
		http.MethodPatch,
		fmt.Sprintf("%sflowcapacityassignments(%x-%x-%x-%x-%x)", api, id[0:4], id[4:6], id[6:8], id[8:10], id[10:16]),
		body,
		nil,
	)
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

// rows finds the rows of a step.
func (c *Client) rows(ctx context.Context, s ledger.Step) ([]assignment, error) {
	_, capacityType, err := place(s)
	if err != nil {
		return nil, err
	}
	filter := fmt.Sprintf("_regarding_value eq %s and capacitytype eq %d and statecode eq 0", own(s), capacityType)
	return list[assignment](ctx, c, assignmentColumns+"&$filter="+url.QueryEscape(filter))
}

func (c *Client) reached(ctx context.Context, s ledger.Step) (bool, error) {
	rows, err := c.rows(ctx, s)
	return err == nil && sum(rows) == s.After.Amount(), err
}

// What requests take, in words.
const (
	toRead    = "to be an application user of the environment, with a role that reads Flow Capacity Assignment, Process and Flow Machine"
	toWrite   = "to be an application user of the environment, with a role that may write Flow Capacity Assignment"
	toRestart = "to be an application user of the environment, with a role that may write Process"
)

// explain adds the way out to an error of a request that takes a permission.
func explain(err error, permission string) string {
	return wire.Explain(err, permission, wire.Remedy{Code: notMember, Way: "the identity needs " + permission + "; usher doctor says more"})
}

// Explain is explain for a reading.
func Explain(err error) string { return explain(err, toRead) }

// notMember is the code for an identity that an organisation does not know.
const notMember = "0x80072560"
