package plan

import (
	"cmp"
	"slices"

	"github.com/usher-cli/usher/ledger"
)

// coverage knows by which sources people have seats: directly, and by any
// number of groups. A seat counts once for a person, so what a call takes or
// releases depends on what the other sources of the same person do.
type coverage struct {
	by      map[ledger.Key][]source // of a user and an item: the groups that give it
	rows    map[ledger.Key][]string // of a group and an item: the users who have it from there
	members map[string][]string     // of a group
	blind   bool                    // people were not all read: a direct seat may be there and unseen
	direct  set                     // what is there
	plans   map[string][]string     // service plans of an item
	lost    map[ledger.Key]int      // what a user is left without, and the part that takes it
	gained  map[string][]gain       // by user
}

// source is a group that gives somebody an item.
type source struct {
	group string
	state sourceState
}

type sourceState uint8

const (
	active  sourceState = iota // the person has it
	waiting                    // the service has not got to the person yet
	failed                     // the service could not give it
	leaving                    // the group does not give it any more, and the service has not taken it yet
)

// gain is an item that a user did not have, and the part that gives it.
type gain struct {
	item string
	part int
}

func newCoverage(have ledger.Have, grants set) *coverage {
	c := &coverage{by: make(map[ledger.Key][]source, len(have.Inherited)), rows: map[ledger.Key][]string{}, members: map[string][]string{},
		direct: grants, plans: map[string][]string{}}
	for _, i := range have.Inherited {
		key := ledger.Key{Kind: ledger.User, Holder: i.User.ID, Item: i.Item}
		state := active
		if i.Error != "" {
			state = failed
		}
		c.by[key] = append(c.by[key], source{i.Group, state})
		from := ledger.Key{Kind: ledger.Group, Holder: i.Group, Item: i.Item}
		c.rows[from] = append(c.rows[from], i.User.ID)
	}
	c.blind = have.Unlisted || slices.ContainsFunc(have.Unread, func(u ledger.Unread) bool { return u.Holder.Kind == ledger.User })
	for _, m := range have.Members {
		c.members[m.Group] = m.Users
	}
	c.leave(grants)
	for i := range have.Grants {
		if g := &have.Grants[i]; g.Holder.Kind == ledger.Group {
			c.await(g)
		}
	}
	for _, s := range have.Supply {
		for _, p := range s.Plans {
			if !p.ByTenant {
				c.plans[s.Item.ID] = append(c.plans[s.Item.ID], p.ID)
			}
		}
	}
	return c
}

// leave marks what people still have from a group that was read and does not
// give it any more: it takes a seat until it is gone, and keeps nobody covered.
func (c *coverage) leave(grants set) {
	for key, sources := range c.by {
		for i, s := range sources {
			_, read := c.members[s.group]
			if s.state == active && read && !grants.has(ledger.Key{Kind: ledger.Group, Holder: s.group, Item: key.Item}) {
				sources[i].state = leaving
			}
		}
	}
}

// await notes the members of a group whom the service has not got to yet.
func (c *coverage) await(g *ledger.Grant) {
	for _, user := range c.members[g.Holder.ID] {
		key := ledger.Key{Kind: ledger.User, Holder: user, Item: g.Item.ID}
		if !slices.ContainsFunc(c.by[key], func(s source) bool { return s.group == g.Holder.ID }) {
			c.by[key] = append(c.by[key], source{g.Holder.ID, waiting})
		}
	}
}

// covered reports whether some group gives a user the item, or is about to.
func (c *coverage) covered(k ledger.Key) bool {
	return slices.ContainsFunc(c.by[k], func(s source) bool { return s.state != failed })
}

// isDirect reports whether a user has the item directly.
func (c *coverage) isDirect(k ledger.Key) bool { return c.direct.has(k) }

// mover is a part that adds or removes one source of a key; group is "" where
// the source is direct.
type mover struct {
	part, step int
	group      string
}

// retried stands for whichever group gives an item when it is tried again.
const retried = "~"

// changes is what a plan does to one key.
type changes struct{ adds, removes []mover }

// link works out what every part takes from and releases to the pools of
// seats, and which part has to come after which, so that nobody is without
// what they keep and no seat is given twice.
func (c *coverage) link(parts []*part) {
	c.lost, c.gained = map[ledger.Key]int{}, map[string][]gain{}
	touched := c.touched(parts)
	for key, ch := range touched {
		c.settle(key, ch, parts)
	}
	for _, gains := range c.gained {
		slices.SortFunc(gains, func(a, b gain) int { return cmp.Or(cmp.Compare(a.item, b.item), a.part-b.part) })
	}
	c.keepServices(parts)
	c.ride(parts)
	for _, p := range parts {
		p.finish()
	}
}

// touched gathers what the parts do to each key: a direct grant, or one for
// every member of a group.
func (c *coverage) touched(parts []*part) map[ledger.Key]*changes {
	touched := map[ledger.Key]*changes{}
	move := func(user string, s ledger.Step, m mover) {
		key := ledger.Key{Kind: ledger.User, Holder: user, Item: s.Item.ID}
		ch := touched[key]
		if ch == nil {
			ch = &changes{}
			touched[key] = ch
		}
		if s.Op == ledger.Remove {
			ch.removes = append(ch.removes, m)
		} else {
			ch.adds = append(ch.adds, m)
		}
	}
	for pi, p := range parts {
		for si, s := range p.steps {
			switch {
			case s.Op == ledger.Reprocess:
				move(s.Holder.ID, s, mover{pi, si, retried})
			case s.Op == ledger.Change:
			case s.Holder.Kind == ledger.User:
				move(s.Holder.ID, s, mover{pi, si, ""})
			case s.Holder.Kind == ledger.Group:
				c.eachMember(s, func(user string) { move(user, s, mover{pi, si, s.Holder.ID}) })
			}
		}
	}
	return touched
}

// eachMember calls f for everybody whom a step of a group concerns: its
// members, and who still has the item from it after leaving.
func (c *coverage) eachMember(s ledger.Step, f func(user string)) {
	members := c.members[s.Holder.ID]
	if s.Op == ledger.Remove {
		members = slices.Concat(members, c.rows[s.Key()])
		slices.Sort(members)
		members = slices.Compact(members)
	}
	for _, user := range members {
		f(user)
	}
}

// settle books one key: who takes its seat, who releases it, and who waits for
// whom.
func (c *coverage) settle(key ledger.Key, ch *changes, parts []*part) {
	before, stays, awaited := c.sources(key, ch)
	ch.removes = slices.DeleteFunc(ch.removes, func(m mover) bool { return c.failed(key, m.group) }) // which gave nothing
	slices.SortFunc(ch.adds, func(a, b mover) int { return cmp.Compare(a.group, b.group) })          // direct first
	slices.SortFunc(ch.removes, func(a, b mover) int { return -cmp.Compare(a.group, b.group) })
	switch {
	case !before:
		c.take(key, ch.adds, parts)
	case stays:
		keep(ch.removes, parts)
	case awaited != "":
		keep(ch.removes, parts)
		for _, m := range ch.removes {
			parts[m.part].await(awaited)
		}
	case len(ch.adds) > 0: // a handover
		keep(ch.removes, parts)
		for _, m := range ch.removes {
			parts[m.part].comesAfter(ch.adds[0].part)
		}
	default:
		c.release(key, ch.removes, parts, c.blind || c.isLeaving(key))
	}
}

// failed reports whether a group could not give somebody the item.
func (c *coverage) failed(key ledger.Key, group string) bool {
	return slices.ContainsFunc(c.by[key], func(s source) bool { return s.state == failed && s.group == group })
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

// take gives the seat of a person to the first part that adds a source; the
// others come after it, so that none takes a seat unseen if it fails.
func (c *coverage) take(key ledger.Key, adds []mover, parts []*part) {
	if len(adds) == 0 {
		return
	}
	first := adds[0]
	parts[first.part].take(ledger.PoolID{Item: key.Item}, 1, false)
	if first.group != "" && first.group != retried {
		parts[first.part].steps[first.step].People++
	}
	c.gained[key.Holder] = append(c.gained[key.Holder], gain{key.Item, first.part})
	for _, m := range adds[1:] {
		parts[m.part].comesAfter(first.part)
	}
}

// release gives the seat of a person back with the last part that removes a
// source: the direct one where there is one. Where another source may be there
// and unseen, or one is only about to go, the person loses it and the pool gets
// nothing yet.
func (c *coverage) release(key ledger.Key, removes []mover, parts []*part, uncertain bool) {
	if len(removes) == 0 {
		return
	}
	last := removes[len(removes)-1]
	if direct := last.group == "" && !c.isLeaving(key); direct || !uncertain {
		parts[last.part].take(ledger.PoolID{Item: key.Item}, -1, false)
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

// keep marks removals that their holder does not feel.
func keep(removes []mover, parts []*part) {
	for _, m := range removes {
		if m.group == "" {
			parts[m.part].steps[m.step].Kept = true
		}
	}
}
