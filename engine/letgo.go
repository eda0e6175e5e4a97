package engine

import (
	"fmt"
	"slices"
	"strings"

	"github.com/usher-cli/usher/config"
	"github.com/usher-cli/usher/ledger"
)

// letGo finds the records that the files let go of, with the line of the block. A block that is
// about no record has done its work, or is a slip: it is told.
func (p *Present) letGo(files *config.Config) (map[ledger.Key]ledger.Origin, []ledger.Notice) {
	if len(files.LetGo) == 0 {
		return nil, nil
	}
	all, notices := map[ledger.Key]ledger.Origin{}, []ledger.Notice(nil)
	for _, block := range files.LetGo {
		found := false
		if p.Document != nil {
			for i := range p.Document.Grants {
				r := &p.Document.Grants[i]
				from, _ := r.From.Origin()
				if p.concerns(files, block.From, r.Grant, from) {
					all[r.Key()], found = block.Origin, true
				}
			}
		}
		if !found {
			notices = append(notices, ledger.Notice{Code: "removed-nothing", Severity: ledger.Info, Origins: []ledger.Origin{block.Origin},
				Text: fmt.Sprintf("nothing on record belongs to %s", block.From), Fix: "take the block out, or correct it"})
		}
	}
	return all, notices
}

// concerns reports whether a record belongs to what a file calls by an address, or by a block. A
// license whose block is gone is called by its part number.
func (p *Present) concerns(files *config.Config, name string, g ledger.Grant, from ledger.Origin) bool {
	label, isLicense := strings.CutPrefix(name, "license.")
	declared := slices.ContainsFunc(files.Items, func(rules ledger.ItemRules) bool { return rules.Label == label })
	switch {
	case isLicense && !declared:
		return g.Item.Kind == ledger.Seat && (strings.EqualFold(g.Item.Name, label) || strings.EqualFold(g.Item.ID, label))
	case IsTargetBlock(name):
		return aboutBlockOf(files, name)(from.Block, g.Item)
	}
	holder, item, ofItem := strings.Cut(name, ":")
	kind, own, err := ledger.SplitHolder(holder)
	if err != nil || kind != g.Holder.Kind || ofItem && !strings.EqualFold(item, g.Item.Name) {
		return false
	}
	now, _ := p.Reading.Name(g.Holder.Identity())
	return slices.ContainsFunc([]string{g.Holder.ID, g.Holder.Name, now}, func(n string) bool { return strings.EqualFold(n, own) })
}
