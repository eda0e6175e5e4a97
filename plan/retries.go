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
// bought, has room for. The other parts must be linked. Undoing a run asks for none:
// it gives back what there was, and nothing more.
//
// The service tries by itself only after some change of the group or the person. A tenant
// that buys ten seats has ten people without them for as long as nobody asks.
func retries(in Input, c *coverage, b *book, parts []*part) []*part {
	left := c.leftWithout(in.Have.Inherited, removedFrom(parts))
	if len(left) == 0 || in.undo {
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
			p.steps = append(p.steps, ledger.Step{Op: ledger.Retry, Holder: r.User, Item: names[r.Item]})
		}
	}
	return p
}

// leftWithout lists, by person, what groups could not give for want of a seat and still
// give after what is removed.
func (c *coverage) leftWithout(rows []ledger.Inherited, removed map[ledger.Key]bool) map[string][]ledger.Inherited {
	left := map[string][]ledger.Inherited{}
	for _, i := range rows {
		key := ledger.Key{Kind: ledger.User, Holder: i.User.ID, Item: i.Item}
		if (i.Error == ledger.NoSeat || i.Error == ledger.Sibling) && c.givesStill(i.Group, key, removed) {
			left[i.User.ID] = append(left[i.User.ID], i)
		}
	}
	return left
}

// removedFrom lists what parts take from groups.
func removedFrom(parts []*part) map[ledger.Key]bool {
	removed := map[ledger.Key]bool{}
	for _, p := range parts {
		for _, s := range p.steps {
			if s.Holder.Kind == ledger.Group && s.Op == ledger.Remove {
				removed[s.Key()] = true
			}
		}
	}
	return removed
}

// givesStill reports whether a group still gives a person an item after what is
// removed. Of a group that was not read nothing else is known.
func (c *coverage) givesStill(group string, of ledger.Key, removed map[ledger.Key]bool) bool {
	if _, read := c.members[group]; !read {
		return true
	}
	from := ledger.Key{Kind: ledger.Group, Holder: group, Item: of.Item}
	_, given := c.given[from]
	return given && !removed[from] && c.memberOf[membership{group, of.Holder}]
}

// retried returns whom a plan may ask for because of a row: everybody whom
// a declared group left without a seat, or whom the saved plan asks for.
func (in Input) retried() func(ledger.Inherited) bool {
	if in.saved != nil {
		asked := map[string]bool{}
		for _, call := range in.saved.Calls {
			asked[call.Holder.ID] = asked[call.Holder.ID] || call.Steps[0].Op == ledger.Retry
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
		return in.Only == "" && i.Error == ledger.NoSeat && declared[from] && in.looksAt(i.User)
	}
}

// retryGives is what all the groups that had no seat for a person, and still give the
// item after what is removed, switch off.
func (c *coverage) retryGives(key ledger.Key, removed map[ledger.Key]bool) ledger.ServicePlanIDs {
	var off ledger.ServicePlanIDs
	first := true
	for _, s := range c.by[key] {
		switch {
		case s.cause != ledger.NoSeat && s.cause != ledger.Sibling: // it gives it already, or will not for want of something else
		case !c.givesStill(s.group, key, removed):
		case first:
			off, first = slices.Clone(s.gives), false
		default:
			off = slices.DeleteFunc(off, func(plan string) bool { return !slices.Contains(s.gives, plan) })
		}
	}
	return off
}
