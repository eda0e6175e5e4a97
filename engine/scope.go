package engine

import (
	"slices"
	"strings"

	"github.com/usher-cli/usher/config"
	"github.com/usher-cli/usher/ledger"
)

// units reports whether environments or their capacity concern this run: they
// are declared, on record, or asked for. Otherwise nobody needs rights to them.
func (p *Present) units() bool {
	ofCapacity := func(r ledger.ItemRules) bool { return r.Item.Kind == ledger.Capacity }
	onRecord := func(g ledger.Grant) bool { return g.Holder.Kind.Holds() == ledger.Capacity }
	named := func(h ledger.Holder) bool { return h.Kind.Holds() == ledger.Capacity }
	declared := func(c *config.Config) bool {
		return len(c.Environments) > 0 || slices.ContainsFunc(c.Items, ofCapacity) || slices.ContainsFunc(c.Guard.Protect, named)
	}
	return p.scope.Everything || slices.ContainsFunc(p.revisions(), declared) || slices.ContainsFunc(p.planned(), named) ||
		p.records(onRecord) || slices.ContainsFunc(p.scope.Targets, named)
}

// planned lists the holders of the saved plan that is to be applied, and of the run
// that is to be undone: both are also about what no file and no record names any more.
func (p *Present) planned() []ledger.Holder {
	all := slices.Clone(p.scope.Undone)
	if p.scope.Saved == nil {
		return all
	}
	for step := range p.scope.Saved.EachStep() {
		all = append(all, step.Holder)
	}
	return all
}

// mentioned lists the groups and the environments that the files or the state
// name, by id or name: what is in those has to be read, too.
//
// The names of files stand for whatever has that name now, and the ids of the state for what
// had it when it was recorded: after a rename the two are different groups, and both are read.
func (p *Present) mentioned() (groups, environments []string) {
	add := func(list []string, ref string) []string {
		if ref == "" || slices.ContainsFunc(list, func(other string) bool { return strings.EqualFold(other, ref) }) {
			return list
		}
		return append(list, ref)
	}
	named := slices.Clone(p.scope.Targets)
	for _, c := range p.revisions() {
		named = append(named, namedIn(c)...)
	}
	for _, h := range named {
		if h.Kind == ledger.Group {
			groups = add(groups, h.Name)
		}
		environments = add(environments, h.Around())
	}
	for _, h := range p.planned() {
		if h.Kind == ledger.Group {
			groups = add(groups, h.ID)
		}
		environments = add(environments, h.EnvironmentID())
	}
	var last ledger.Holder
	for _, grants := range p.recorded() {
		for i := range grants {
			h := grants[i].Holder
			if h == last || h.Kind == ledger.User {
				continue
			}
			if last = h; h.Kind == ledger.Group {
				groups = add(groups, h.ID)
			}
			environments = add(environments, h.EnvironmentID())
		}
	}
	return groups, environments
}

// namedIn lists the groups and the environments that files name, and whom they protect.
func namedIn(c *config.Config) []ledger.Holder {
	all := slices.Clone(c.Guard.Protect)
	for i := range c.Wants {
		if w := &c.Wants[i]; w.Kind == ledger.Group {
			all = append(all, ledger.Holder{Kind: ledger.Group, Name: w.Holder})
		}
	}
	for _, e := range c.Environments {
		all = append(all, e.Environment)
	}
	return all
}

// about lists the holders and the products that the state is about. A holder can be there again,
// where it is about the same one in several ways.
func (p *Present) about() (holders []ledger.Holder, products []ledger.Item) {
	items := map[string]bool{}
	for _, grants := range p.recorded() {
		for i := range grants {
			g := &grants[i]
			if i == 0 || g.Holder.Identity() != grants[i-1].Holder.Identity() {
				holders = append(holders, g.Holder)
			}
			if g.Item.Kind == ledger.Seat && !items[g.Item.ID] {
				items[g.Item.ID] = true
				products = append(products, g.Item)
			}
		}
	}
	return holders, products
}

// recorded is everything that the state is about: what is known, what an
// interrupted run meant to do, what is not effective yet, and what a run was turning
// off and on.
func (p *Present) recorded() [][]ledger.Grant {
	all := [][]ledger.Grant{p.Known}
	if p.Document == nil {
		return all
	}
	if p.Document.Claims != nil {
		all = append(all, p.Document.Claims.Grants, p.Document.Claims.Removals)
	}
	var pending []ledger.Grant
	for _, open := range p.Document.Pending {
		pending = append(pending, open.Grant)
	}
	return append(all, pending, p.Document.Restarts)
}

// records reports whether the state is about something of a kind.
func (p *Present) records(of func(ledger.Grant) bool) bool {
	return slices.ContainsFunc(p.recorded(), func(grants []ledger.Grant) bool { return slices.ContainsFunc(grants, of) })
}
