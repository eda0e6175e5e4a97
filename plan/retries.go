package plan

import (
	"cmp"
	"maps"
	"slices"

	"github.com/usher-cli/usher/ledger"
)

// retries are parts for members of declared groups whom the service left
// without a seat because there was none: it does not try again by itself when
// there is. As many are asked for as the end of the plan, with what is to be
// bought, has room for. The other parts must be linked.
func retries(in Input, c *coverage, b *book, parts []*part) []*part {
	left := map[string][]ledger.Inherited{}
	keeps := groupsAfter(in, parts)
	for _, i := range in.Have.Inherited {
		if (i.Error == ledger.NoSeat || i.Error == ledger.Sibling) && keeps(i) {
			left[i.User.ID] = append(left[i.User.ID], i)
		}
	}
	if len(left) == 0 {
		return nil
	}
	room := b.room()
	for id, units := range b.later() {
		room[id] += units
	}
	for _, p := range parts {
		for _, d := range p.draws {
			room[d.Pool] -= d.Units
		}
	}
	ours, names := in.retried(), map[string]ledger.Item{}
	for _, s := range in.Have.Supply {
		names[s.Item.ID] = s.Item
	}
	var all []*part
	for _, user := range slices.Sorted(maps.Keys(left)) {
		p := c.retry(left[user], names)
		full := slices.ContainsFunc(p.steps, func(s ledger.Step) bool { return room[ledger.PoolID{Item: s.Item.ID}] < 1 })
		if len(p.steps) == 0 || full || !slices.ContainsFunc(left[user], ours) {
			continue
		}
		for _, s := range p.steps {
			room[ledger.PoolID{Item: s.Item.ID}]--
		}
		all = append(all, p)
	}
	return all
}

// retry is the part for one person: it makes the service try everything that
// the person's groups give. What the person gets otherwise is no step of it.
func (c *coverage) retry(rows []ledger.Inherited, names map[string]ledger.Item) *part {
	p := &part{twin: -1}
	slices.SortFunc(rows, func(a, b ledger.Inherited) int { return cmp.Compare(a.Item, b.Item) })
	for n, r := range rows {
		if n > 0 && rows[n-1].Item == r.Item {
			continue
		}
		key := ledger.Key{Kind: ledger.User, Holder: r.User.ID, Item: r.Item}
		_, lost := c.lost[key]
		switch {
		case slices.ContainsFunc(c.gained[r.User.ID], func(g gain) bool { return g.item == r.Item }):
			p.rides = append(p.rides, r.Item)
		case lost || !c.isDirect(key) && !c.covered(key):
			p.steps = append(p.steps, ledger.Step{Op: ledger.Reprocess, Holder: r.User, Item: names[r.Item]})
		}
	}
	return p
}

// groupsAfter returns whether a group still gives what a row says when the
// plan is done. Of a group that was not read nothing else is known.
func groupsAfter(in Input, parts []*part) func(ledger.Inherited) bool {
	read := map[string]bool{}
	for _, m := range in.Have.Members {
		read[m.Group] = true
	}
	has := map[ledger.Key]bool{}
	for i := range in.Have.Grants {
		if g := &in.Have.Grants[i]; g.Holder.Kind == ledger.Group {
			has[g.Key()] = true
		}
	}
	for _, p := range parts {
		for _, s := range p.steps {
			if s.Holder.Kind == ledger.Group && s.Op == ledger.Remove {
				delete(has, s.Key())
			}
		}
	}
	return func(i ledger.Inherited) bool {
		return !read[i.Group] || has[ledger.Key{Kind: ledger.Group, Holder: i.Group, Item: i.Item}]
	}
}

// retried returns whom a plan may ask for because of a row: everybody whom
// a declared group left without a seat, or whom the saved plan asks for.
func (in Input) retried() func(ledger.Inherited) bool {
	if in.saved != nil {
		asked := map[string]bool{}
		for _, call := range in.saved.Calls {
			asked[call.Holder.ID] = asked[call.Holder.ID] || call.Steps[0].Op == ledger.Reprocess
		}
		return func(i ledger.Inherited) bool { return asked[i.User.ID] }
	}
	declared := map[ledger.Key]bool{}
	for i := range in.Want {
		if g := &in.Want[i]; g.Holder.Kind == ledger.Group {
			declared[g.Key()] = true
		}
	}
	return func(i ledger.Inherited) bool {
		from := ledger.Key{Kind: ledger.Group, Holder: i.Group, Item: i.Item}
		ours := declared[from] && (in.undoes == nil || in.undoes(from))
		return !in.OnlyDue && i.Error == ledger.NoSeat && ours && in.looksAt(i.User)
	}
}
