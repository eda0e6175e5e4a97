package plan

import (
	"cmp"
	"maps"
	"slices"

	"github.com/usher-cli/usher/ledger"
)

// coverage knows by which sources people have seats: directly, and by any
// number of groups. A seat counts once for a person, so what a call takes or
// releases depends on what the other sources of the same person do. What a person
// has is the union of the service plans of all sources.
//
//	Ada   E5 directly, E5 by the group makers    one seat; removing either takes nothing
//	Ben   E5 by makers and by office             one seat; it is free when both are gone
//	Cleo  E5 by makers, which had no seat left   no seat; the next plan asks once more
type coverage struct {
	by         map[ledger.Key][]source // of a user and an item: the groups that give it
	rows       map[ledger.Key][]string // of a group and an item: the users who have it from there
	members    map[string][]string     // of a group that was read
	memberOf   map[membership]bool
	given      map[ledger.Key]ledger.ServicePlanIDs // what groups give, with the service plans that they switch off
	names      map[string]string                    // of groups, by id
	groupItems []string                             // items that people have by groups, sorted
	blind      bool                                 // people were not all read: a direct seat may be there and unseen
	direct     set                                  // what is there
	plans      *servicePlanTable
	stirred    []stirred               // members whom a call makes the service try again
	maybe      map[ledger.Key][]string // what such a call may give, or not, to somebody who loses another source of it: the groups
	prone      []seatOf                // what members of groups with a call were left without

	lost    map[ledger.Key]int     // what a user is left without, and the part that takes it
	gained  map[string][]gain      // by user
	reduced map[string][]reduction // by user: service plans that a step takes for good
	ended   map[stepAt][]ending    // services that a step ends
	freed   map[string][]string    // by item: the groups whose seats come back when the service has finished, one a seat
	late    []lateSeat             // seats that come back when both the service has finished and a call is done
	again   map[string][]int       // by item: seats that may come back for a while, each with the part that gives it again, or aside
}

// source is a group that gives somebody an item.
type source struct {
	group          string
	state          sourceState
	cause          string                // of a source that failed
	without, gives ledger.ServicePlanIDs // service plans that are off for the person, and that the group switches off
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

// membership is a user in a group.
type membership struct{ group, user string }

// newCoverage gathers the sources of every seat, as the tenant shows them.
func newCoverage(in Input, grants set) *coverage {
	have := in.Have
	c := &coverage{by: make(map[ledger.Key][]source, len(have.Inherited)), rows: map[ledger.Key][]string{}, members: map[string][]string{},
		memberOf: map[membership]bool{}, given: map[ledger.Key]ledger.ServicePlanIDs{}, names: map[string]string{},
		direct: grants, plans: newServicePlanTable(have.Supply)}
	for _, m := range have.Members {
		c.members[m.Group] = m.Users
		for _, user := range m.Users {
			c.memberOf[membership{m.Group, user}] = true
		}
	}
	items := map[string]bool{}
	for i := range have.Grants {
		if g := &have.Grants[i]; g.Holder.Kind == ledger.Group {
			items[g.Item.ID] = true
			c.given[g.Key()] = g.Without
		}
	}
	for _, i := range have.Inherited {
		items[i.Item] = true
		key := ledger.Key{Kind: ledger.User, Holder: i.User.ID, Item: i.Item}
		c.by[key] = append(c.by[key], c.sourceOf(i))
		from := ledger.Key{Kind: ledger.Group, Holder: i.Group, Item: i.Item}
		c.rows[from] = append(c.rows[from], i.User.ID)
	}
	c.blind = have.Unlisted || slices.ContainsFunc(have.Unread, func(u ledger.Unread) bool { return u.Holder.Kind == ledger.User })
	for i := range have.Grants {
		if g := &have.Grants[i]; g.Holder.Kind == ledger.Group {
			c.awaitMembers(g)
		}
	}
	c.groupItems = slices.Sorted(maps.Keys(items))
	for _, grants := range [][]ledger.Grant{in.Known, in.Want, have.Grants} {
		for i := range grants {
			if h := &grants[i].Holder; h.Kind == ledger.Group {
				c.names[h.ID] = h.Name
			}
		}
	}
	return c
}

// sourceOf is what a row says of a person. A group that was read, and does not
// give the item or has not the member any more, is about to take it: the row takes a
// seat until it is gone, and keeps nobody covered.
func (c *coverage) sourceOf(i ledger.Inherited) source {
	s := source{group: i.Group, cause: i.Error, without: i.Without, gives: i.Without}
	_, read := c.members[i.Group]
	gives, given := c.given[ledger.Key{Kind: ledger.Group, Holder: i.Group, Item: i.Item}]
	switch {
	case i.Error != "":
		s.state = failed
	case read && (!given || !c.memberOf[membership{i.Group, i.User.ID}]):
		s.state = leaving
	}
	if given {
		s.gives = gives
	}
	return s
}

// awaitMembers notes the members of a group whom the service has not got to yet.
//
// They count as covered: the service will take the seat without asking, so nobody else may
// be promised it.
func (c *coverage) awaitMembers(g *ledger.Grant) {
	for _, user := range c.members[g.Holder.ID] {
		key := ledger.Key{Kind: ledger.User, Holder: user, Item: g.Item.ID}
		if !slices.ContainsFunc(c.by[key], func(s source) bool { return s.group == g.Holder.ID }) {
			c.by[key] = append(c.by[key], source{group: g.Holder.ID, state: waiting, gives: g.Without})
		}
	}
}

// covered reports whether some group gives a user the item, or is about to.
func (c *coverage) covered(k ledger.Key) bool {
	return slices.ContainsFunc(c.by[k], func(s source) bool { return s.state != failed })
}

// lateSeat is a seat that a removal of a holder frees once the service has finished
// with a group.
type lateSeat struct {
	pool   ledger.PoolID
	holder ledger.HolderID
}

// after reports whether a call is the one that the seat waits for.
func (l lateSeat) after(c ledger.Call) bool {
	return c.Holder.Identity() == l.holder &&
		slices.ContainsFunc(c.Steps, func(s ledger.Step) bool { return s.Op == ledger.Remove && s.Item.ID == l.pool.Item })
}

// free notes the seats that come back when the service has finished: of people
// whom only a group on its way out still gives the item. Where a part gives them
// the item again, or something else may, the seat comes back for a while at most.
func (c *coverage) free(touched map[ledger.Key]*changes, parts []*part) {
	c.freed, c.late, c.again = map[string][]string{}, nil, map[string][]int{}
	for key, sources := range c.by {
		group := firstLeaving(sources)
		if group == "" {
			continue
		}
		ch := touched[key]
		if ch == nil {
			ch = &changes{}
		}
		switch _, stays, awaited := c.sources(key, ch); {
		case stays || awaited != "":
		case len(ch.adds) > 0:
			c.again[key.Item] = append(c.again[key.Item], ch.adds[0].part)
		case c.blind || c.maybe[key] != nil:
			c.again[key.Item] = append(c.again[key.Item], aside)
		case len(ch.removes) > 0:
			holder := parts[c.lost[key]].steps[0].Holder.Identity()
			c.late = append(c.late, lateSeat{ledger.PoolID{Item: key.Item}, holder})
		default:
			c.freed[key.Item] = append(c.freed[key.Item], group)
		}
	}
}

// firstLeaving is the group that has yet to be taken from somebody, of several the one
// with the least id; "" for none.
func firstLeaving(sources []source) string {
	first := ""
	for _, s := range sources {
		if s.state == leaving && (first == "" || s.group < first) {
			first = s.group
		}
	}
	return first
}

// groupName is what people call a group.
func (c *coverage) groupName(id string) string { return cmp.Or(c.names[id], id) }

// isDirect reports whether a user has the item directly.
func (c *coverage) isDirect(k ledger.Key) bool { return c.direct.has(k) }

// stepAt is the place of a step: its part, and its position there.
type stepAt struct{ part, step int }

// mover is a step that adds, alters or removes one source of a key; group is ""
// where the source is direct.
type mover struct {
	stepAt
	group    string
	without  ledger.ServicePlanIDs // what it leaves switched off
	doubtful bool                  // it may come to nothing, and hands nothing over
}

// retried stands for whichever group gives an item when it is tried again.
const retried = "~"

// changes is what a plan does to one key.
type changes struct{ adds, alters, removes []mover }

// link works out what every part takes from and releases to the pools of
// seats, and which part has to come after which, so that nobody is without
// what they keep and no seat is given twice.
func (c *coverage) link(parts []*part) {
	c.lost, c.gained, c.reduced, c.ended = map[ledger.Key]int{}, map[string][]gain{}, map[string][]reduction{}, map[stepAt][]ending{}
	touched := c.touched(parts)
	for key, ch := range touched {
		c.bookSeat(key, ch, parts)
	}
	for _, gains := range c.gained {
		slices.SortFunc(gains, func(a, b gain) int { return cmp.Or(cmp.Compare(a.item, b.item), a.part-b.part) })
	}
	c.continuity(touched, parts)
	c.pass(parts)
	c.free(touched, parts)
	c.afterTakers(parts)
	c.ride(parts)
	for _, p := range parts {
		p.sumUp()
	}
}

// touched gathers what the parts do to each key: a direct grant, or one for
// every member of a group.
//
// A step of a group of 500 members touches 500 keys. What a person loses or gains by it
// depends on what the other steps of the plan do for that person.
func (c *coverage) touched(parts []*part) map[ledger.Key]*changes {
	touched := map[ledger.Key]*changes{}
	at := func(user, item string) *changes {
		key := ledger.Key{Kind: ledger.User, Holder: user, Item: item}
		if touched[key] == nil {
			touched[key] = &changes{}
		}
		return touched[key]
	}
	move := func(user string, s ledger.Step, m mover) {
		ch := at(user, s.Item.ID)
		switch {
		case s.Op == ledger.Remove:
			ch.removes = append(ch.removes, m)
		case s.Op != ledger.Change:
			ch.adds = append(ch.adds, m)
			if c.leaves(ledger.Key{Kind: ledger.User, Holder: user, Item: s.Item.ID}, m.group) { // with other service plans, perhaps
				ch.alters = append(ch.alters, m)
			}
		case !c.failed(ledger.Key{Kind: ledger.User, Holder: user, Item: s.Item.ID}, m.group):
			ch.alters = append(ch.alters, m)
		}
	}
	removed := removedFrom(parts)
	for pi, p := range parts {
		for si, s := range p.steps {
			m := mover{stepAt: stepAt{pi, si}}
			if s.After != nil {
				m.without = s.After.Without
			}
			switch {
			case s.Op == ledger.Retry:
				m.group, m.without = retried, c.retryGives(s.Key(), removed)
				move(s.Holder.ID, s, m)
			case s.Holder.Kind == ledger.User:
				move(s.Holder.ID, s, m)
			case s.Holder.Kind == ledger.Group:
				m.group = s.Holder.ID
				c.eachMember(s, func(user string) { move(user, s, m) })
			}
		}
	}
	groups := groupParts(parts)
	for _, x := range c.stirred {
		if !x.passing {
			ch := at(x.user, x.item)
			by := stepAt{stirs(parts, groups[x.group]), aside}
			ch.adds = append(ch.adds, mover{stepAt: by, group: x.group, without: x.without, doubtful: x.doubtful})
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
