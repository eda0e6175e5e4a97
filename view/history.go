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

// newHistory makes the document of a history.
func newHistory(runs []*state.Run) History {
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

// newVerification makes the document of a check.
func newVerification(runs int, breaks []state.Break) Verification {
	return Verification{runs, len(breaks) == 0, append([]state.Break{}, breaks...)}
}

// Verified tells what a check of the history found.
func Verified(runs int, breaks []state.Break) Document {
	p := Page{Title: "History"}
	for _, b := range breaks {
		p.add(Note{Code: "history", Text: fmt.Sprintf("line %d of the history %s.", b.Line, b.Text)})
	}
	if len(breaks) == 0 {
		p.say("The history is whole: %s.", ledger.Count(runs, "run"))
	}
	return Document{p, newVerification(runs, breaks)}
}

// shortID is as much of a run's id as people write.
const shortID = 8

// Runs tells of every run in a line, the newest last.
//
//	7f3a9c21  2026-11-30T02:00:11Z  apply  ada@build-7: 12 calls done, https://gitlab.example/jobs/9
func Runs(runs []*state.Run) Document {
	p := Page{Title: "History"}
	if len(runs) == 0 {
		p.say("The history is empty.")
	}
	for _, r := range runs {
		p.say("%s  %s", r.ID[:min(shortID, len(r.ID))], RunTitle(r))
	}
	return Document{p, newHistory(runs)}
}

// RunTitle tells in a line when a run was, what it did, who ran it and how it ended.
func RunTitle(r *state.Run) string {
	text := r.Began.UTC().Format(time.RFC3339) + "  " + r.By.Operation + "  " + r.By.Who
	if how := howEnded(r); how != "" {
		text += ": " + how
	}
	if r.By.Override != "" {
		text += ", with the guard set aside: " + r.By.Override
	}
	if r.By.Where != "" {
		text += ", " + r.By.Where
	}
	return text
}

// howEnded says in a few words how a run went.
//
// A run without an end was killed or still goes on: nobody but the process itself could tell
// which, so the line says both.
func howEnded(r *state.Run) string {
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

// Run tells everything that is known of one run.
//
//	Run        7f3a9c21-…
//	Who        ada@build-7
//	Began      2026-11-30T02:00:11Z
//	  + user/ada@contoso.com:SPE_E5: done (request 1d2e…)
func (w Words) Run(r *state.Run) Document {
	p := Page{Title: "Run " + r.ID}
	facts := Facts{{"Run", r.ID}, {"What", strings.TrimSpace(r.By.Operation + " " + r.What)}, {"Who", r.By.Who}}
	for _, f := range []Fact{{"Where", r.By.Where}, {"Commit", r.By.Commit}, {"Plan", r.By.Digest}, {"Undoes", r.By.Undoes}} {
		if f.Value != "" {
			facts = append(facts, f)
		}
	}
	facts = append(facts, Fact{"State", fmt.Sprintf("serial %d of the tenant %s", r.By.Serial, r.By.Tenant)},
		Fact{"Began", r.Began.UTC().Format(time.RFC3339)})
	if r.Ended != nil {
		facts = append(facts, Fact{"Ended", r.Ended.UTC().Format(time.RFC3339)})
	}
	if how := howEnded(r); how != "" {
		facts = append(facts, Fact{"How", how})
	}
	p.add(facts)
	for _, c := range r.Records {
		a := w.act(c)
		p.add(List{Items: []Item{{Op: a.Op, Text: a.Text}}})
	}
	for _, c := range r.Calls {
		p.call(w, c)
	}
	return Document{p, r}
}

// call tells of one call of a run: its steps, and how it ended.
func (p *Page) call(w Words, c state.Call) {
	o := Outcome{Outcome: ledger.Outcome(c.Outcome), Message: c.Message, Request: c.Request}
	switch {
	case c.Outcome != "":
	case c.Manual:
		o.Instead = "for a person to do"
	default:
		o.Instead = "not known: the run has not said"
	}
	for _, s := range c.Steps {
		o.Acts = []Act{w.act(s)}
		p.add(o)
	}
}

// act words one step of a run, with its values.
func (w Words) act(c state.Change) Act {
	text := string(c.Address)
	before, after := cmp.Or(c.Before, &ledger.Value{}), cmp.Or(c.After, &ledger.Value{})
	g, err := c.Grant()
	switch {
	case err != nil: // of a later usher
	case g.Item.Kind == ledger.Setting:
		text += " " + before.Policy + " -> " + after.Policy
	case g.Item.Kind == ledger.Capacity:
		text += fmt.Sprintf(" %d -> %d", before.Units, after.Units)
	case c.After != nil:
		if plans := w.servicePlanChange(*before, *after); plans != "" {
			text += " " + plans
		}
	}
	return Act{c.Op, text}
}
