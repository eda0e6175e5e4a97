package view

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/usher-cli/usher/config"
	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
)

// edits tells what has to change in the files for an undo to last.
//
//	The next plan does it again, unless the files change:
//	  people.hcl:4: take user/ada@contoso.com out of the grant of SPE_E5
//	  give SPE_E3 again:
//	    assignment "again-e3" {
//	      users = ["ada@contoso.com"]
//
//	      grant "e3" {}
//	    }
//
// An undo changes the tenant and never a file: the file is in Git, and its change is
// reviewed like any other.
func (w Words) edits(p *Page, pl *plan.Plan) {
	if len(pl.Edits) == 0 {
		return
	}
	labels := map[string]string{}
	for _, pool := range pl.Pools {
		labels[pool.Item.ID] = pool.Label
	}
	list := List{Title: "The next plan does it again, unless the files change:"}
	for _, all := range together(pl.Edits) {
		list.Items = append(list.Items, w.edit(all, labels))
	}
	p.add(Break{}, list)
}

// together puts edits that are one for whoever makes them into one list: of a
// line, of people who are given the same, of what is to stand in an environment.
//
// An undo of a run of hundreds would name hundreds of lines otherwise, and most of them are
// one line of one file.
func together(edits []plan.Edit) [][]plan.Edit {
	place := map[string]int{}
	var lists [][]plan.Edit
	for _, e := range edits {
		key := fmt.Sprint(e.Item.ID, e.Holder.Kind, e.Want != nil, e.Rule, e.Origins)
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
func (w Words) edit(all []plan.Edit, labels map[string]string) Item {
	e := all[0]
	item, holders := e.Item.Name, named(all)
	say := func(format string, args ...any) Item { return Item{Text: fmt.Sprintf(format, args...)} }
	write := func(block, format string, args ...any) Item {
		return Item{Text: fmt.Sprintf(format, args...), Code: slices.Collect(strings.SplitSeq(strings.TrimSpace(block), "\n"))}
	}
	switch {
	case e.Want == nil:
		return Item{Text: takeOut(e, lines(e.Origins), holders)}
	case added(e) && e.Item.Kind == ledger.Capacity:
		capacity := ""
		if slices.ContainsFunc(all, func(e plan.Edit) bool { return e.Holder.Kind == ledger.Environment }) {
			capacity = " (capacity into the block that is there)"
		}
		blocks := config.EnvironmentBlocks(grants(all), ledger.Holder.Own)
		return write(blocks, "put into the environment %q again%s:", e.Holder.Around(), capacity)
	case added(e) && e.Item.Kind == ledger.Seat:
		label := cmp.Or(labels[e.Item.ID], "LABEL") // of a license block that is to be written, too
		again := config.AssignmentOf("again-"+label, label, holdersOf(all), w.servicePlanList(e.Want.Without))
		return write(again.Block(), "give %s again:", item)
	case e.Item.Kind == ledger.Capacity:
		return say("%s: set %s of %s back to %d", lines(e.Origins), config.UnitsArgument(grants(all)[0]), holders, e.Want.Units)
	case e.Item.Kind == ledger.Setting && len(e.Origins) > 0:
		return say("%s: set policy of %s back to %q", lines(e.Origins), holders, e.Want.Policy)
	case e.Item.Kind == ledger.Setting:
		return write(config.PurchaseBlock(e.Holder.Name, e.Want.Policy), "ask for the policy again:")
	}
	return say("%s: set %s of %s back to %s", lines(e.Origins), item, holders, config.DisabledPlans(w.servicePlanList(e.Want.Without)))
}

// takeOut says where the files are to ask for no more.
func takeOut(e plan.Edit, where, holders string) string {
	switch {
	case e.Holder.Kind.Inside():
		return fmt.Sprintf("%s: take %s out", where, holders)
	case e.Item.Kind == ledger.Capacity:
		return fmt.Sprintf("%s: take %s of %s out", where, e.Item.Name, holders)
	case e.Rule:
		return fmt.Sprintf("%s: write %s into except, beside members", where, holders)
	}
	return fmt.Sprintf("%s: take %s out of the grant of %s", where, holders, e.Item.Name)
}

// grants are what edits ask the files to give.
func grants(edits []plan.Edit) []ledger.Grant {
	all := make([]ledger.Grant, len(edits))
	for i, e := range edits {
		all[i] = ledger.Grant{Holder: e.Holder, Item: e.Item, Value: *e.Want}
	}
	return all
}

func holdersOf(edits []plan.Edit) []ledger.Holder {
	all := make([]ledger.Holder, len(edits))
	for i, e := range edits {
		all[i] = e.Holder
	}
	return all
}

// servicePlanList names service plans, one by one.
func (w Words) servicePlanList(ids ledger.ServicePlanIDs) []string {
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = w.servicePlan(id)
	}
	return names
}

// named lists the holders of edits, and says how many there are beyond the first.
func named(all []plan.Edit) string {
	var names []string
	for _, e := range all[:min(mostNamed, len(all))] {
		names = append(names, e.Holder.Address())
	}
	if more := len(all) - mostNamed; more > 0 {
		names = append(names, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(names, ", ")
}

// lines are the places of origins, each once.
func lines(origins []ledger.Origin) string {
	var all []string
	for _, o := range origins {
		if at := o.String(); !slices.Contains(all, at) {
			all = append(all, at)
		}
	}
	if len(all) == 0 {
		return "in the files"
	}
	return strings.Join(all, " and ")
}
