package engine

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
	"github.com/usher-cli/usher/state"
)

// undeclared lists, product by product, the people who have it and always had it, though no
// file says why; nil where this run cannot tell, because it did not look at everybody.
//
// A product that was not listed before is listed as it is. After that the list only shrinks:
// what somebody gives later is news until a file explains it, however many runs there were.
func (p *Present) undeclared(pl *plan.Plan) []state.Undeclared {
	if pl.Targets > 0 || pl.Only != "" || pl.Believed || pl.Undoes != "" || p.Reading.Incomplete(ledger.Seat) {
		return nil
	}
	watched, listed := watchedProducts(pl), p.Document.UndeclaredSince()
	holders, belongs := map[string][]string{}, p.old(pl)
	for i := range p.Reading.Grants {
		g := &p.Reading.Grants[i]
		if watched[g.Item.ID] && g.Holder.Kind == ledger.User && belongs(g) {
			holders[g.Item.ID] = append(holders[g.Item.ID], g.Holder.ID)
		}
	}
	all := []state.Undeclared{}
	if p.Document != nil { // the list of a license that is not watched for now waits until it is again
		all = slices.DeleteFunc(slices.Clone(p.Document.Undeclared), func(u state.Undeclared) bool { return watched[u.Item] })
	}
	for _, item := range slices.Sorted(maps.Keys(watched)) {
		had := append([]string{}, holders[item]...) // never null in the document
		slices.Sort(had)
		all = append(all, state.Undeclared{Item: item, Since: cmp.Or(listed[item], p.Today()), Holders: had})
	}
	slices.SortFunc(all, func(a, b state.Undeclared) int { return strings.Compare(a.Item, b.Item) })
	return all
}

// old reports whether an undeclared seat was always there, or is let go of by a file.
func (p *Present) old(pl *plan.Plan) func(*ledger.Grant) bool {
	ours, listed, released := p.ours(pl), p.Document.UndeclaredSince(), map[ledger.Key]bool{}
	for s := range pl.EachStep() {
		released[s.Key()] = s.Why == ledger.Released
	}
	return func(g *ledger.Grant) bool {
		was := listed[g.Item.ID] == "" || p.Document.WasThere(g.Holder.ID, g.Item.ID)
		return !ours[g.Key()] && was || released[g.Key()]
	}
}

// watchedProducts are those of which undeclared seats are listed, by id.
func watchedProducts(pl *plan.Plan) map[string]bool {
	all := map[string]bool{}
	for _, pool := range pl.Pools {
		if pool.Unmanaged == ledger.Warn && pool.Item.Kind == ledger.Seat {
			all[pool.Item.ID] = true
		}
	}
	return all
}

// ours is what usher manages, or will once the plan is carried out, or may have given.
func (p *Present) ours(pl *plan.Plan) map[ledger.Key]bool {
	all := map[ledger.Key]bool{}
	for i := range p.Known {
		all[p.Known[i].Key()] = true
	}
	for s := range pl.EachStep() {
		all[s.Key()] = true
	}
	for _, k := range pl.Perhaps {
		all[k] = true
	}
	return all
}

// markOld marks the seats that no file declares and that were there when a run first read all
// of the product. Seats that the files ask to remove are none of those.
func (p *Present) markOld(all []plan.Drift, takes map[string]bool) {
	for i := range all {
		d := &all[i]
		d.Old = d.Kind == plan.Undeclared && !takes[d.Item.ID] && p.Document.WasThere(d.Holder.ID, d.Item.ID)
	}
}
