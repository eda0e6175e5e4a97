package plan

import (
	"cmp"
	"slices"
	"strings"

	"github.com/usher-cli/usher/catalog"
	"github.com/usher-cli/usher/ledger"
)

// servicePlanSet is a set of service plans, one bit each in the order of a servicePlanTable.
type servicePlanSet []uint64

// with is the union of two sets.
func (s servicePlanSet) with(o servicePlanSet) servicePlanSet {
	sum := make(servicePlanSet, max(len(s), len(o)))
	copy(sum, s)
	for i, word := range o {
		sum[i] |= word
	}
	return sum
}

// less is the set without the other one.
func (s servicePlanSet) less(o servicePlanSet) servicePlanSet {
	rest := slices.Clone(s)
	for i := range min(len(s), len(o)) {
		rest[i] &^= o[i]
	}
	return rest
}

// meets reports whether two sets have a plan in common.
func (s servicePlanSet) meets(o servicePlanSet) bool {
	for i := range min(len(s), len(o)) {
		if s[i]&o[i] != 0 {
			return true
		}
	}
	return false
}

// and is what two sets have in common.
func (s servicePlanSet) and(o servicePlanSet) servicePlanSet { return s.less(s.less(o)) }

// empty reports whether the set has no plan.
func (s servicePlanSet) empty() bool {
	return !slices.ContainsFunc(s, func(word uint64) bool { return word != 0 })
}

// servicePlanTable numbers the service plans of a tenant. Plans that apply to the
// whole tenant are not in it, because nobody can be without them.
type servicePlanTable struct {
	bit      map[string]int // by id
	ids      []string
	of       map[string]servicePlanSet // by item
	services map[catalog.Service]servicePlanSet
}

// newServicePlanTable gives every service plan of the tenant a bit. Plans of the whole tenant have none.
func newServicePlanTable(supply []ledger.Supply) *servicePlanTable {
	t := &servicePlanTable{bit: map[string]int{}, of: map[string]servicePlanSet{}, services: map[catalog.Service]servicePlanSet{}}
	named := catalog.Services()
	for _, s := range supply {
		var plans servicePlanSet
		for _, p := range s.Plans {
			if p.ByTenant {
				continue
			}
			one := t.single(p.ID)
			plans = plans.with(one)
			if service, ok := named[strings.ToUpper(p.Name)]; ok {
				t.services[service] = t.services[service].with(one)
			}
		}
		t.of[s.Item.ID] = plans
	}
	return t
}

// single is the set of one plan, which gets a number where it has none.
func (t *servicePlanTable) single(id string) servicePlanSet {
	n, known := t.bit[id]
	if !known {
		n = len(t.ids)
		t.bit[id] = n
		t.ids = append(t.ids, id)
	}
	one := make(servicePlanSet, n/64+1)
	one[n/64] = 1 << (n % 64)
	return one
}

// on is the plans of an item that are on, where some are switched off.
func (t *servicePlanTable) on(item string, without ledger.ServicePlanIDs) servicePlanSet {
	plans := t.of[item]
	if len(without) == 0 {
		return plans
	}
	plans = slices.Clone(plans)
	for _, id := range without {
		if n, known := t.bit[id]; known && n/64 < len(plans) {
			plans[n/64] &^= 1 << (n % 64)
		}
	}
	return plans
}

// names lists the ids of a set, sorted.
func (t *servicePlanTable) names(s servicePlanSet) ledger.ServicePlanIDs {
	var all ledger.ServicePlanIDs
	for n, id := range t.ids {
		if n/64 < len(s) && s[n/64]&(1<<(n%64)) != 0 {
			all = append(all, id)
		}
	}
	slices.Sort(all)
	return all
}

// holding is one source of an item for one person: what it gives before the
// plan and after it, and the step that makes the difference.
type holding struct {
	item, group   string // group is "" for a direct seat
	state         sourceState
	before, after servicePlanSet // service plans that are on; nil where the source gives nothing
	mover         *mover         // nil where no step touches it
}

// holdings lists the sources that one person has, had or gets, where touched
// holds the changes to that person's items.
func (c *coverage) holdings(user string, touched map[string]*changes) []holding {
	var all []holding
	c.direct.eachOf(ledger.HolderID{Kind: ledger.User, ID: user}, func(g *ledger.Grant) {
		on := c.plans.on(g.Item.ID, g.Without)
		all = append(all, holding{item: g.Item.ID, before: on, after: on})
	})
	for _, item := range c.groupItems {
		for _, s := range c.by[ledger.Key{Kind: ledger.User, Holder: user, Item: item}] {
			all = append(all, c.throughGroup(item, s))
		}
	}
	for item, ch := range touched {
		for i := range ch.adds {
			all = change(all, item, &ch.adds[i], c.plans.on(item, ch.adds[i].without))
		}
		for i := range ch.alters {
			all = change(all, item, &ch.alters[i], c.plans.on(item, ch.alters[i].without))
		}
		for i := range ch.removes {
			all = change(all, item, &ch.removes[i], nil)
		}
	}
	slices.SortFunc(all, func(a, b holding) int { return cmp.Or(cmp.Compare(a.item, b.item), cmp.Compare(a.group, b.group)) })
	return all
}

// throughGroup is what a group gives somebody. What the service has not brought
// to the person yet is after, and what it is about to take is before.
func (c *coverage) throughGroup(item string, s source) holding {
	h := holding{item: item, group: s.group, state: s.state}
	if s.state == active || s.state == leaving {
		h.before = c.plans.on(item, s.without)
	}
	if s.state == active || s.state == waiting {
		h.after = c.plans.on(item, s.gives)
	}
	return h
}

// change notes what a step makes of one source.
func change(all []holding, item string, m *mover, after servicePlanSet) []holding {
	group := m.group
	at := slices.IndexFunc(all, func(h holding) bool { return h.item == item && h.group == group })
	if at < 0 {
		return append(all, holding{item: item, group: group, after: after, mover: m})
	}
	all[at].after, all[at].mover = after, m
	return all
}

// reduction is service plans that a person is left without by a step.
type reduction struct {
	key   ledger.Key
	mover *mover
	plans servicePlanSet
}

// continuity makes every person keep, at every moment, the service plans that
// the person has before the plan and after it: what takes one comes after what
// gives it. What no source gives any more is noted as lost.
//
// Ada has Teams from E3 and gets it from E5. She has it before and after, so the call that
// takes E3 comes after the one that gives E5, whoever gives it: herself or a group.
func (c *coverage) continuity(touched map[ledger.Key]*changes, parts []*part) {
	people := map[string]map[string]*changes{}
	for key, ch := range touched {
		if len(ch.removes)+len(ch.alters) > 0 {
			people[key.Holder] = map[string]*changes{}
		}
	}
	for key, ch := range touched {
		if items, concerned := people[key.Holder]; concerned {
			items[key.Item] = ch
		}
	}
	for user, items := range people {
		c.keepServices(user, c.holdings(user, items), parts)
	}
}

// keepServices ties the parts of a person so that no service plan that stays is lost in
// between.
//
// Service plans are compared, and not products: E3 and F3 both have a mailbox, and a person
// who moves between them keeps the mail.
func (c *coverage) keepServices(user string, all []holding, parts []*part) {
	var before, after, stays servicePlanSet
	for _, h := range all {
		before, after = before.with(h.before), after.with(h.after)
		if h.state == active {
			stays = stays.with(h.before.and(h.after))
		}
	}
	taken := servicePlanSet{}
	for i := len(all) - 1; i >= 0; i-- { // the first in order loses last: a direct seat
		h := &all[i]
		risk := h.before.less(h.after).less(stays)
		if h.mover == nil || risk.empty() {
			continue
		}
		c.waitForServices(h, risk, all, parts)
		taken = taken.with(risk)
	}
	if lost := taken.less(after); !lost.empty() {
		c.loseServices(user, all, lost, parts)
	}
	if lost := before.less(after); !lost.empty() {
		c.end(user, all, before, after)
	}
}

// waitForServices makes what takes service plans come after what gives them:
// the same holder's own part first, then the others in their order, then what
// the service has yet to bring about.
func (c *coverage) waitForServices(h *holding, risk servicePlanSet, all []holding, parts []*part) {
	p := parts[h.mover.part]
	own := func(o holding) bool { return o.mover.part == h.mover.part || o.mover.part == p.twin }
	for _, first := range []bool{true, false} {
		for _, o := range all {
			if o.mover == nil || own(o) != first || !risk.meets(o.after.less(o.before)) {
				continue
			}
			risk = risk.less(o.after.less(o.before))
			if o.mover.part != h.mover.part {
				p.comesAfter(o.mover.part)
			}
		}
	}
	for _, o := range all {
		if o.state == waiting && o.mover == nil && risk.meets(o.after) {
			risk = risk.less(o.after)
			p.waitForGroup(c.groupName(o.group))
		}
	}
}

// loseServices notes which step leaves a person without which service plans: of
// several the direct seat's.
func (c *coverage) loseServices(user string, all []holding, lost servicePlanSet, parts []*part) {
	for i := range all {
		h := &all[i]
		mine := h.before.less(h.after).and(lost)
		if h.mover == nil || mine.empty() {
			continue
		}
		lost = lost.less(mine)
		key := ledger.Key{Kind: ledger.User, Holder: user, Item: h.item}
		c.reduced[user] = append(c.reduced[user], reduction{key, h.mover, mine})
		s := &parts[h.mover.part].steps[h.mover.step]
		if _, gone := c.lost[key]; !gone && s.Op == ledger.Remove {
			s.Kept = false
			s.Reduced++
			s.Loses = c.plans.names(c.setOf(s.Loses).with(mine))
		}
	}
}

// setOf is the set of some plans.
func (c *coverage) setOf(ids ledger.ServicePlanIDs) servicePlanSet {
	var all servicePlanSet
	for _, id := range ids {
		all = all.with(c.plans.single(id))
	}
	return all
}

// end notes which services, such as a mailbox, a person has before the plan and
// not after it, each with the step that takes it.
func (c *coverage) end(user string, all []holding, before, after servicePlanSet) {
	for service, plans := range c.plans.services {
		if !before.meets(plans) || after.meets(plans) {
			continue
		}
		for i := range all {
			if h := &all[i]; h.mover != nil && h.before.less(h.after).meets(plans) {
				key := ledger.Key{Kind: ledger.User, Holder: user, Item: h.item}
				c.ended[h.mover.stepAt] = append(c.ended[h.mover.stepAt], ending{key, service})
				break
			}
		}
	}
}

// ending is a service that ends for a person.
type ending struct {
	key     ledger.Key
	service catalog.Service
}
