package plan

import (
	"slices"

	"github.com/usher-cli/usher/ledger"
)

// Most free seats, and most products, that are tried as a way out.
const (
	mostSeats    = 3
	mostProducts = 12
)

// remedies tries how many free seats of which single product set all calls of
// a component going, and returns the products for which the least number is enough.
//
// It does not argue what would help, but puts seats into a pool and plans again. What a
// refusal advises has been tried.
func remedies(calls []ledger.Call, component []int, b *book) (items []string, seats int64) {
	var pools []ledger.PoolID
	for _, i := range component {
		for _, d := range net(calls[i]) {
			if d.Pool.Environment == "" && b.poolOf(d.Pool).Item.Kind == ledger.Seat && !slices.Contains(pools, d.Pool) {
				pools = append(pools, d.Pool)
			}
		}
	}
	slices.SortFunc(pools, comparePools)
	defer func() { b.more.units = 0 }()
	for seats = 1; seats <= mostSeats; seats++ {
		items = []string{} // never null in the document
		for _, pool := range pools[:min(mostProducts, len(pools))] {
			b.more.pool, b.more.units = pool, seats
			s := arrange(calls, b)
			if !slices.ContainsFunc(component, func(i int) bool { return s.state[i] != ran }) {
				items = append(items, b.poolOf(pool).Item.Name)
			}
		}
		if len(items) > 0 {
			slices.Sort(items)
			return items, seats
		}
	}
	return []string{}, 0
}

// lasting marks the gaps between whose halves a group is changed: the service gets
// to its members in its own time, so that such a gap is more than a moment.
func lasting(gaps []Gap, s *scheduler) []Gap {
	at := make([]int, len(s.calls)) // in the order found
	for n, i := range s.done {
		at[i] = n
	}
	for j, second := range s.calls {
		if len(second.Undo) == 0 {
			continue
		}
		for _, id := range second.After {
			first := s.calls[id-1]
			if !first.Gap || first.Holder != second.Holder {
				continue
			}
			for _, i := range s.done[at[id-1]:at[j]] {
				if h := s.calls[i].Holder; h.Kind == ledger.Group {
					markLasting(gaps, second.Holder.Address(), h.Address())
				}
			}
		}
	}
	return gaps
}

// markLasting notes that a gap lasts until the service has finished with a group.
func markLasting(gaps []Gap, person, group string) {
	for i := range gaps {
		if gaps[i].Person == person && gaps[i].Until == "" {
			gaps[i].Until = group
		}
	}
}
