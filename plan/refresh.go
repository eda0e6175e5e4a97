package plan

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/usher-cli/usher/catalog"
	"github.com/usher-cli/usher/ledger"
)

// Refresh is a flow whose owner gets a license. It can take up to a week to
// notice, unless it is turned off and on. Source: Microsoft Learn, "Buy and
// manage Power Automate licenses".
type Refresh struct {
	Flow  ledger.Holder `json:"flow"`
	Item  ledger.Item   `json:"item"`
	Force bool          `json:"force,omitempty"` // usher turns it off and on

	part int // that gives the license; unfinished if an earlier run did
}

// unfinished stands for what an earlier run gave.
const unfinished = -1

// refreshes lists the active flows of everybody who gets a seat that makes
// premium flows run. A flow that holds units of its own does not run on its
// owner's seat. A protected flow is not turned off.
func refreshes(in Input, c *coverage, parts []*part) []Refresh {
	modes := map[string]ledger.RefreshMode{}
	for _, p := range in.Items {
		modes[p.Item.ID] = p.Refresh
	}
	items, services := map[string]ledger.Item{}, catalog.Services()
	for _, s := range in.Have.Supply {
		if mode := modes[s.Item.ID]; runsFlows(s, services) && (mode == ledger.RefreshList || mode == ledger.RefreshForce) {
			items[s.Item.ID] = s.Item
		}
	}
	own := map[ledger.HolderID]bool{}
	for _, p := range parts {
		own[p.steps[0].Holder.Identity()] = true
	}
	all := restarts(in)
	for _, r := range all {
		own[r.Flow.Identity()] = true
	}
	for _, user := range slices.Sorted(maps.Keys(c.gained)) {
		gains := slices.DeleteFunc(slices.Clone(c.gained[user]), func(g gain) bool { _, ok := items[g.item]; return !ok })
		if len(gains) == 0 {
			continue
		}
		best := gains[0] // the first, or the first that is forced
		if at := slices.IndexFunc(gains, func(g gain) bool { return modes[g.item] == ledger.RefreshForce }); at >= 0 {
			best = gains[at]
		}
		for _, flow := range c.flowsOf(user, in, own) {
			force := modes[best.item] == ledger.RefreshForce && !in.Guard.Protects(flow.Identity())
			all = append(all, Refresh{Flow: flow, Item: items[best.item], Force: force, part: best.part})
		}
	}
	return all
}

// restarts lists the flows that an earlier run may have left off.
func restarts(in Input) []Refresh {
	var all []Refresh
	for _, g := range in.Restart {
		if in.reads(g.Holder) && in.looksAt(g.Holder) && !in.Guard.Protects(g.Holder.Identity()) {
			all = append(all, Refresh{Flow: g.Holder, Item: g.Item, Force: true, part: unfinished})
		}
	}
	return all
}

// reads reports whether a flow is among those that were read.
func (in Input) reads(flow ledger.Holder) bool {
	return slices.ContainsFunc(in.Have.Flows, func(f ledger.FlowFact) bool { return f.Flow.Identity() == flow.Identity() })
}

// leftOff warns of flows that an earlier run may have left off, where they are
// not among those that were read, or are protected by now.
func leftOff(in Input) []ledger.Notice {
	var all []ledger.Notice
	for _, g := range in.Restart {
		n := ledger.Notice{Code: "flow-left-off", Severity: ledger.Warning, Address: string(g.Address()),
			Text: "an earlier run was turning this flow off and on, and did not finish; the flow could not be read",
			Fix:  "declare its environment, or check the flow yourself and run usher state confirm " + string(g.Address())}
		protected := in.Guard.Protects(g.Holder.Identity())
		if protected {
			n.Text = "an earlier run was turning this flow off and on, and did not finish; it is protected now, so usher leaves it"
			n.Fix = "check the flow yourself and run usher state confirm " + string(g.Address())
		}
		if protected || !in.reads(g.Holder) {
			all = append(all, n)
		}
	}
	return all
}

// flowsOf lists the active flows that run on a person's seat, by id.
func (c *coverage) flowsOf(user string, in Input, own map[ledger.HolderID]bool) []ledger.Holder {
	var flows []ledger.Holder
	for _, f := range in.Have.Flows {
		units := ledger.Key{Kind: f.Flow.Kind, Holder: f.Flow.ID, Item: catalog.Process}
		if f.Owner == user && f.Published && !own[f.Flow.Identity()] && !c.isDirect(units) {
			flows = append(flows, f.Flow)
		}
	}
	slices.SortFunc(flows, func(a, b ledger.Holder) int { return cmp.Compare(a.ID, b.ID) })
	return flows
}

// refreshCalls turn flows off and on, for licenses that this run gives: each
// after the license, and one after the other, so that the first one that does
// not come back is the last one that is touched.
func refreshCalls(all []Refresh, s *scheduler, callOf []int) []ledger.Call {
	runs := map[int]bool{} // calls, by number
	for _, i := range s.done[:s.now] {
		runs[s.calls[i].ID] = true
	}
	var calls []ledger.Call
	for _, r := range all {
		step := ledger.Step{Op: ledger.Restart, Holder: r.Flow, Item: r.Item}
		var after []int
		if r.part == unfinished {
			step.Why = ledger.Unfinished
		} else if seat := callOf[r.part]; r.Force && runs[seat] {
			after = []int{seat}
		} else {
			continue
		}
		c := ledger.Call{ID: len(s.calls) + len(calls) + 1, Holder: r.Flow, Steps: []ledger.Step{step}, After: after}
		if len(calls) > 0 {
			c.After = append(c.After, c.ID-1)
		}
		calls = append(calls, c)
	}
	return calls
}

// runsFlows reports whether a product lets its holder run premium flows.
func runsFlows(s ledger.Supply, services map[string]catalog.Service) bool {
	return slices.ContainsFunc(s.Plans, func(p ledger.ServicePlan) bool {
		return services[strings.ToUpper(p.Name)] == catalog.PowerAutomate
	})
}
