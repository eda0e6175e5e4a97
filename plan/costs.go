package plan

import (
	"cmp"
	"slices"
	"strings"

	"github.com/usher-cli/usher/catalog"
	"github.com/usher-cli/usher/ledger"
)

// costs knows what follows when a service ends for somebody: the mailbox, the
// OneDrive, the access to Dataverse, the flows that stop.
//
// Somebody who takes a license away sees in the plan what goes with it and when, and not
// when a colleague asks where the mail has gone.
type costs struct {
	today string
	flows map[string][]string // addresses of active flows on their owner's license, by owner
}

// newCosts lists the flows that run on their owners' seats.
func newCosts(in Input, c *coverage) *costs {
	k := &costs{today: in.Today, flows: map[string][]string{}}
	for _, f := range in.Have.Flows {
		own := ledger.Key{Kind: f.Flow.Kind, Holder: f.Flow.ID, Item: catalog.Process}
		if f.Published && f.Owner != "" && !c.isDirect(own) {
			k.flows[f.Owner] = append(k.flows[f.Owner], f.Flow.Address())
		}
	}
	return k
}

// markCosts writes on every step that ends a service what goes with it, and when.
//
// A service ends when its last service plan goes, over all products of a person: to take one
// of two products with a mailbox costs nothing.
func (k *costs) markCosts(parts []*part, c *coverage) {
	for at, endings := range c.ended {
		s := &parts[at.part].steps[at.step]
		people := map[ledger.Cost]int64{}
		for _, e := range endings {
			for _, cost := range k.of(e) {
				people[cost]++
			}
		}
		for cost, n := range people {
			if s.Holder.Kind == ledger.Group {
				cost.People = n
			}
			s.Costs = append(s.Costs, cost)
		}
		slices.SortFunc(s.Costs, func(a, b ledger.Cost) int {
			return cmp.Or(strings.Compare(a.Day, b.Day), strings.Compare(a.What, b.What))
		})
	}
}

// of lists what one person loses with a service.
func (k *costs) of(e ending) []ledger.Cost {
	what, days := e.service.Consequence()
	day := dayAfter(k.today, days)
	if e.service != catalog.PowerAutomate {
		return []ledger.Cost{{What: what, Day: day}}
	}
	var all []ledger.Cost
	for _, flow := range k.flows[e.key.Holder] {
		all = append(all, ledger.Cost{What: flow + " is turned off", Day: day})
	}
	return all
}
