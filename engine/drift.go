package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
	"github.com/usher-cli/usher/state"
)

// keptDays is how long the log of a directory goes back at most. Source: Microsoft Entra
// data retention.
const keptDays = 30

// longestLog is how long the log may take: the drift itself is known without it.
const longestLog = 5 * time.Minute

// UndeclaredSeats says which seats that no file declares are drift.
type UndeclaredSeats string

const (
	// NewSeats are those that somebody gave since a run first read all of the product.
	NewSeats UndeclaredSeats = "new"
	// AllSeats are also those that were there before.
	AllSeats UndeclaredSeats = "all"
)

// Drift tells what somebody else changed, and who it was as far as the log of the
// directory tells. Seats that no file declares and that were always there are only counted,
// where undeclared does not ask for all of them. Where the files themselves have errors, those are returned, and nothing
// is compared. It reads, and writes nothing.
func (p *Present) Drift(ctx context.Context, undeclared UndeclaredSeats) (*plan.DriftReport, []ledger.Notice) {
	in := p.input(p.Config, Choices{})
	if errs := (&plan.Plan{Notices: in.Notices}).Errors(); len(errs) > 0 {
		return nil, errs
	}
	r := &plan.DriftReport{Labels: map[string]string{}, Takes: map[string]bool{}}
	for _, rules := range in.Items {
		r.Labels[rules.Item.ID], r.Takes[rules.Item.ID] = rules.Label, rules.Unmanaged == ledger.Take
	}
	all, ignored := plan.Ignored(plan.Drifts(in), p.Config.Ignores, p.Today())
	r.Ignored, r.NoState = ignored, p.Document == nil
	p.markOld(all, r.Takes)
	if undeclared == NewSeats {
		all = r.CountOld(all, p.Document.UndeclaredSince())
	}
	if slices.ContainsFunc(all, func(d plan.Drift) bool { return d.Holder.Kind == ledger.User }) {
		in, done := context.WithTimeout(ctx, longestLog)
		defer done()
		log, err := p.Tenant.Audits(in, p.Now().AddDate(0, 0, -keptDays))
		switch {
		case errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil:
			r.Unknown = fmt.Sprintf("the log of the directory did not end within %s", longestLog)
		case err != nil:
			r.Unknown = err.Error()
		}
		all = plan.Caused(all, log)
	}
	r.Groups = plan.Grouped(all)
	if len(p.Reading.Unread) > 0 {
		r.Whole = p.lastWhole(ctx)
	}
	return r, nil
}

// lastWhole is when a run last read everything; nil where the history knows of none. The
// history is no condition for a report of drift.
func (p *Present) lastWhole(ctx context.Context) *time.Time {
	told, err := p.History(ctx)
	if err != nil {
		p.warn(fmt.Sprintf("How old the last complete reading is cannot be told: %s.", err))
		return nil
	}
	for _, run := range slices.Backward(state.Runs(told.Entries)) {
		if run.By.Tenant != "" && run.By.Unread == 0 && run.What == "" {
			return &run.Began
		}
	}
	return nil
}

// driftHolders are those whose drift a plan puts back: of a group, as far as a line of a file
// tells what to put back. Each stands for all of its grants, as with -target: half of a
// move would take a mailbox.
//
// The groups are those of all drift, whatever an earlier reading of this run was narrowed to.
func (p *Present) driftHolders(ctx context.Context, group string) ([]ledger.Holder, error) {
	p.scope.Targets = nil
	r, problems := p.Drift(ctx, AllSeats)
	if len(problems) > 0 { // the plan says which
		return nil, nil
	}
	for _, g := range r.Groups {
		if g.ID != group {
			continue
		}
		var holders []ledger.Holder
		for _, d := range g.Drift {
			if len(d.Origins) > 0 || d.Kind == plan.Undeclared && r.Takes[d.Item.ID] {
				holders = append(holders, ledger.Holder{Kind: d.Holder.Kind, Name: d.Holder.ID})
			}
		}
		if len(holders) == 0 {
			return nil, fmt.Errorf("no line of a file says what drift:%s was before, so there is nothing to put back", group)
		}
		return holders, nil
	}
	return nil, fmt.Errorf("there is no drift:%s now: usher drift lists the groups that there are", group)
}
