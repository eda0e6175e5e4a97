package view

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/fatih/color"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
	"github.com/usher-cli/usher/state"
)

// Result prints the end of one call: a line that says what and how.
func (p *Printer) Result(r ledger.Result) {
	var steps []string
	for _, s := range r.Call.Steps {
		text := p.op(s.Op) + " " + Safe(s.Item.Name)
		if s.Op == ledger.Restart {
			text = p.op(s.Op) + " off and on"
		}
		if s.Item.Kind == ledger.Capacity {
			text += fmt.Sprintf(" %d -> %d", s.Before.Amount(), s.After.Amount())
		}
		if s.Item.Kind == ledger.Setting {
			text += fmt.Sprintf(" %s -> %s", policy(s.Before), policy(s.After))
		}
		steps = append(steps, text)
	}
	if r.Call.Location != "" {
		steps = append(steps, "usage location "+Safe(r.Call.Location))
	}
	line := fmt.Sprintf("%s: %s: %s", Safe(r.Call.Holder.Address()), strings.Join(steps, ", "), p.outcome(r.Outcome))
	if r.Message != "" {
		line += ": " + p.named(r.Message)
	}
	p.Line("%s", line)
	for _, i := range r.Unfit {
		text, fix := plan.UnfitText(i.Error)
		p.Line("  %s was not given it: %s; %s", Safe(i.User.Address()), Safe(text), Safe(fix))
	}
}

// outcome is the coloured word for how a call ended.
func (p *Printer) outcome(o ledger.Outcome) string {
	switch o {
	case ledger.Done:
		return p.paint("done", color.FgGreen)
	case ledger.Unknown:
		return p.paint("outcome unknown", color.FgYellow)
	case ledger.Skipped:
		return p.paint("skipped", color.FgYellow)
	case ledger.Pending:
		return p.paint("pending", color.FgYellow)
	}
	return p.paint("failed", color.FgRed)
}

// Report prints how a run ended: what did not succeed once more, and the sum.
func (p *Printer) Report(r *ledger.Report) {
	if len(r.Results) > 0 {
		p.Line("")
		p.Line("Not done:")
		for _, res := range r.Results {
			p.Result(res)
		}
	}
	p.Line("")
	text := fmt.Sprintf("Apply complete: %s done%s.", ledger.Count(r.Done, "call"), recordedSteps(r.Tally))
	switch {
	case r.Waiting():
		text = fmt.Sprintf("Apply complete, and others have something left to finish: %d done, %d pending.", r.Done, r.Pending)
	case r.Unfit > 0 && r.Done == r.All:
		text = fmt.Sprintf(
			"Apply incomplete: %d done, and a group could not give its licenses to %s.",
			r.Done,
			ledger.Plural(r.Unfit, "member", "members"),
		)
	case !r.Complete():
		text = fmt.Sprintf("Apply incomplete: %d done, %d failed, %d of unknown outcome, %d skipped%s. Run usher plan to see the rest.",
			r.Done, r.Failed, r.Unknown, r.Skipped, pendingText(r.Pending))
	}
	p.Line("%s", p.paint(text, color.Bold))
}

// recordedSteps counts the steps that made no call.
func recordedSteps(t ledger.Tally) string {
	text := ""
	if t.Adopted > 0 {
		text += fmt.Sprintf(", %d adopted", t.Adopted)
	}
	if t.Forgotten > 0 {
		text += fmt.Sprintf(", %d forgotten", t.Forgotten)
	}
	return text
}

// pendingText counts what others have to finish.
func pendingText(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(", %d pending", n)
}

// Drift prints what drifted, and a line that sums it up; complete says whether
// all of the tenant was read.
func (p *Printer) Drift(all []plan.Drift, complete bool) {
	words := map[plan.DriftKind]string{
		plan.Gone:       "taken away by somebody",
		plan.Changed:    "changed by somebody",
		plan.Undeclared: "no file declares it",
		plan.Unfinished: "usher removed it, and the service has not carried that out",
	}
	n := map[plan.DriftKind]int{}
	for _, d := range all {
		n[d.Kind]++
		line := fmt.Sprintf("  %s: %s", Safe(string(d.Address())), words[d.Kind])
		switch {
		case d.Deleted:
			line = fmt.Sprintf("  %s: gone: its holder is no longer in the tenant", Safe(string(d.Address())))
		case d.Kind == plan.Changed && d.Item.Kind == ledger.Setting:
			line += fmt.Sprintf(": %s -> %s", Safe(d.Known.Policy), Safe(d.Have.Policy))
		case d.Kind == plan.Changed && d.Item.Kind == ledger.Capacity:
			line += fmt.Sprintf(": %d -> %d", d.Known.Amount(), d.Have.Amount())
		case d.Kind == plan.Changed:
			line += ": " + p.planChange(*d.Known, *d.Have)
		}
		p.Line("%s", line)
	}
	if len(all) == 0 {
		text := "No drift. Everything that usher manages is unchanged."
		if !complete {
			text = "No drift in the part that was read."
		}
		p.Line("%s", p.paint(text, color.Bold))
		return
	}
	p.Line("")
	text := fmt.Sprintf("Drift: %d gone, %d changed, %d undeclared", n[plan.Gone], n[plan.Changed], n[plan.Undeclared])
	if n[plan.Unfinished] > 0 {
		text += fmt.Sprintf(", %d not carried out", n[plan.Unfinished])
	}
	p.Line("%s", p.paint(text+".", color.Bold))
}

// Usage prints how much of every item there is, with everybody who has it
// where asked for.
func (p *Printer) Usage(all []ledger.Usage, people bool) {
	rows := [][]string{{"license", "purchased", "assigned", "available"}}
	capacity := [][]string{{"capacity", "purchased", "allocated", "available"}}
	for _, u := range all {
		row := []string{Safe(u.Item.Name), number(u.Purchased), number(u.Used), number(u.Available)}
		if u.Free {
			row[1], row[3] = "free", "-"
		}
		if u.Item.Kind == ledger.Seat {
			rows = append(rows, row)
		} else {
			capacity = append(capacity, row)
		}
	}
	p.table(rows)
	p.Line("")
	p.table(capacity)
	for _, u := range all {
		for _, l := range u.Lapses {
			kind := "subscription"
			if l.Trial {
				kind = "trial"
			}
			p.Line("  %s: a %s of %s lapses on %s if it is not renewed.", Safe(u.Item.Name), kind, ledger.Count(l.Seats, "seat"), l.Day)
		}
	}
	if !people {
		return
	}
	for _, u := range all {
		if len(u.Sources) == 0 {
			continue
		}
		p.Line("")
		p.Line("%s", p.paint(Safe(u.Item.Name), color.Bold))
		for _, s := range u.Sources {
			p.Line("  %s  %s", Safe(s.Holder.Name), sourceText(s))
		}
	}
}

// sourceText says where a person has a seat from.
func sourceText(s ledger.Source) string {
	switch {
	case s.Holder.Kind == ledger.Environment:
		return ledger.Count(s.Units, "unit")
	case s.Group != "":
		return "through group " + Safe(s.Group)
	}
	return "directly"
}

// StateList prints the addresses of the records, one a line.
func (p *Printer) StateList(d *state.Document) {
	var all []string
	for _, r := range d.Grants {
		all = append(all, string(r.Address()))
	}
	slices.Sort(all)
	for _, address := range all {
		p.Line("%s", address)
	}
}

// StateShow prints one record.
func (p *Printer) StateShow(r state.Record) {
	p.Line("address  %s", r.Address())
	p.Line("holder   %s", Safe(r.Holder.ID))
	p.Line("item     %s", Safe(r.Item.ID))
	if r.Policy != "" {
		p.Line("policy   %s", Safe(r.Policy))
	} else {
		p.Line("units    %d", r.Units)
	}
	if r.Without != nil {
		p.Line("without  [%s]", Safe(strings.Join(r.Without, ", ")))
	}
	p.Line("since    %s", Safe(r.Since))
}

// Progress shows, on a terminal, one line that is written over again.
type Progress struct {
	w    io.Writer
	last string
}

// NewProgress makes a progress line; with a nil writer it shows nothing.
func NewProgress(w io.Writer) *Progress { return &Progress{w: w} }

// Show replaces the line.
func (p *Progress) Show(format string, args ...any) {
	if p.w == nil {
		return
	}
	text := fmt.Sprintf(format, args...)
	if text == p.last {
		return
	}
	fmt.Fprintf(p.w, "\r\x1b[K%s", text)
	p.last = text
}

// Clear removes the line.
func (p *Progress) Clear() {
	if p.w != nil && p.last != "" {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.last = ""
	}
}
