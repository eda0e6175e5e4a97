package plan

import (
	"cmp"
	"maps"
	"slices"

	"github.com/usher-cli/usher/ledger"
)

// stirred is a member of a group who was left without an item, and whom a call
// for the group gives it: the service goes through all members and all products
// of a group after every change of it.
type stirred struct {
	user, item, group string
	without           ledger.ServicePlanIDs
	passing           bool // a later part of the group takes the item away again
	doubtful          bool // another product fails, which a later part of the group takes away
}

// key is the user and the item.
func (x stirred) key() ledger.Key { return ledger.Key{Kind: ledger.User, Holder: x.user, Item: x.item} }

// aside is the position of what a part brings about without a step of its own.
const aside = -1

// stir finds the members whom the parts of groups make the service try again, as
// far as there will be seats for them. Those parts come after everything else that
// takes such seats, also where none will be left. It reports whether there are any
// such members; then the parts have to be linked anew.
func (c *coverage) stir(in Input, b *book, parts []*part) bool {
	all := c.candidates(parts)
	if len(all) == 0 {
		return false
	}
	spare, most := c.spare(in, b, parts)
	c.maybe = map[ledger.Key][]string{}
	served := map[ledger.Key]bool{}
	for from := 0; from < len(all); { // a member gets all of it from a group, or nothing
		to := from + 1
		for to < len(all) && all[to].user == all[from].user && all[to].group == all[from].group {
			to++
		}
		member := all[from:to]
		if !c.never(member, most, served) {
			member = c.certain(member, spare, served)
		}
		for _, x := range member {
			if most[x.item] > 0 {
				c.prone = append(c.prone, seatOf{x.group, x.item})
			}
		}
		c.stirred = append(c.stirred, c.serve(member, spare, served)...)
		from = to
	}
	return len(c.prone)+len(c.stirred)+len(c.maybe) > 0
}

// never reports whether a member gets nothing from a group, because there is no seat of
// one of its products at any moment.
func (c *coverage) never(member []stirred, most map[string]int64, served map[ledger.Key]bool) bool {
	return slices.ContainsFunc(member, func(x stirred) bool {
		return !x.passing && !served[x.key()] && c.needsSeat(x.key(), false) && most[x.item] < 1
	})
}

// certain is what a member gets from a group without luck. What a later part of the
// group takes away, and has no seat until then, leaves all the rest in doubt; what is in
// doubt replaces nothing that the member loses.
func (c *coverage) certain(member []stirred, spare map[string]int64, served map[ledger.Key]bool) []stirred {
	blocked := slices.ContainsFunc(member, func(x stirred) bool {
		return x.passing && !served[x.key()] && c.needsSeat(x.key(), true) && spare[x.item] < 1
	})
	for i := range member {
		member[i].doubtful = member[i].doubtful || blocked
	}
	return slices.DeleteFunc(member, func(x stirred) bool {
		_, lost := c.lost[x.key()]
		if lost = lost && x.doubtful && !x.passing; lost {
			c.maybe[x.key()] = append(c.maybe[x.key()], x.group)
		}
		return lost
	})
}

// spare is how many seats of each item are left at the end, and at most at any moment.
func (c *coverage) spare(in Input, b *book, parts []*part) (spare, most map[string]int64) {
	spare, most = map[string]int64{}, map[string]int64{}
	for _, s := range in.Have.Supply {
		pool := b.poolOf(ledger.PoolID{Item: s.Item.ID})
		spare[s.Item.ID] = s.Owned + s.Grace - pool.Before
		if pool.Quantity != nil { // what is to be bought
			spare[s.Item.ID] += max(0, *pool.Quantity-pool.Owned)
		}
		most[s.Item.ID] = spare[s.Item.ID]
	}
	for _, p := range parts {
		for _, d := range p.draws {
			spare[d.Pool.Item] -= d.Units
			most[d.Pool.Item] -= min(0, d.Units)
		}
	}
	for item, groups := range c.freed {
		spare[item] += int64(len(groups))
		most[item] += int64(len(groups))
	}
	for _, l := range c.late {
		spare[l.pool.Item]++
		most[l.pool.Item]++
	}
	for item, parts := range c.again {
		most[item] += int64(len(parts))
	}
	return spare, most
}

// seatOf is a seat of an item that a group may take for a member.
type seatOf struct{ group, item string }

// serve takes from what is spare the seats that a member gets from a group, and
// returns what they are for; nothing where they are not all there. What the group will
// not give any more stands in nobody's way, and comes back; a seat is enough for all
// groups that give the same.
func (c *coverage) serve(member []stirred, spare map[string]int64, served map[ledger.Key]bool) []stirred {
	var got []stirred
	needs := map[string]int64{}
	for _, x := range member {
		key := x.key()
		switch {
		case served[key] || !c.needsSeat(key, x.passing): // takes no further one
		case spare[x.item] >= 1 && x.passing:
		case spare[x.item] >= 1:
			needs[x.item]++
		case x.passing:
			continue
		default:
			return nil
		}
		got = append(got, x)
	}
	for item, n := range needs {
		spare[item] -= n
	}
	for _, x := range got {
		served[x.key()] = served[x.key()] || !x.passing
	}
	return got
}

// needsSeat reports whether a member takes a seat. What else gives the item, and is
// removed, goes after what lasts; before what only passes it may go first. So it is
// with what else is to give it: it may come only then.
func (c *coverage) needsSeat(key ledger.Key, passing bool) bool {
	_, lost := c.lost[key]
	has := c.isDirect(key) || c.covered(key)
	if passing {
		return lost || !has
	}
	return !c.gains(key) && !has
}

// candidates lists the members of groups with a part who failed for want of
// a seat, each item once, in the order of their ids.
func (c *coverage) candidates(parts []*part) []stirred {
	groups := groupParts(parts)
	gives, passing := c.giving(groups, parts)
	hopeless, doubtful := map[membership]bool{}, map[membership]bool{} // another product of the group fails for a cause that seats do not mend
	var all []stirred
	for key, sources := range c.by {
		for _, s := range sources {
			from := ledger.Key{Kind: ledger.Group, Holder: s.group, Item: key.Item}
			without, given := gives[from]
			_, called := groups[s.group]
			member := membership{s.group, key.Holder}
			if s.state != failed || !called || !given || !c.memberOf[member] {
				continue
			}
			if s.cause != ledger.NoSeat && s.cause != ledger.Sibling {
				hopeless[member], doubtful[member] = hopeless[member] || !passing[from], true
				continue
			}
			all = append(all, stirred{key.Holder, key.Item, s.group, without, passing[from], false})
		}
	}
	all = slices.DeleteFunc(all, func(x stirred) bool { return hopeless[membership{x.group, x.user}] })
	for i := range all {
		all[i].doubtful = doubtful[membership{all[i].group, all[i].user}]
	}
	slices.SortFunc(all, func(a, b stirred) int {
		return cmp.Or(cmp.Compare(a.user, b.user), cmp.Compare(a.group, b.group), cmp.Compare(a.item, b.item))
	})
	return all
}

// giving is what groups give while their parts run, with the service plans that are
// off, and what of it a later part takes away again.
func (c *coverage) giving(groups map[string]int, parts []*part) (gives map[ledger.Key]ledger.ServicePlanIDs, passing map[ledger.Key]bool) {
	gives, passing = maps.Clone(c.given), map[ledger.Key]bool{}
	for _, pi := range groups {
		for _, p := range []int{pi, parts[pi].twin} {
			if p < 0 {
				continue
			}
			for _, s := range parts[p].steps {
				switch {
				case s.After != nil:
					gives[s.Key()] = s.After.Without
				case parts[p].twin >= 0: // it may travel later than what the group gains
					passing[s.Key()] = true
				default:
					delete(gives, s.Key())
				}
			}
		}
	}
	return gives, passing
}

// groupParts finds the first part of every group.
func groupParts(parts []*part) map[string]int {
	at := map[string]int{}
	for i, p := range parts {
		h := p.steps[0].Holder
		if _, second := at[h.ID]; h.Kind == ledger.Group && !second {
			at[h.ID] = i
		}
	}
	return at
}

// gains reports whether some part gives a user an item.
func (c *coverage) gains(key ledger.Key) bool {
	return slices.ContainsFunc(c.gained[key.Holder], func(g gain) bool { return g.item == key.Item })
}

// stirs is the part of a group that makes the service try again: what the group
// gains goes first.
func stirs(parts []*part, first int) int {
	if gains := parts[first].twin; gains >= 0 {
		return gains
	}
	return first
}

// pass books the seats that members get by the call that gives their group more,
// and lose by the one that takes from it. Where both are one call, they are none.
func (c *coverage) pass(parts []*part) {
	groups := groupParts(parts)
	for _, x := range c.stirred {
		losses := groups[x.group]
		gains := parts[losses].twin
		together := slices.Contains(c.gained[x.user], gain{x.item, gains})
		if x.passing && !together && c.needsSeat(x.key(), true) {
			parts[gains].bookUnits(ledger.PoolID{Item: x.item}, 1, false)
			parts[losses].bookUnits(ledger.PoolID{Item: x.item}, -1, false)
		}
	}
}

// afterTakers lets the part of a group that stirs members come after the other
// parts that take the same seats: what is left then is all that it can take.
func (c *coverage) afterTakers(parts []*part) {
	groups := groupParts(parts)
	for key, by := range c.maybe { // whoever gets it by luck keeps it
		if loss, lost := c.lost[key]; lost {
			for _, g := range by {
				first := groups[g]
				parts[loss].comesAfter(first)
				if twin := parts[first].twin; twin >= 0 {
					parts[loss].comesAfter(twin)
				}
			}
		}
	}
	seen := map[seatOf]bool{}
	for _, x := range c.prone {
		if seen[x] {
			continue
		}
		seen[x] = true
		first := groups[x.group]
		for i, p := range parts {
			takes := slices.ContainsFunc(p.draws, func(d ledger.Draw) bool { return d.Pool == ledger.PoolID{Item: x.item} && d.Units > 0 })
			if takes || slices.Contains(c.again[x.item], i) {
				bothAfter(parts, first, i)
			}
		}
	}
}

// bothAfter lets the parts of a holder come after another holder's part, save where that
// waits for one of them.
func bothAfter(parts []*part, first, other int) {
	both := []int{first}
	if twin := parts[first].twin; twin >= 0 {
		both = append(both, twin)
	}
	if slices.Contains(both, other) || waitsForAny(parts, other, both) {
		return
	}
	for _, at := range both {
		parts[at].comesAfter(other)
	}
}

// waitsForAny reports whether a part comes after one of some others, also by
// what lies between.
func waitsForAny(parts []*part, at int, others []int) bool {
	seen := map[int]bool{}
	for open := []int{at}; len(open) > 0; {
		next := open[0]
		open = open[1:]
		for _, before := range parts[next].after {
			if slices.Contains(others, before) {
				return true
			}
			if !seen[before] {
				seen[before] = true
				open = append(open, before)
			}
		}
	}
	return false
}
