package plan

import (
	"cmp"
	"slices"
	"strings"

	"github.com/usher-cli/usher/catalog"
	"github.com/usher-cli/usher/ledger"
)

// costs knows what somebody loses beyond an item: the last mailbox, the last
// OneDrive, the last access to Dataverse, the flows that stop.
type costs struct {
	in     Input
	cover  *coverage
	gives  map[string][]catalog.Service // services of an item
	flows  map[string][]string          // addresses of active flows on their owner's licence, by owner
	gained map[ledger.Key]bool
}

func newCosts(in Input, c *coverage) *costs {
	k := &costs{in: in, cover: c, gives: map[string][]catalog.Service{}, flows: map[string][]string{}, gained: map[ledger.Key]bool{}}
	for _, s := range in.Have.Supply {
		for _, p := range s.Plans {
			if service, ok := catalog.ServiceOf(p.Name); ok && !slices.Contains(k.gives[s.Item.ID], service) {
				k.gives[s.Item.ID] = append(k.gives[s.Item.ID], service)
			}
		}
	}
	for _, f := range in.Have.Flows {
		own := ledger.Key{Kind: f.Flow.Kind, Holder: f.Flow.ID, Item: catalog.Process}
		if f.Published && f.Owner != "" && !c.isDirect(own) {
			k.flows[f.Owner] = append(k.flows[f.Owner], f.Flow.Address())
		}
	}
	for user, gains := range c.gained {
		for _, g := range gains {
			k.gained[ledger.Key{Kind: ledger.User, Holder: user, Item: g.item}] = true
		}
	}
	return k
}

// mark writes on every removal what goes with it, and when.
func (k *costs) mark(calls []ledger.Call) {
	if len(k.cover.lost) == 0 {
		return
	}
	for i := range calls {
		for j := range calls[i].Steps {
			if s := &calls[i].Steps[j]; s.Op == ledger.Remove && s.Item.Kind == ledger.Seat && !s.Kept {
				s.Costs = k.of(*s)
			}
		}
	}
}

func (k *costs) of(s ledger.Step) []ledger.Cost {
	people := map[ledger.Cost]int64{}
	k.cover.eachHolder(s, func(key ledger.Key) {
		if _, lost := k.cover.lost[key]; lost {
			for _, c := range k.person(key) {
				people[c]++
			}
		}
	})
	var all []ledger.Cost
	for c, n := range people {
		if s.Holder.Kind == ledger.Group {
			c.People = n
		}
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b ledger.Cost) int {
		return cmp.Or(strings.Compare(a.Day, b.Day), strings.Compare(a.What, b.What))
	})
	return all
}

// person lists what one person loses with an item, unless another item that
// the person keeps or gets gives it too.
func (k *costs) person(key ledger.Key) []ledger.Cost {
	var all []ledger.Cost
	for _, service := range k.gives[key.Item] {
		if k.keeps(key, service) {
			continue
		}
		what, days := service.Consequence()
		day := dayAfter(k.in.Today, days)
		if service != catalog.PowerAutomate {
			all = append(all, ledger.Cost{What: what, Day: day})
			continue
		}
		for _, flow := range k.flows[key.Holder] {
			all = append(all, ledger.Cost{What: flow + " is turned off", Day: day})
		}
	}
	return all
}

func (k *costs) keeps(lost ledger.Key, service catalog.Service) bool {
	for item, services := range k.gives {
		other := ledger.Key{Kind: ledger.User, Holder: lost.Holder, Item: item}
		_, gone := k.cover.lost[other]
		has := k.gained[other] || !gone && (k.cover.isDirect(other) || k.cover.covered(other))
		if item != lost.Item && has && slices.Contains(services, service) {
			return true
		}
	}
	return false
}
