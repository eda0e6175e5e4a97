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

// together puts edits that are one for whoever makes them into one list: of a
// line, of people who are given the same, of what is to stand in an environment.
func together(edits []plan.Edit) [][]plan.Edit {
	place := map[string]int{}
	var lists [][]plan.Edit
	for _, e := range edits {
		key := fmt.Sprint(e.Item.ID, e.Holder.Kind, e.Want != nil, e.Origins)
		switch {
		case e.Want == nil:
		case added(e) && e.Item.Kind == ledger.Capacity:
			key = "environment " + e.Holder.Around()
		case e.Item.Kind == ledger.Setting:
			key += e.Holder.ID
		default:
			key += fmt.Sprint(*e.Want)
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

// added reports whether an edit is about what no file asks for.
func added(e plan.Edit) bool { return e.Want != nil && len(e.Origins) == 0 }

// mostNamed is how many holders an edit of a line names one by one.
const mostNamed = 20

// edit says where the files ask for something else, and what they are to ask for;
// what is to be added is written as it is to stand there.
func (p *Printer) edit(all []plan.Edit, labels map[string]string) string {
	e := all[0]
	item, holders := Safe(e.Item.Name), named(all, mostNamed, ledger.Holder.Address)
	switch {
	case e.Want == nil && e.Holder.Kind.Inside():
		return fmt.Sprintf("%s: take %s out", lines(e.Origins), holders)
	case e.Want == nil && e.Item.Kind == ledger.Capacity:
		return fmt.Sprintf("%s: take %s of %s out", lines(e.Origins), item, holders)
	case e.Want == nil:
		return fmt.Sprintf("%s: take %s out of the grant of %s", lines(e.Origins), holders, item)
	case added(e) && e.Item.Kind == ledger.Capacity:
		return fmt.Sprintf("put into the environment %s again:\n    %s", text(e.Holder.Around()), strings.ReplaceAll(inside(all), "\n", "\n    "))
	case added(e) && e.Item.Kind == ledger.Seat:
		return p.block(all, labels[e.Item.ID])
	case e.Item.Kind == ledger.Capacity:
		return fmt.Sprintf("%s: set %s of %s back to %d", lines(e.Origins), argument(e), holders, e.Want.Units)
	case e.Item.Kind == ledger.Setting && len(e.Origins) > 0:
		return fmt.Sprintf("%s: set policy of %s back to %q", lines(e.Origins), holders, Safe(e.Want.Policy))
	case e.Item.Kind == ledger.Setting:
		return fmt.Sprintf(
			"ask for the policy again:\n    self_service_purchase %s {\n      policy = %s\n    }",
			text(e.Holder.Name),
			text(e.Want.Policy),
		)
	}
	return fmt.Sprintf("%s: set %s of %s back to %s", lines(e.Origins), item, holders, p.disabled(e.Want.Without))
}

// argument is what the language calls the units of a capacity.
func argument(e plan.Edit) string {
	switch e.Holder.Kind {
	case ledger.Machine:
		return "unattended_runs"
	case ledger.MachineGroup:
		return "committed_bots"
	}
	return Safe(e.Item.Name)
}

// inside is what stands in the block of an environment.
func inside(all []plan.Edit) string {
	var capacity, blocks []string
	for _, e := range all {
		own := text(e.Holder.Own())
		switch e.Holder.Kind {
		case ledger.Flow:
			blocks = append(blocks, fmt.Sprintf("flow %s {\n  plan = %s\n}", own, text(e.Item.Name)))
		case ledger.Machine:
			blocks = append(blocks, fmt.Sprintf("machine %s {\n  unattended_runs = %d\n}", own, e.Want.Units))
		case ledger.MachineGroup:
			blocks = append(blocks, fmt.Sprintf("machine_group %s {\n  committed_bots = %d\n}", own, e.Want.Units))
		default:
			capacity = append(capacity, fmt.Sprintf("  %s = %d\n", Safe(e.Item.Name), e.Want.Units))
		}
	}
	if len(capacity) > 0 {
		blocks = append([]string{"capacity { # or into the one that is there\n" + strings.Join(capacity, "") + "}"}, blocks...)
	}
	return strings.Join(blocks, "\n")
}

// disabled writes the argument that switches service plans off.
func (p *Printer) disabled(plans ledger.PlanIDs) string {
	var names []string
	for _, id := range plans {
		names = append(names, text(p.plan(id)))
	}
	return fmt.Sprintf("disabled_plans = [%s]", strings.Join(names, ", "))
}

// text writes a text as the language does, where ${ and %{ begin a template.
func text(s string) string {
	var b strings.Builder
	before := rune(0)
	for _, r := range s { // HCL knows fewer escapes than Go
		switch {
		case r == '#' && before == '#': // ## begins commands of a pipeline
			b.WriteString(`\u0023`)
		case r == '"' || r == '\\':
			b.WriteRune('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r > 0xffff && harmful(r):
			fmt.Fprintf(&b, `\U%08x`, r)
		case harmful(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
		before = r
	}
	return strings.NewReplacer("${", "$${", "%{", "%%{").Replace(`"` + b.String() + `"`)
}

// block is an assignment that gives people, or groups, an item again.
func (p *Printer) block(all []plan.Edit, label string) string {
	if label == "" {
		label = "LABEL" // of a license block that is to be written, too
	}
	grant := "{}"
	if plans := all[0].Want.Without; len(plans) > 0 {
		grant = fmt.Sprintf("{\n        %s\n      }", p.disabled(plans))
	}
	holders, kind := named(all, len(all), func(h ledger.Holder) string { return text(h.Name) }), "users"
	if all[0].Holder.Kind == ledger.Group {
		kind = "groups"
	}
	return fmt.Sprintf(
		"give %s again:\n    assignment %s {\n      %s = [%s]\n\n      grant %s %s\n    }",
		Safe(all[0].Item.Name),
		text("again-"+label),
		kind,
		holders,
		text(label),
		grant,
	)
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
		if at := Safe(o.String()); !slices.Contains(all, at) {
			all = append(all, at)
		}
	}
	if len(all) == 0 {
		return "in the files"
	}
	return strings.Join(all, " and ")
}
