package plan

import (
	"slices"
	"strings"

	"github.com/usher-cli/usher/ledger"
)

// bought is what the pools get when what is declared has been bought.
//
// A quantity above what is owned is a promise to buy. Calls that need it wait for that, and
// all others run now.
func (b *book) bought() map[ledger.PoolID]int64 {
	units := map[ledger.PoolID]int64{}
	for id, p := range b.pools {
		if p.Quantity != nil && *p.Quantity > p.Owned {
			units[id] = max(0, *p.Quantity-p.Reserve) - p.Limit
		}
	}
	return units
}

// reactivated is the part of missing seats that comes back with a subscription that does not run.
func reactivated(i ledger.Inactive, missing int64) ledger.Inactive {
	i.Suspended = min(i.Suspended, missing)
	i.LockedOut = min(i.LockedOut, missing-i.Suspended)
	return i
}

// ToBuy is what is missing beyond what can be reactivated.
func (p Purchase) ToBuy() int64 { return p.To - p.From - p.InactiveSeats() }

// purchases lists what is declared and not owned.
func (b *book) purchases(calls []ledger.Call) []Purchase {
	var all []Purchase
	for id := range b.bought() {
		p := b.pools[id]
		buy := Purchase{Item: p.Item, Label: p.Label, From: p.Owned, To: *p.Quantity, Origins: p.Origins,
			Inactive: reactivated(p.Inactive, *p.Quantity-p.Owned)}
		for _, c := range calls {
			if c.Waits != "" && slices.ContainsFunc(c.Takes, func(d ledger.Draw) bool { return d.Pool == id }) {
				buy.Waiting++
			}
		}
		all = append(all, buy)
	}
	slices.SortFunc(all, func(a, b Purchase) int { return strings.Compare(a.Item.Name, b.Item.Name) })
	return all
}
