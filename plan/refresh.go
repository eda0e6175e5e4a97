package plan

import (
	"cmp"
	"maps"
	"slices"

	"github.com/usher-cli/usher/catalog"
	"github.com/usher-cli/usher/ledger"
)

// Refresh is a flow whose owner gets a licence. It can take up to a week to
// notice, unless it is turned off and on. Source: Microsoft Learn, "Buy and
// manage Power Automate licenses".
type Refresh struct {
	Flow  ledger.Holder `json:"flow"`
	Item  ledger.Item   `json:"item"`
	Force bool          `json:"force,omitempty"` // usher turns it off and on

	part int // that gives the licence
}

// refreshes lists the active flows of everybody who gets a seat that makes
// premium flows run. A flow that holds units of its own does not run on its
// owner's seat.
func refreshes(in Input, c *coverage, parts []*part) []Refresh {
	modes := map[string]ledger.RefreshMode{}
	for _, p := range in.Policies {
		modes[p.Item.ID] = p.Refresh
	}
	items := map[string]ledger.Item{}
	for _, s := range in.Have.Supply {
		if mode := modes[s.Item.ID]; runsFlows(s) && (mode == ledger.RefreshList || mode == ledger.RefreshForce) {
			items[s.Item.ID] = s.Item
		}
	}
	own := map[ledger.HolderID]bool{}
	for _, p := range parts {
		own[p.steps[0].Holder.Identity()] = true
	}
	var all []Refresh
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
			all = append(all, Refresh{Flow: flow, Item: items[best.item], Force: modes[best.item] == ledger.RefreshForce, part: best.part})
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

// refreshCalls turn flows off and on, for licences that this run gives: each
// after the licence, and one after the other, so that the first one that does
// not come back is the last one that is touched.
func refreshCalls(all []Refresh, s *scheduler, now int, callOf []int) []ledger.Call {
	runs := map[int]bool{} // calls, by number
	for _, i := range s.done[:now] {
		runs[s.calls[i].ID] = true
	}
	var calls []ledger.Call
	for _, r := range all {
		seat := callOf[r.part]
		if !r.Force || !runs[seat] {
			continue
		}
		c := ledger.Call{ID: len(s.calls) + len(calls) + 1, Holder: r.Flow, Steps: []ledger.Step{{Op: ledger.Reprocess, Holder: r.Flow, Item: r.Item}}, After: []int{seat}}
		if len(calls) > 0 {
			c.After = append(c.After, c.ID-1)
		}
		calls = append(calls, c)
	}
	return calls
}

func runsFlows(s ledger.Supply) bool {
	return slices.ContainsFunc(s.Plans, func(p ledger.ServicePlan) bool {
		service, ok := catalog.ServiceOf(p.Name)
		return ok && service == catalog.PowerAutomate
	})
}
