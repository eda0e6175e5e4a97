package view

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/state"
)

// History is the list of runs as JSON.
type History struct {
	Runs []RunSummary `json:"runs"`
}

// RunSummary is a run without its calls.
type RunSummary struct {
	ID    string     `json:"id"`
	Began time.Time  `json:"began"`
	Ended *time.Time `json:"ended"`
	state.By
	What string     `json:"what,omitempty"`
	End  *state.End `json:"end,omitempty"`
}

// NewHistory makes the document of a history.
func NewHistory(runs []*state.Run) History {
	h := History{Runs: []RunSummary{}}
	for _, r := range runs {
		h.Runs = append(h.Runs, RunSummary{r.ID, r.Began, r.Ended, r.By, r.What, r.End})
	}
	return h
}

// Verification is what a check of the history found, as JSON.
type Verification struct {
	Runs   int           `json:"runs"`
	Intact bool          `json:"intact"`
	Breaks []state.Break `json:"breaks"`
}

// NewVerification makes the document of a check.
func NewVerification(runs int, breaks []state.Break) Verification {
	return Verification{runs, len(breaks) == 0, append([]state.Break{}, breaks...)}
}

// Verification prints what a check of the history found.
func (p *Printer) Verification(runs int, breaks []state.Break) {
	for _, b := range breaks {
		p.Line("Line %d %s.", b.Line, Safe(b.Text))
	}
	if len(breaks) == 0 {
		p.Line("The history is whole: %s.", ledger.Count(runs, "run"))
	}
}

// shortID is as much of a run's id as people write.
const shortID = 8

// Runs prints a line for every run, the newest last.
func (p *Printer) Runs(runs []*state.Run) {
	if len(runs) == 0 {
		p.Line("The history is empty.")
	}
	for _, r := range runs {
		where := ""
		if r.By.Where != "" {
			where = ", " + r.By.Where
		}
		how := ending(r)
		if how != "" {
			how = ": " + how
		}
		p.Line(
			"%s  %s  %s  %s%s%s",
			Safe(r.ID[:min(shortID, len(r.ID))]),
			r.Began.UTC().Format(time.RFC3339),
			Safe(r.By.Operation),
			Safe(r.By.Who),
			Safe(how),
			Safe(where),
		)
	}
}

// ending says in a few words how a run went.
func ending(r *state.Run) string {
	switch {
	case r.By.Operation != "apply":
		return strings.TrimSpace(r.What)
	case r.End == nil:
		return ledger.Count(len(r.Calls), "call") + " planned, and it has not said how it ended: it still runs, or was killed"
	case r.End.Complete && r.End.Tally.All == 0:
		return strings.TrimPrefix(recordedSteps(r.End.Tally), ", ")
	case r.End.Complete:
		return ledger.Count(r.End.Tally.Done, "call") + " done" + undoes(r)
	}
	t := r.End.Tally
	return fmt.Sprintf(
		"%d of %d done, %d failed, %d of unknown outcome, %d skipped, %d pending",
		t.Done,
		t.All,
		t.Failed,
		t.Unknown,
		t.Skipped,
		t.Pending,
	)
}

// undoes names the run that a run reversed.
func undoes(r *state.Run) string {
	if r.By.Undoes == "" {
		return ""
	}
	return ", and undid " + r.By.Undoes[:min(shortID, len(r.By.Undoes))]
}

// Run prints everything that is known of one run.
func (p *Printer) Run(r *state.Run) {
	p.Line("Run        %s", Safe(r.ID))
	p.Line("What       %s", Safe(strings.TrimSpace(r.By.Operation+" "+r.What)))
	p.Line("Who        %s", Safe(r.By.Who))
	for _, x := range []struct{ name, text string }{{"Where", r.By.Where}, {"Commit", r.By.Commit}, {"Plan",
		r.By.Digest}, {"Undoes", r.By.Undoes}} {
		if x.text != "" {
			p.Line("%-10s %s", x.name, Safe(x.text))
		}
	}
	p.Line("State      serial %d of the tenant %s", r.By.Serial, Safe(r.By.Tenant))
	p.Line("Began      %s", r.Began.UTC().Format(time.RFC3339))
	if r.Ended != nil {
		p.Line("Ended      %s", r.Ended.UTC().Format(time.RFC3339))
	}
	if how := ending(r); how != "" {
		p.Line("How        %s", Safe(how))
	}
	for _, c := range r.Records {
		p.Line("  %s", p.change(c))
	}
	for _, c := range r.Calls {
		p.call(c)
	}
}

// call prints one call of a run: its steps, and how it ended.
func (p *Printer) call(c state.Call) {
	outcome := "not known: the run has not said"
	switch {
	case c.Outcome != "":
		outcome = p.outcome(ledger.Outcome(c.Outcome))
	case c.Manual:
		outcome = "for a person to do"
	}
	if c.Message != "" {
		outcome += ": " + Safe(c.Message)
	}
	if c.Request != "" {
		outcome += " (request " + Safe(c.Request) + ")"
	}
	for _, s := range c.Steps {
		p.Line("  %s: %s", p.change(s), outcome)
	}
}

// change words one step of a run, with its values.
func (p *Printer) change(c state.Change) string {
	text := p.op(c.Op) + " " + Safe(string(c.Address))
	before, after := cmp.Or(c.Before, &ledger.Value{}), cmp.Or(c.After, &ledger.Value{})
	g, err := c.Grant()
	switch {
	case err != nil: // of a later usher
	case g.Item.Kind == ledger.Setting:
		text += " " + Safe(before.Policy) + " -> " + Safe(after.Policy)
	case g.Item.Kind == ledger.Capacity:
		text += fmt.Sprintf(" %d -> %d", before.Units, after.Units)
	case c.After != nil:
		if plans := p.planChange(*before, *after); plans != "" {
			text += " " + plans
		}
	}
	return text
}
