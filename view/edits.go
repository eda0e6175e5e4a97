package view

import (
	"fmt"
	"slices"
	"strings"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
)

// edits prints what has to change in the files for an undo to last.
func (p *Printer) edits(pl *plan.Plan) {
	if len(pl.Edits) == 0 {
		return
	}
	labels := map[string]string{}
	for _, pool := range pl.Pools {
		labels[pool.Item.ID] = pool.Label
	}
	p.Line("\nThe next plan does it again, unless the files change:")
	for _, all := range together(pl.Edits) {
		p.Line("  %s", p.edit(all, labels))
	}
}

// together puts edits that are one for whoever makes them into one list.
func together(edits []plan.Edit) [][]plan.Edit {
	place := map[string]int{}
	var lists [][]plan.Edit
	for _, e := range edits {
		key := fmt.Sprint(e.Item.ID, e.Holder.Kind, e.Want, e.Origins)
		if e.Want != nil {
			key = fmt.Sprint(e.Item.ID, e.Holder.Kind, *e.Want, e.Origins)
		}
		at, known := place[key]
		if !known {
			at = len(lists)
			place[key], lists = at, append(lists, nil)
		}
		lists[at] = append(lists[at], e)
	}
	return lists
}

// mostNamed is how many holders an edit of a line names one by one.
const mostNamed = 20

// edit says where the files ask for something else, and what they are to ask for.
func (p *Printer) edit(all []plan.Edit, labels map[string]string) string {
	e := all[0]
	item, holders := Safe(e.Item.Name), named(all, mostNamed, ledger.Holder.Address)
	switch {
	case e.Want == nil && e.Item.Kind == ledger.Capacity:
		return fmt.Sprintf("%s: take %s of %s out", lines(e.Origins), item, holders)
	case e.Want == nil:
		return fmt.Sprintf("%s: take %s out of what grants %s", lines(e.Origins), holders, item)
	case len(e.Origins) == 0 && e.Holder.Kind == ledger.User:
		return p.block(all, labels[e.Item.ID])
	case len(e.Origins) == 0 && e.Item.Kind == ledger.Capacity:
		return fmt.Sprintf("grant %d %s to %s again", e.Want.Units, item, holders)
	case len(e.Origins) == 0:
		return fmt.Sprintf("grant %s to %s again", item, holders)
	case e.Item.Kind == ledger.Capacity:
		return fmt.Sprintf("%s: set %s of %s back to %d", lines(e.Origins), item, holders, e.Want.Units)
	case e.Item.Kind == ledger.Setting:
		return fmt.Sprintf("%s: set %s back to %q", lines(e.Origins), item, Safe(e.Want.Policy))
	}
	return fmt.Sprintf("%s: set %s of %s back to %s", lines(e.Origins), item, holders, p.disabled(e.Want.Without))
}

func (p *Printer) disabled(plans ledger.Plans) string {
	var names []string
	for _, id := range plans {
		names = append(names, fmt.Sprintf("%q", p.plan(id)))
	}
	return fmt.Sprintf("disabled_plans = [%s]", strings.Join(names, ", "))
}

// block is an assignment that gives people an item again.
func (p *Printer) block(all []plan.Edit, label string) string {
	if label == "" {
		label = "LABEL" // of a license block that is to be written, too
	}
	grant := "{}"
	if plans := all[0].Want.Without; len(plans) > 0 {
		grant = fmt.Sprintf("{\n        %s\n      }", p.disabled(plans))
	}
	people := named(all, len(all), func(h ledger.Holder) string { return fmt.Sprintf("%q", h.Name) })
	return fmt.Sprintf("give %s again:\n    assignment %q {\n      users = [%s]\n\n      grant %q %s\n    }", Safe(all[0].Item.Name), "again-"+Safe(label), people, Safe(label), grant)
}

// named lists the holders of edits, and says how many there are beyond the most.
func named(all []plan.Edit, most int, name func(ledger.Holder) string) string {
	var names []string
	for _, e := range all[:min(most, len(all))] {
		names = append(names, Safe(name(e.Holder)))
	}
	if more := len(all) - most; more > 0 {
		names = append(names, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(names, ", ")
}

// lines are the places of origins, each once.
func lines(origins []ledger.Origin) string {
	var all []string
	for _, o := range origins {
		if at := fmt.Sprintf("%s:%d", Safe(o.File), o.Line); !slices.Contains(all, at) {
			all = append(all, at)
		}
	}
	if len(all) == 0 {
		return "in the files"
	}
	return strings.Join(all, " and ")
}
