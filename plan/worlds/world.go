// Package worlds draws random worlds for the laws of the planner and judges
// what a plan does to them. The judge is a tenant of its own: it shares no
// code with the planner, and knows only what a step says on its face.
//
// It serves tests and is linked into no program.
package worlds

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
)

// Draw makes a world: a few products, types, people and environments, with
// pools that are often tight and sometimes over-full, and everything that the
// planner has to tell apart.
func Draw(t *rapid.T) plan.Input {
	d := drawer{t: t, in: plan.Input{At: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), Guard: NoGuard(),
		Have: ledger.Have{Tenant: "tenant", Given: map[ledger.Key]time.Time{}}}}
	d.items()
	if d.rings = len(d.seats) > 1 && d.chance("rings", 25); d.rings {
		d.circles()
	} else {
		d.people()
		d.groups()
	}
	d.environments()
	d.supply()
	d.unread()
	d.in.AllowGaps = int64(rapid.SampledFrom([]int{0, 0, 1, 2, 9}).Draw(t, "gaps allowed"))
	return d.in
}

// NoGuard is a guard that allows everything.
func NoGuard() ledger.Guard {
	most := int64(1 << 31)
	return ledger.Guard{MaxLosses: &most, MaxUnknown: &most}
}

type drawer struct {
	t     *rapid.T
	in    plan.Input
	seats []ledger.Item
	types []ledger.Item
	users []ledger.Holder
	rings bool // everybody moves in a circle, and no seat is free
}

func (d *drawer) chance(name string, percent int) bool {
	return rapid.IntRange(0, 99).Draw(d.t, name) < percent
}

func (d *drawer) items() {
	for i := range rapid.IntRange(1, 4).Draw(d.t, "products") {
		d.seats = append(d.seats, ledger.Item{Kind: ledger.Seat, ID: fmt.Sprintf("sku-%d", i), Name: fmt.Sprintf("SKU%d", i)})
	}
	all := []ledger.Item{
		{ID: "PowerAutomatePerProcess", Name: "process"},
		{ID: "PAUnattendedRPA", Name: "unattended_rpa"},
		{ID: "PAHostedRPA", Name: "hosted_process"},
		{ID: "PerFlowPlan", Name: "per_flow"},
		{ID: "AI", Name: "ai_builder"},
	}
	for _, item := range all[:rapid.IntRange(0, len(all)).Draw(d.t, "types")] {
		item.Kind = ledger.Capacity
		d.types = append(d.types, item)
	}
}

// plans draws a set of disabled service plans: unset, none or some.
func (d *drawer) plans() ledger.ServicePlanIDs {
	return []ledger.ServicePlanIDs{nil, {}, {"p1"}, {"p1", "p2"}}[rapid.SampledFrom([]int{0, 0, 0, 1, 2, 3}).Draw(d.t, "plans")]
}

// off draws a set of service plans that are off.
func (d *drawer) off() ledger.ServicePlanIDs {
	if plans := d.plans(); plans != nil {
		return plans
	}
	return ledger.ServicePlanIDs{}
}

// leaver is declared and recorded, and no longer there.
func (d *drawer) leaver(h ledger.Holder) {
	g := ledger.Grant{Holder: h, Item: d.seats[0], Value: ledger.Value{Units: 1}}
	d.in.Want = append(d.in.Want, g)
	if d.chance("leaver-known", 50) {
		d.in.Known = append(d.in.Known, g)
	}
}

// swapper gives up one product and takes another.
func (d *drawer) swapper(h ledger.Holder) {
	from := rapid.IntRange(0, len(d.seats)-1).Draw(d.t, "from")
	to := (from + rapid.IntRange(1, len(d.seats)-1).Draw(d.t, "to")) % len(d.seats)
	d.swap(h, d.seats[from], d.seats[to])
}

func (d *drawer) swap(h ledger.Holder, from, to ledger.Item) {
	has := ledger.Grant{Holder: h, Item: from, Value: ledger.Value{Units: 1, Without: ledger.ServicePlanIDs{}}}
	gets := ledger.Grant{Holder: h, Item: to, Value: ledger.Value{Units: 1}, Origins: origin(len(d.in.Want))}
	d.in.Have.Grants = append(d.in.Have.Grants, has)
	d.in.Known = append(d.in.Known, has)
	d.in.Want = append(d.in.Want, gets)
}

func (d *drawer) seat(h ledger.Holder, item ledger.Item, asleep bool) {
	g := ledger.Grant{Holder: h, Item: item, Value: ledger.Value{Units: 1}}
	if d.chance("want", 45) {
		w := g
		w.Without = d.plans()
		w.Origins = origin(len(d.in.Want))
		d.in.Want = append(d.in.Want, w)
		if asleep {
			d.in.HeldBack = append(d.in.HeldBack, w.Key())
		}
	}
	if d.chance("have", 45) {
		has := g
		if has.Without = d.plans(); has.Without == nil {
			has.Without = ledger.ServicePlanIDs{}
		}
		d.in.Have.Grants = append(d.in.Have.Grants, has)
		if d.chance("since when", 60) {
			ago := rapid.IntRange(0, 40).Draw(d.t, "days ago")
			d.in.Have.Given[has.Key()] = d.in.At.AddDate(0, 0, -ago)
		}
	}
	if asleep && d.chance("and told so", 70) {
		d.in.Have.Disabled = append(d.in.Have.Disabled, h.Identity())
	} else if d.chance("guest", 6) {
		d.in.Have.Guests = append(d.in.Have.Guests, h.Identity())
	}
	if d.chance("known", 45) {
		k := g
		k.Without = d.plans()
		d.in.Known = append(d.in.Known, k)
	} else if d.chance("claimed", 15) {
		d.in.Claims = append(d.in.Claims, g)
	}
	if d.chance("inherited", 7) {
		d.in.Have.Inherited = append(d.in.Have.Inherited, ledger.Inherited{User: h, Item: item.ID, Group: "foreign", Without: d.off()})
	}
}

// groups draws groups with some of the people, and what they give them: some
// members were left without, and some have not been got to yet.
func (d *drawer) groups() {
	for i := range rapid.IntRange(0, 3).Draw(d.t, "groups") {
		h := ledger.Holder{Kind: ledger.Group, ID: fmt.Sprintf("group-%d", i), Name: fmt.Sprintf("g%d", i)}
		m := ledger.Members{Group: h.ID}
		for _, u := range d.users {
			if d.chance("member", 45) && !slices.Contains(d.in.Gone, u.Identity()) {
				m.Users = append(m.Users, u.ID)
			}
		}
		d.in.Have.Members = append(d.in.Have.Members, m)
		for _, item := range d.seats {
			if d.groupSeat(h, item) {
				d.processed(m, item)
			} else if d.chance("on its way out", 6) {
				d.leaving(m, item)
			}
		}
	}
}

// groupSeat draws what is wanted, there and known of one product for a group,
// and returns whether the group has it.
func (d *drawer) groupSeat(h ledger.Holder, item ledger.Item) bool {
	g := ledger.Grant{Holder: h, Item: item, Value: ledger.Value{Units: 1}}
	if d.chance("group-want", 40) {
		w := g
		w.Without, w.Origins = d.plans(), origin(len(d.in.Want))
		d.in.Want = append(d.in.Want, w)
	}
	if d.chance("group-known", 45) {
		d.in.Known = append(d.in.Known, g)
	}
	if !d.chance("group-have", 40) {
		return false
	}
	if g.Without = d.plans(); g.Without == nil {
		g.Without = ledger.ServicePlanIDs{}
	}
	d.in.Have.Grants = append(d.in.Have.Grants, g)
	return true
}

// leaving draws members who still have what the group does not give any more.
func (d *drawer) leaving(m ledger.Members, item ledger.Item) {
	for _, user := range m.Users {
		if d.chance("still there", 50) {
			d.in.Have.Inherited = append(d.in.Have.Inherited, ledger.Inherited{User: person(user), Item: item.ID, Group: m.Group, Without: d.off()})
		}
	}
}

func (d *drawer) processed(m ledger.Members, item ledger.Item) {
	gives := d.in.Have.Grants[len(d.in.Have.Grants)-1].Without
	for _, user := range m.Users {
		row := ledger.Inherited{User: person(user), Item: item.ID, Group: m.Group, Without: gives}
		if d.chance("unfit", 15) {
			row.Error = rapid.SampledFrom([]string{ledger.NoSeat, ledger.NoSeat, ledger.Sibling, "DependencyViolation"}).Draw(d.t, "cause")
		}
		if !d.chance("late", 4) {
			d.in.Have.Inherited = append(d.in.Have.Inherited, row)
		}
	}
}

func origin(n int) []ledger.Origin {
	return []ledger.Origin{{File: "main.hcl", Line: n + 1, Block: fmt.Sprintf("assignment.a%d", n%3)}}
}

// supply gives every item an owned number near what the end of the plan is
// likely to use, so that pools are tight as a rule.
func (d *drawer) supply() {
	wanted := map[string]int64{}
	for _, g := range d.in.Want {
		if !g.Holder.Kind.Inside() {
			wanted[g.Item.ID] += g.Units
		}
	}
	for _, item := range slices.Concat(d.seats, d.types) {
		s := ledger.Supply{Item: item, Assignable: item.Kind == ledger.Seat}
		for _, plan := range []string{"p1", "p2", "only-" + item.ID} {
			if s.Assignable {
				s.Plans = append(s.Plans, ledger.ServicePlan{ID: plan, Name: plan})
			}
		}
		if s.Assignable && d.chance("runs flows", 80) {
			s.Plans[len(s.Plans)-1].Name = "FLOW_PER_USER"
		}
		d.in.Have.Supply = append(d.in.Have.Supply, s)
	}
	j := NewJudge(d.in)
	for i, item := range slices.Concat(d.seats, d.types) {
		used := j.counted(item.ID)
		near := rapid.SampledFrom([]int64{used, max(used, wanted[item.ID]), used + wanted[item.ID]}).Draw(d.t, "near")
		s := &d.in.Have.Supply[i]
		if s.Used = used; d.chance("unseen", 8) {
			s.Used += int64(rapid.IntRange(1, 2).Draw(d.t, "unseen-n"))
			used = s.Used
		}
		if d.rings && item.Kind == ledger.Seat && d.chance("full", 85) {
			s.Owned = used
			continue
		}
		s.Owned = max(0, near+int64(rapid.SampledFrom([]int{-1, 0, 0, 1, 1, 2, 3}).Draw(d.t, "slack")))
		if d.chance("grace", 15) {
			s.Grace = int64(rapid.IntRange(0, 2).Draw(d.t, "in-grace"))
		}
		if d.chance("policy", 85) {
			d.policy(item, *s)
		}
	}
}

func (d *drawer) policy(item ledger.Item, s ledger.Supply) {
	p := ledger.ItemRules{
		Label:    item.Name,
		Item:     item,
		Origin:   ledger.Origin{File: "main.hcl", Line: 1, Block: "license." + item.Name},
		UseGrace: d.chance("use-grace", 20),
	}
	p.Refresh = rapid.SampledFrom([]ledger.RefreshMode{ledger.RefreshList, ledger.RefreshForce, ledger.RefreshForce}).Draw(d.t, "refresh")
	p.Unmanaged = rapid.SampledFrom([]ledger.UnmanagedMode{ledger.Ignore, ledger.Warn, ledger.Take}).Draw(d.t, "unmanaged")
	p.Taking = ledger.Taking{Guests: d.chance("guests too", 30), Asleep: d.chance("disabled too", 30)}
	if d.chance("only old ones", 40) {
		p.Taking.OlderThan = rapid.IntRange(1, 30).Draw(d.t, "days")
	}
	if d.chance("quantity", 15) {
		n := max(0, s.Owned+int64(rapid.IntRange(-1, 3).Draw(d.t, "declared")))
		p.Quantity = &n
	}
	if d.chance("reserve", 15) {
		p.Reserve = int64(rapid.IntRange(0, 2).Draw(d.t, "reserved"))
	}
	d.in.Items = append(d.in.Items, p)
}

// unread hides environments and groups.
func (d *drawer) unread() {
	for _, h := range slices.SortedFunc(maps.Keys(d.holders()), compareIDs) {
		if (h.Kind == ledger.Environment || h.Kind == ledger.Group) && d.chance("unread", 4) {
			u := ledger.Unread{Holder: ledger.Holder{Kind: h.Kind, ID: h.ID, Name: h.ID}, Reason: "forbidden"}
			d.in.Have.Unread = append(d.in.Have.Unread, u)
			d.in.Have.Grants = slices.DeleteFunc(d.in.Have.Grants, func(g ledger.Grant) bool { return u.Covers(g.Holder.Identity()) })
			d.in.Have.Flows = slices.DeleteFunc(d.in.Have.Flows, func(f ledger.FlowFact) bool { return u.Covers(f.Flow.Identity()) })
			d.in.Have.Members = slices.DeleteFunc(d.in.Have.Members, func(m ledger.Members) bool { return m.Group == h.ID })
		}
	}
}

func (d *drawer) holders() map[ledger.HolderID]bool {
	all := map[ledger.HolderID]bool{}
	for _, g := range slices.Concat(d.in.Want, d.in.Known, d.in.Have.Grants) {
		all[g.Holder.Identity()] = true
	}
	return all
}

func compareIDs(a, b ledger.HolderID) int {
	if a.ID < b.ID {
		return -1
	}
	if a.ID > b.ID {
		return 1
	}
	return 0
}
