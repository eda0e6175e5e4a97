package view

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
)

// Edits prints what in the files, as they are now, asks for the opposite of what a
// plan undoes, and what would ask for it: without an edit the next plan does it
// again. wanted is what the files ask for; labels are the license blocks, by the
// name of their item.
func (p *Printer) Edits(undo *plan.Plan, wanted []ledger.Grant, labels map[string]string) {
	want := map[ledger.Key]ledger.Grant{}
	for _, g := range wanted {
		want[g.Key()] = g
	}
	var edits []string
	again := map[string][]string{} // people who are given an item again
	for _, call := range undo.Calls {
		for _, s := range call.Steps {
			g, asked := want[s.Key()]
			switch {
			case s.Op == ledger.Reprocess, s.After == nil && !asked, s.After != nil && asked && g.Accepts(g.Value, *s.After): // the files are that far
			case !asked && s.Holder.Kind == ledger.User:
				again[s.Item.Name] = append(again[s.Item.Name], s.Holder.Name)
			default:
				edits = append(edits, edit(s, g.Origins))
			}
		}
	}
	for _, item := range slices.Sorted(maps.Keys(again)) {
		edits = append(edits, block(item, labels[item], again[item]))
	}
	if len(edits) == 0 {
		return
	}
	p.Line("\nThe next plan does it again, unless the files change:")
	for _, text := range edits {
		p.Line("%s", text)
	}
}

// block is an assignment that gives people an item again.
func block(item, label string, people []string) string {
	if label == "" {
		label = "LABEL" // of a license block that is to be written, too
	}
	var quoted []string
	for _, name := range people {
		quoted = append(quoted, fmt.Sprintf("%q", Safe(name)))
	}
	return fmt.Sprintf("  give %s again:\n    assignment %q {\n      users = [%s]\n\n      grant %q {}\n    }", Safe(item), "again-"+Safe(label), strings.Join(quoted, ", "), Safe(label))
}

// edit says where the files ask for what a step takes back.
func edit(s ledger.Step, origins []ledger.Origin) string {
	var places []string
	for _, o := range origins {
		if at := fmt.Sprintf("%s:%d", o.File, o.Line); !slices.Contains(places, at) {
			places = append(places, at)
		}
	}
	at := "in the files"
	if len(places) > 0 {
		at = strings.Join(places, " and ")
	}
	holder, item := Safe(s.Holder.Address()), Safe(s.Item.Name)
	switch {
	case s.After == nil:
		return fmt.Sprintf("  %s: take %s out of what grants %s", Safe(at), holder, item)
	case len(origins) == 0:
		return fmt.Sprintf("  grant %s to %s again", item, holder)
	case s.Item.Kind == ledger.Capacity:
		return fmt.Sprintf("  %s: set %s of %s back to %d", Safe(at), item, holder, s.After.Units)
	}
	return fmt.Sprintf("  %s: set %s of %s back to what it was", Safe(at), item, holder)
}
