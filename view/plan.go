package view

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/fatih/color"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
)

// Plan prints a plan: its notices, its steps by license and environment, the
// account of its pools, what stands in its way, and the line that sums it up.
func (p *Printer) Plan(pl *plan.Plan) {
	p.Notices(pl.Notices)
	if n := len(pl.Errors()); n > 0 {
		p.Line("%s", p.paint(fmt.Sprintf("No plan: %s to correct first.", Count(n, "error")), color.Bold))
		return
	}
	if !pl.Empty() {
		p.Line("usher will perform these steps:")
		p.steps(pl)
	}
	p.pools(pl.Pools)
	p.Refusals(pl)
	p.Line("%s", p.paint(Summary(pl), color.Bold))
}

// group is the steps that are shown under one heading.
type group struct {
	title string
	steps []shownStep
}

// shownStep is a step with what the rest of its call adds to it.
type shownStep struct {
	ledger.Step
	partner string // the item that the holder moves from or to
}

func (p *Printer) steps(pl *plan.Plan) {
	for _, g := range groups(pl) {
		p.Line("")
		p.Line("  %s", p.paint(g.title, color.Bold))
		shown, adopted := fold(g.steps)
		width := 0
		for _, s := range shown {
			width = max(width, len([]rune(subject(s))))
		}
		for _, s := range shown {
			detail := strings.TrimSpace(fmt.Sprintf("%s  %s", describe(s), places(s.Origins)))
			p.Line("    %s", strings.TrimRight(fmt.Sprintf("%s %-*s  %s", p.op(s.Op), width, subject(s), detail), " "))
		}
		if adopted > 0 {
			p.Line("    %s %d people have it already: recorded as usher's", p.op(ledger.Adopt), adopted)
		}
	}
	p.Line("")
}

// mostAdoptions is how many adoptions a group shows one by one. They change
// nothing for anybody, and the first plan of a tenant has thousands.
const mostAdoptions = 5

// fold leaves out plain adoptions of people where there are many.
func fold(steps []shownStep) (shown []shownStep, adopted int) {
	for _, s := range steps {
		if s.Op == ledger.Adopt && s.Before == nil && s.Holder.Kind == ledger.User {
			adopted++
		} else {
			shown = append(shown, s)
		}
	}
	if adopted <= mostAdoptions {
		return steps, 0
	}
	return shown, adopted
}

// groups sorts the steps under their license, or under their environment.
func groups(pl *plan.Plan) []group {
	labels := map[string]string{}
	for _, pool := range pl.Pools {
		labels[pool.Item.ID] = pool.Label
	}
	byTitle := map[string]*group{}
	put := func(s shownStep) {
		title := "environment " + Safe(s.Holder.Name)
		if s.Holder.Kind == ledger.User {
			title = "license " + Safe(s.Item.Name)
			if label := labels[s.Item.ID]; label != "" {
				title = fmt.Sprintf("license %q (%s)", label, Safe(s.Item.Name))
			}
		}
		if byTitle[title] == nil {
			byTitle[title] = &group{title: title}
		}
		byTitle[title].steps = append(byTitle[title].steps, s)
	}
	for _, c := range pl.Calls {
		for _, s := range c.Steps {
			put(shownStep{s, partner(c, s)})
		}
	}
	for _, s := range pl.Records {
		put(shownStep{Step: s})
	}
	var all []group
	for _, g := range byTitle {
		slices.SortFunc(g.steps, func(a, b shownStep) int {
			return cmp.Or(strings.Compare(a.Holder.Name, b.Holder.Name), strings.Compare(a.Item.Name, b.Item.Name), strings.Compare(a.Holder.ID, b.Holder.ID))
		})
		all = append(all, *g)
	}
	slices.SortFunc(all, func(a, b group) int { return -cmpKind(a.title, b.title) })
	return all
}

// cmpKind puts licenses before environments, and each in the order of names.
func cmpKind(a, b string) int {
	if l, m := strings.HasPrefix(a, "license"), strings.HasPrefix(b, "license"); l != m {
		if l {
			return 1
		}
		return -1
	}
	return -strings.Compare(a, b)
}

// partner names what a person gives up for an addition, or gets for a removal.
func partner(c ledger.Call, s ledger.Step) string {
	other := ledger.Add
	if s.Op == ledger.Add {
		other = ledger.Remove
	}
	if s.Op != ledger.Add && s.Op != ledger.Remove {
		return ""
	}
	for _, o := range c.Steps {
		if o.Op == other {
			return o.Item.Name
		}
	}
	return ""
}

func subject(s shownStep) string {
	if s.Holder.Kind == ledger.User {
		return Safe(s.Holder.Name)
	}
	return Safe(s.Item.Name)
}

// describe says what a step changes, and why where the file alone does not.
func describe(s shownStep) string {
	var parts []string
	switch {
	case s.Op == ledger.Adopt && s.Before == nil:
		parts = append(parts, "is there already: recorded as usher's")
	case s.Op == ledger.Adopt:
		parts = append(parts, "is done already: the record is corrected")
	case s.Op == ledger.Forget:
		parts = append(parts, "is gone already: the record is dropped")
	case s.Holder.Kind == ledger.Environment:
		parts = append(parts, fmt.Sprintf("%d -> %d", units(s.Before), units(s.After)))
	case s.Op == ledger.Change:
		parts = append(parts, "disabled plans: "+planChange(*s.Before, *s.After))
	case s.Op == ledger.Add && len(s.After.Without) > 0:
		parts = append(parts, fmt.Sprintf("without %s", Count(len(s.After.Without), "service plan")))
	}
	return strings.Join(append(parts, reasons(s)...), ", ")
}

// reasons says why a step is there, and what else its call does.
func reasons(s shownStep) []string {
	var parts []string
	switch {
	case s.partner != "" && s.Op == ledger.Add:
		parts = append(parts, "moves from "+Safe(s.partner))
	case s.partner != "":
		parts = append(parts, "moves to "+Safe(s.partner))
	}
	switch {
	case s.Why == ledger.Drift:
		parts = append(parts, "somebody changed it")
	case s.Why == ledger.Unmanaged:
		parts = append(parts, "no file declares it")
	case s.Op == ledger.Remove && s.Kept:
		parts = append(parts, "a group still gives it")
	}
	return parts
}

func units(v *ledger.Value) int64 {
	if v == nil {
		return 0
	}
	return v.Units
}

// planChange lists the service plans that a change switches off and on.
func planChange(before, after ledger.Value) string {
	var parts []string
	for _, plan := range after.Without {
		if !slices.Contains(before.Without, plan) {
			parts = append(parts, "+"+Safe(plan))
		}
	}
	for _, plan := range before.Without {
		if !slices.Contains(after.Without, plan) {
			parts = append(parts, "-"+Safe(plan))
		}
	}
	return strings.Join(parts, " ")
}

func places(origins []ledger.Origin) string {
	var all []string
	for _, o := range origins {
		all = append(all, fmt.Sprintf("%s:%d", Safe(o.File), o.Line))
	}
	if len(all) > 3 {
		all = append(all[:3], "…")
	}
	return strings.Join(all, ", ")
}

// Summary is the last line of a plan.
func Summary(pl *plan.Plan) string {
	if pl.Empty() {
		return noChanges(pl)
	}
	n := map[ledger.Op]int{}
	moved := 0
	for _, s := range pl.Steps() {
		n[s.Op]++
	}
	for _, c := range pl.Calls {
		if c.Holder.Kind == ledger.User && has(c, ledger.Add) && has(c, ledger.Remove) {
			moved++
		}
	}
	text := fmt.Sprintf("Plan: %d to add, %d to change, %d to remove", n[ledger.Add], n[ledger.Change], n[ledger.Remove])
	for _, extra := range []struct {
		n    int
		what string
	}{{n[ledger.Adopt], "%d to adopt"}, {n[ledger.Forget], "%d to correct in the record"}} {
		if extra.n > 0 {
			text += ", " + fmt.Sprintf(extra.what, extra.n)
		}
	}
	switch {
	case moved == 1:
		text += ", 1 person moved"
	case moved > 1:
		text += fmt.Sprintf(", %d people moved", moved)
	}
	return text + "."
}

// noChanges says how far "no changes" goes.
func noChanges(pl *plan.Plan) string {
	switch {
	case pl.Targets > 0:
		return fmt.Sprintf("No changes for %s. Nothing else was looked at.", Count(pl.Targets, "target"))
	case len(pl.Unread) > 0:
		return "No changes in what was read."
	case pl.Believed:
		return "No changes, if people have what the state says: they were not read."
	}
	return "No changes. The tenant is as the files declare."
}

func has(c ledger.Call, op ledger.Op) bool {
	return slices.ContainsFunc(c.Steps, func(s ledger.Step) bool { return s.Op == op })
}

// Count writes a number of things, in the singular for one.
func Count[N int | int64](n N, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}
