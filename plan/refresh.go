package plan

import (
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
}

// refreshes lists the active flows of everybody who gets a seat that makes
// premium flows run, and the parts that turn them off and on where the license
// says so: one after the other, each after the seat, so that the first one
// that does not come back is the last one that is touched. A flow that holds
// units of its own does not run on its owner's seat.
func refreshes(in Input, c *coverage, others []*part) ([]*part, []Refresh) {
	modes := map[string]ledger.RefreshMode{}
	for _, p := range in.Policies {
		modes[p.Item.ID] = p.Refresh
	}
	var parts []*part
	var all []Refresh
	seen := map[ledger.HolderID]bool{}
	for _, p := range others {
		seen[p.steps[0].Holder.Identity()] = true
	}
	for _, user := range slices.Sorted(maps.Keys(c.gained)) {
		for _, g := range c.gained[user] {
			mode := modes[g.item]
			supply := slices.IndexFunc(in.Have.Supply, func(s ledger.Supply) bool { return s.Item.ID == g.item && runsFlows(s) })
			if supply < 0 || mode != ledger.RefreshList && mode != ledger.RefreshForce {
				continue
			}
			for _, flow := range c.flowsOf(user, in, seen) {
				r := Refresh{Flow: flow, Item: in.Have.Supply[supply].Item, Force: mode == ledger.RefreshForce}
				all = append(all, r)
				if r.Force {
					p := &part{steps: []ledger.Step{{Op: ledger.Reprocess, Holder: flow, Item: r.Item}}, twin: -1, after: []int{g.part}}
					if len(parts) > 0 {
						p.comesAfter(len(others) + len(parts) - 1)
					}
					parts = append(parts, p)
				}
			}
		}
	}
	return parts, all
}

// flowsOf lists the active flows that run on a person's seat and were not seen.
func (c *coverage) flowsOf(user string, in Input, seen map[ledger.HolderID]bool) []ledger.Holder {
	var flows []ledger.Holder
	for _, f := range in.Have.Flows {
		units := ledger.Key{Kind: f.Flow.Kind, Holder: f.Flow.ID, Item: catalog.Process}
		if id := f.Flow.Identity(); f.Owner == user && f.Published && !seen[id] && !c.isDirect(units) {
			seen[id] = true
			flows = append(flows, f.Flow)
		}
	}
	return flows
}

func runsFlows(s ledger.Supply) bool {
	return slices.ContainsFunc(s.Plans, func(p ledger.ServicePlan) bool {
		service, ok := catalog.ServiceOf(p.Name)
		return ok && service == catalog.PowerAutomate
	})
}
