package worlds

import (
	"fmt"
	"time"

	"pgregory.net/rapid"

	"github.com/usher-cli/usher/ledger"
)

// environments draws environments, what they are allocated, and the flows and
// machines that draw on that.
func (d *drawer) environments() {
	if len(d.types) == 0 {
		return
	}
	d.in.FlowCapacity = d.chance("flow capacity", 75)
	for i := range rapid.IntRange(0, 3).Draw(d.t, "environments") {
		h := ledger.Holder{Kind: ledger.Environment, ID: fmt.Sprintf("env-%d", i), Name: fmt.Sprintf("env%d", i)}
		for _, item := range d.types {
			d.units(h, item, rapid.IntRange(0, 6))
		}
		if d.chance("blind", 6) {
			d.in.Have.Unread = append(d.in.Have.Unread, ledger.Unread{Holder: h, Inside: true, Reason: "forbidden"})
			continue
		}
		d.in.Have.Inside = append(d.in.Have.Inside, h.Identity())
		d.in.Environments = append(
			d.in.Environments,
			ledger.EnvironmentRules{Environment: h, HostedServes: d.chance("hosted serves", 25), Origin: ledger.Origin{File: "main.hcl", Line: 1},
				Auto: rapid.SampledFrom([]ledger.AutoMode{ledger.AutoIgnore, ledger.AutoAdopt, ledger.AutoRemove}).Draw(d.t, "auto mode")},
		)
		for n := range rapid.IntRange(0, 3).Draw(d.t, "inside") {
			d.inside(h, n)
		}
	}
}

// inside draws a flow or a machine.
func (d *drawer) inside(env ledger.Holder, n int) {
	kind := rapid.SampledFrom([]ledger.HolderKind{ledger.Flow, ledger.Flow, ledger.Machine, ledger.MachineGroup}).Draw(d.t, "kind")
	h := ledger.Within(env, kind, fmt.Sprintf("x-%d", n), fmt.Sprintf("x%d", n))
	item := ledger.Item{Kind: ledger.Capacity, ID: "PowerAutomatePerProcess", Name: "process"}
	switch {
	case kind == ledger.MachineGroup:
		item = ledger.Item{Kind: ledger.Capacity, ID: "PAHostedRPA", Name: "hosted_process"}
	case kind == ledger.Flow && d.chance("per flow", 25):
		item = ledger.Item{Kind: ledger.Capacity, ID: "PerFlowPlan", Name: "per_flow"}
	}
	have := len(d.in.Have.Grants)
	if kind != ledger.Flow || !d.chance("on its owner's seat", 50) {
		d.units(h, item, rapid.IntRange(0, 3))
	}
	if item.ID == "PerFlowPlan" {
		d.in.Have.Grants = d.in.Have.Grants[:have] // no service lists these
		return
	}
	if len(d.in.Have.Grants) > have {
		d.in.Have.Rows = append(
			d.in.Have.Rows,
			ledger.Row{Key: d.in.Have.Grants[have].Key(), System: d.chance("system", 30), Auto: d.chance("auto", 20),
				Created: time.Unix(int64(rapid.IntRange(0, 1000).Draw(d.t, "created")), 0)},
		)
	}
	if kind == ledger.Flow {
		f := ledger.FlowFact{Flow: h, Published: true, Principal: d.chance("principal", 3)}
		if len(d.users) > 0 && d.chance("owned", 90) {
			f.Owner = rapid.SampledFrom(d.users).Draw(d.t, "owner").ID
		}
		d.in.Have.Flows = append(d.in.Have.Flows, f)
	}
}

// units draws what is wanted, there and known of one item for a place.
func (d *drawer) units(h ledger.Holder, item ledger.Item, units *rapid.Generator[int]) {
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
		if g.Item.ID == "PerFlowPlan" && h.Kind.Inside() {
			g.Units = max(1, g.Units) // what was confirmed is there
		}
		d.in.Known = append(d.in.Known, g)
	}
}
