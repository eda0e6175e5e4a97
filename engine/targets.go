package engine

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/go-multierror"

	"github.com/usher-cli/usher/config"
	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/ledger/slips"
)

// IsTargetBlock reports whether a target names a block of the files, and no holder.
func IsTargetBlock(target string) bool {
	return strings.HasPrefix(target, "license.") || strings.HasPrefix(target, "assignment.")
}

// expandBlocks puts, for the blocks that a plan is narrowed to, all holders that they are
// about: those that the files name, and those of the state that one of them asked for.
//
// Without the second, a target would never show what the block takes away.
func (p *Present) expandBlocks() error {
	var problems *multierror.Error
	seen := map[ledger.Holder]bool{}
	for _, h := range p.scope.Targets {
		seen[h] = true
	}
	for _, block := range p.scope.Blocks {
		found := false
		add := func(h ledger.Holder) {
			if h.ID = ""; !seen[h] {
				seen[h] = true
				p.scope.Targets = append(p.scope.Targets, h)
			}
			found = true
		}
		about := p.aboutBlock(block)
		for i := range p.Config.Wants {
			w := &p.Config.Wants[i]
			for _, o := range w.Origins {
				if about(o.Block, w.Item) {
					add(w.Names())
				}
			}
		}
		if p.Document != nil {
			for _, r := range p.Document.Grants {
				if from, _ := r.From.Origin(); about(from.Block, r.Item) {
					add(r.Holder)
				}
			}
		}
		if !found && !p.selects(block) {
			problems = multierror.Append(problems, p.noSuchBlock(block))
		}
	}
	return problems.ErrorOrNil()
}

// selects reports whether a block finds people by their attributes: nobody knows yet whom.
func (p *Present) selects(block string) bool {
	about := p.aboutBlock(block)
	return slices.ContainsFunc(p.Config.Selections, func(s ledger.Selection) bool { return about(s.Selectors[0].Origin.Block, s.Item) })
}

// expandMembers puts, for the blocks that a plan is narrowed to, the people whom they find by
// attributes. The tenant has been read by now. A block that finds nobody is an error: without any
// holder the plan would be about everybody.
func (p *Present) expandMembers() error {
	if !slices.ContainsFunc(p.scope.Blocks, p.selects) {
		return nil
	}
	in := p.input(p.Config, Choices{})
	grants := slices.Clone(in.Want)
	for _, d := range in.Dated {
		grants = append(grants, d.Grant)
	}
	var problems *multierror.Error
	for _, block := range p.scope.Blocks {
		about, found := p.aboutBlock(block), false
		for i := range grants {
			g := &grants[i]
			if slices.ContainsFunc(g.Origins, func(o ledger.Origin) bool { return about(o.Block, g.Item) }) {
				p.scope.Targets, found = append(p.scope.Targets, ledger.Holder{Kind: g.Holder.Kind, Name: g.Holder.Name}), true
			}
		}
		if p.Document != nil {
			for _, r := range p.Document.Grants {
				from, _ := r.From.Origin()
				found = found || about(from.Block, r.Item)
			}
		}
		if !found {
			problems = multierror.Append(problems, fmt.Errorf("-target=%s: nobody in the tenant is found by it, or people could not be read. "+
				"Correct its members, or leave this -target out", block))
		}
	}
	return problems.ErrorOrNil()
}

// noSuchBlock says that nobody is of a block, and which block was probably meant.
func (p *Present) noSuchBlock(block string) error {
	known := map[string]bool{}
	for _, rules := range p.Config.Items {
		if rules.Label != "" && rules.Item.Kind == ledger.Seat {
			known["license."+rules.Label] = true
		}
	}
	for _, name := range p.assignments() {
		known["assignment."+name] = true
	}
	delete(known, block)
	const most = 3
	if meant := slips.MostLike(block, slices.Sorted(maps.Keys(known)), most); meant != "" {
		return fmt.Errorf("-target=%s: the files and the state have nobody of such a block. Did you mean %s?", block, meant)
	}
	return fmt.Errorf("-target=%s: the files and the state have nobody of such a block", block)
}

// aboutBlock tells whether a grant of an item, asked for in a block, belongs to a block that
// is a target. All instances of a block with for_each do.
func (p *Present) aboutBlock(block string) func(in string, item ledger.Item) bool {
	return aboutBlockOf(p.Config, block)
}

// aboutBlockOf is aboutBlock for the files of one revision.
func aboutBlockOf(files *config.Config, block string) func(in string, item ledger.Item) bool {
	if label, isLicense := strings.CutPrefix(block, "license."); isLicense {
		var product ledger.Item
		for _, rules := range files.Items {
			if rules.Label == label {
				product = rules.Item
			}
		}
		return func(_ string, item ledger.Item) bool {
			return item.Kind == ledger.Seat && (product.Name != "" && strings.EqualFold(item.Name, product.Name) ||
				product.ID != "" && item.ID == product.ID)
		}
	}
	return func(in string, _ ledger.Item) bool { return in == block || strings.HasPrefix(in, block+"[") }
}
