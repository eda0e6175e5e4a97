package plan

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/usher-cli/usher/ledger"
)

// included tells of those who newly get two products of which one gives all that the other does:
// the organisation pays for both.
//
//	ada   SPE_E3, SPE_E5                E5 has each service of E3, in the same plan or a higher one
//	ben   SPE_E3, SPE_E5 without Teams  both are needed
//
// It looks at what the files give directly, to a person or to a group.
func (p *Plan) included(in Input) []ledger.Notice {
	given := seatsOfMany(newSet(in.Want))
	if len(given) == 0 {
		return nil
	}
	news := map[ledger.HolderID]bool{}
	for s := range p.EachStep() {
		if s.Op == ledger.Add && s.Item.Kind == ledger.Seat && given[s.Holder.Identity()] != nil {
			news[s.Holder.Identity()] = true
		}
	}
	heights, seat := newServiceHeights(in.Have.Supply), map[string]string{}
	for _, r := range in.Items {
		if r.Price != nil {
			seat[r.Item.ID] = fmt.Sprintf(", and a seat of it costs %s %s a month", r.Price.Unit(), r.Price.Currency)
		}
	}
	var all []ledger.Notice
	for i := range in.Want {
		low := &in.Want[i]
		if low.Item.Kind != ledger.Seat || !news[low.Holder.Identity()] {
			continue
		}
		if high := heights.above(low, given[low.Holder.Identity()]); high != nil {
			all = append(all, ledger.Notice{Code: "included", Severity: ledger.Info, Address: string(low.Address()), Origins: low.Origins,
				Text: fmt.Sprintf("%[1]s is given as well, and it has every service of %[2]s, or a higher plan of it: %[2]s adds nothing%[3]s",
					high.Item.Name, low.Item.Name, seat[low.Item.ID])})
		}
	}
	return all
}

// seatsOfMany are the seats of those who are to have more than one.
func seatsOfMany(want set) map[ledger.HolderID][]*ledger.Grant {
	given := map[ledger.HolderID][]*ledger.Grant{}
	for start, end := 0, 0; start < want.len(); start = end {
		holder := want.grantAt(start).Holder.Identity()
		var seats []*ledger.Grant
		for end = start; end < want.len() && want.grantAt(end).Holder.Identity() == holder; end++ {
			if g := want.grantAt(end); g.Item.Kind == ledger.Seat {
				seats = append(seats, g)
			}
		}
		if len(seats) > 1 {
			given[holder] = seats
		}
	}
	return given
}

// serviceHeights are the services of each product, each with the height of its plan.
//
// Microsoft numbers the plans of a service at the end of their names: FLOW_O365_P3 is a higher
// plan of the service of FLOW_O365_P2.
type serviceHeights struct {
	plans map[string][]ledger.ServicePlan // of an item
	known map[string]map[string]int       // by item and what is off: the height of each service
}

func newServiceHeights(supply []ledger.Supply) *serviceHeights {
	h := &serviceHeights{plans: map[string][]ledger.ServicePlan{}, known: map[string]map[string]int{}}
	for _, s := range supply {
		h.plans[s.Item.ID] = s.Plans
	}
	return h
}

// Includes compares what grants give: of two, whether the first has every service of the second, in
// the same plan or a higher one.
func Includes(supply []ledger.Supply) func(high, low ledger.Grant) bool {
	heights := newServiceHeights(supply)
	return func(high, low ledger.Grant) bool {
		return high.Item.ID != low.Item.ID && reach(heights.of(&high), heights.of(&low))
	}
}

// above finds the grant that includes another one, the one with the smallest id; nil for none.
func (h *serviceHeights) above(low *ledger.Grant, among []*ledger.Grant) *ledger.Grant {
	var found *ledger.Grant
	for _, high := range among {
		if h.includes(high, low) && (found == nil || high.Item.ID < found.Item.ID) {
			found = high
		}
	}
	return found
}

// includes reports whether one grant gives all that another one does, and not the same. Of two
// that give the same, the one with the smaller id includes the other.
func (h *serviceHeights) includes(high, low *ledger.Grant) bool {
	if high.Item.ID == low.Item.ID || !reach(h.of(high), h.of(low)) {
		return false
	}
	return high.Item.ID < low.Item.ID || !reach(h.of(low), h.of(high))
}

func reach(high, low map[string]int) bool {
	for service, height := range low {
		if got, has := high[service]; !has || got < height {
			return false
		}
	}
	return len(low) > 0
}

// of is what a grant gives. Plans of the whole tenant do not count: nobody can be without them.
func (h *serviceHeights) of(g *ledger.Grant) map[string]int {
	key := g.Item.ID + " " + strings.Join(g.Without, " ")
	if services, known := h.known[key]; known {
		return services
	}
	services, off := map[string]int{}, map[string]bool{}
	for _, id := range g.Without {
		off[id] = true
	}
	for _, p := range h.plans[g.Item.ID] {
		if p.ByTenant || off[p.ID] {
			continue
		}
		service := strings.TrimRight(p.Name, "0123456789")
		height, _ := strconv.Atoi(p.Name[len(service):]) // 0 where it has no number
		services[service] = max(services[service], height)
	}
	h.known[key] = services
	return services
}
