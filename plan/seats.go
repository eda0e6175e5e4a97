package plan

import (
	"cmp"
	"slices"

	"github.com/usher-cli/usher/ledger"
)

// bookSeat books one key: who takes its seat, who releases it, and who waits for
// whom.
//
//	no source before       the first source that comes takes the seat
//	some source stays      nothing is taken or released
//	a group is still due   what is removed waits for the service
//	another source comes   what is removed comes after it
//	none is left           the last removal releases the seat
func (c *coverage) bookSeat(key ledger.Key, ch *changes, parts []*part) {
	before, stays, awaited := c.sources(key, ch)
	ch.removes = slices.DeleteFunc(ch.removes, func(m mover) bool { return c.failed(key, m.group) }) // which gave nothing
	slices.SortFunc(
		ch.adds,
		func(a, b mover) int { // certain ones first, of these direct ones
			return cmp.Or(falseFirst(a.doubtful, b.doubtful), cmp.Compare(a.group, b.group))
		},
	)
	slices.SortFunc(ch.removes, func(a, b mover) int { return -cmp.Compare(a.group, b.group) })
	switch {
	case !before:
		c.giveSeat(key, ch.adds, parts)
	case stays:
		markKept(ch.removes, parts)
	case awaited != "":
		markKept(ch.removes, parts)
		for _, m := range ch.removes {
			parts[m.part].waitForGroup(c.groupName(awaited))
		}
	case len(ch.adds) > 0: // a handover
		markKept(ch.removes, parts)
		for _, m := range ch.removes {
			parts[m.part].comesAfter(ch.adds[0].part)
		}
	default:
		c.freeSeat(key, ch.removes, parts, c.blind || c.isLeaving(key))
	}
}

// failed reports whether a group could not give somebody the item.
func (c *coverage) failed(key ledger.Key, group string) bool {
	return slices.ContainsFunc(c.by[key], func(s source) bool { return s.state == failed && s.group == group })
}

// leaves reports whether a group is about to take an item from somebody.
func (c *coverage) leaves(key ledger.Key, group string) bool {
	return slices.ContainsFunc(c.by[key], func(s source) bool { return s.state == leaving && s.group == group })
}

// isLeaving reports whether the service has yet to take a seat away.
func (c *coverage) isLeaving(key ledger.Key) bool {
	return slices.ContainsFunc(c.by[key], func(s source) bool { return s.state == leaving })
}

// sources says whether a key has a source before, whether one of them stays,
// and, if not that, which of those that stay the service has yet to process.
func (c *coverage) sources(key ledger.Key, ch *changes) (before, stays bool, awaited string) {
	removed := func(group string) bool {
		return slices.ContainsFunc(ch.removes, func(m mover) bool { return m.group == group })
	}
	if removed("") {
		before = true
	} else if added := slices.ContainsFunc(ch.adds, func(m mover) bool { return m.group == "" }); !added && c.isDirect(key) {
		before, stays = true, true
	}
	for _, s := range c.by[key] {
		if s.state == failed {
			continue
		}
		before = true
		switch {
		case s.state == leaving || removed(s.group):
		case s.state == waiting && (awaited == "" || s.group < awaited):
			awaited = s.group
		case s.state == waiting:
		default:
			stays = true
		}
	}
	return before, stays, awaited
}

// giveSeat gives the seat of a person to the first part that adds a source; the
// others come after it, so that none takes a seat unseen if it fails.
func (c *coverage) giveSeat(key ledger.Key, adds []mover, parts []*part) {
	if len(adds) == 0 {
		return
	}
	first := adds[0]
	parts[first.part].bookUnits(ledger.PoolID{Item: key.Item}, 1, false)
	if first.group != "" && first.step >= 0 && first.group != retried {
		parts[first.part].steps[first.step].People++
	}
	c.gained[key.Holder] = append(c.gained[key.Holder], gain{key.Item, first.part})
	for _, m := range adds[1:] {
		parts[m.part].comesAfter(first.part)
	}
}

// freeSeat gives the seat of a person back with the last part that removes a
// source: the direct one where there is one. Where another source may be there
// and unseen, or one is only about to go, the person loses it and the pool gets
// nothing yet.
func (c *coverage) freeSeat(key ledger.Key, removes []mover, parts []*part, uncertain bool) {
	if len(removes) == 0 {
		return
	}
	last := removes[len(removes)-1]
	if direct := last.group == "" && !c.isLeaving(key); (direct || !uncertain) && c.maybe[key] == nil {
		parts[last.part].bookUnits(ledger.PoolID{Item: key.Item}, -1, false)
	}
	if last.group != "" {
		parts[last.part].steps[last.step].People++
	}
	c.lost[key] = last.part
	for _, m := range removes[:len(removes)-1] {
		parts[last.part].comesAfter(m.part)
		parts[m.part].steps[m.step].Kept = m.group == ""
	}
}

// markKept marks removals that their holder does not feel.
func markKept(removes []mover, parts []*part) {
	for _, m := range removes {
		if m.group == "" {
			parts[m.part].steps[m.step].Kept = true
		}
	}
}

// falseFirst orders false before true.
func falseFirst(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}
