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
	d := drawer{t: t, in: plan.Input{At: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), Have: ledger.Have{Tenant: "tenant"},
		Guard: ledger.Guard{MaxLosses: 1000, MaxLossPercent: 100}}}
	d.items()
	d.people()
	d.environments()
	d.supply()
	d.unread()
	return d.in
}

type drawer struct {
	t         *rapid.T
	in        plan.Input
	seats     []ledger.Item
	types     []ledger.Item
	inherited map[ledger.Key]bool
}

func (d *drawer) chance(name string, percent int) bool {
	return rapid.IntRange(0, 99).Draw(d.t, name) < percent
}

func (d *drawer) items() {
	for i := range rapid.IntRange(1, 4).Draw(d.t, "products") {
		d.seats = append(d.seats, ledger.Item{Kind: ledger.Seat, ID: fmt.Sprintf("sku-%d", i), Name: fmt.Sprintf("SKU%d", i)})
	}
	for i := range rapid.IntRange(0, 2).Draw(d.t, "types") {
		d.types = append(d.types, ledger.Item{Kind: ledger.Capacity, ID: fmt.Sprintf("Type%d", i), Name: fmt.Sprintf("type%d", i)})
	}
}

// plans draws a set of disabled service plans: unset, none or some.
func (d *drawer) plans() ledger.Plans {
	return []ledger.Plans{nil, {}, {"p1"}, {"p1", "p2"}}[rapid.SampledFrom([]int{0, 0, 0, 1, 2, 3}).Draw(d.t, "plans")]
}

func (d *drawer) people() {
	d.inherited = map[ledger.Key]bool{}
	for i := range rapid.IntRange(1, 8).Draw(d.t, "people") {
		h := ledger.Holder{Kind: ledger.User, ID: fmt.Sprintf("user-%d", i), Name: fmt.Sprintf("u%d@x", i)}
		if d.chance("gone", 4) {
			d.in.Gone = append(d.in.Gone, h.Identity())
			d.leaver(h)
			continue
		}
		asleep := d.chance("asleep", 8)
		if len(d.seats) > 1 && d.chance("swapper", 40) {
			d.swapper(h)
			continue
		}
		for _, item := range d.seats {
			d.seat(h, item, asleep)
		}
	}
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
	has := ledger.Grant{Holder: h, Item: d.seats[from], Value: ledger.Value{Units: 1, Without: ledger.Plans{}}}
	gets := ledger.Grant{Holder: h, Item: d.seats[to], Value: ledger.Value{Units: 1}, Origins: origin(len(d.in.Want))}
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
			d.in.Asleep = append(d.in.Asleep, w.Key())
		}
	}
	if d.chance("have", 45) {
		has := g
		if has.Without = d.plans(); has.Without == nil {
			has.Without = ledger.Plans{}
		}
		d.in.Have.Grants = append(d.in.Have.Grants, has)
	}
	if d.chance("known", 45) {
		k := g
		k.Without = d.plans()
		d.in.Known = append(d.in.Known, k)
	} else if d.chance("claimed", 15) {
		d.in.Claims = append(d.in.Claims, g)
	}
	if d.chance("inherited", 10) {
		d.inherited[g.Key()] = true
		d.in.Have.Inherited = append(d.in.Have.Inherited, ledger.Inherited{User: h, Item: item.ID, Group: "group"})
	}
}

func origin(n int) []ledger.Origin {
	return []ledger.Origin{{File: "main.hcl", Line: n + 1, Block: fmt.Sprintf("assignment.a%d", n%3)}}
}

func (d *drawer) environments() {
	for i := range rapid.IntRange(0, 3).Draw(d.t, "environments") {
		h := ledger.Holder{Kind: ledger.Environment, ID: fmt.Sprintf("env-%d", i), Name: fmt.Sprintf("env%d", i)}
		for _, item := range d.types {
			units := rapid.IntRange(0, 6)
			g := ledger.Grant{Holder: h, Item: item}
			if d.chance("want-units", 60) {
				g.Units, g.Origins = int64(units.Draw(d.t, "want-n")), origin(len(d.in.Want))
				d.in.Want = append(d.in.Want, g)
			}
			g.Origins = nil
			if g.Units = int64(units.Draw(d.t, "have-n")); g.Units > 0 {
				d.in.Have.Grants = append(d.in.Have.Grants, g)
			}
			if d.chance("known-units", 50) {
				g.Units = int64(units.Draw(d.t, "known-n"))
				d.in.Known = append(d.in.Known, g)
			}
		}
	}
}

// supply gives every item an owned number near what the end of the plan is
// likely to use, so that pools are tight as a rule.
func (d *drawer) supply() {
	used, wanted := map[string]int64{}, map[string]int64{}
	for _, g := range d.in.Have.Grants {
		used[g.Item.ID] += g.Units
	}
	for _, g := range d.in.Want {
		wanted[g.Item.ID] += g.Units
	}
	for _, item := range slices.Concat(d.seats, d.types) {
		near := rapid.SampledFrom([]int64{used[item.ID], max(used[item.ID], wanted[item.ID]), used[item.ID] + wanted[item.ID]}).Draw(d.t, "near")
		s := ledger.Supply{Item: item, Owned: max(0, near+int64(rapid.SampledFrom([]int{-1, 0, 0, 1, 1, 2, 3}).Draw(d.t, "slack"))), Used: used[item.ID], Assignable: item.Kind == ledger.Seat}
		if d.chance("grace", 15) {
			s.Grace = int64(rapid.IntRange(0, 2).Draw(d.t, "in-grace"))
		}
		d.in.Have.Supply = append(d.in.Have.Supply, s)
		if d.chance("policy", 85) {
			d.policy(item, s)
		}
	}
}

func (d *drawer) policy(item ledger.Item, s ledger.Supply) {
	p := ledger.Policy{Label: item.Name, Item: item, Origin: ledger.Origin{File: "main.hcl", Line: 1, Block: "license." + item.Name}, UseGrace: d.chance("use-grace", 20)}
	p.Unmanaged = rapid.SampledFrom([]ledger.UnmanagedMode{ledger.Ignore, ledger.Warn, ledger.Take}).Draw(d.t, "unmanaged")
	if d.chance("quantity", 15) {
		n := max(0, s.Owned+int64(rapid.IntRange(-1, 1).Draw(d.t, "declared")))
		p.Quantity = &n
	}
	if d.chance("reserve", 15) {
		p.Reserve = int64(rapid.IntRange(0, 2).Draw(d.t, "reserved"))
	}
	d.in.Policies = append(d.in.Policies, p)
}

func (d *drawer) unread() {
	for _, h := range slices.SortedFunc(maps.Keys(d.holders()), func(a, b ledger.HolderID) int { return compareIDs(a, b) }) {
		if h.Kind == ledger.Environment && d.chance("unread", 5) {
			d.in.Have.Unread = append(d.in.Have.Unread, ledger.Unread{Holder: ledger.Holder{Kind: h.Kind, ID: h.ID, Name: h.ID}, Reason: "forbidden"})
			d.in.Have.Grants = slices.DeleteFunc(d.in.Have.Grants, func(g ledger.Grant) bool { return g.Holder.Identity() == h })
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
