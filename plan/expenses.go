package plan

import (
	"slices"

	"github.com/usher-cli/usher/catalog"
	"github.com/usher-cli/usher/ledger"
)

// Expense is what the units of a pool cost, and what a plan changes in that.
//
// What is bought costs money, and not what is given to people: a seat that becomes free
// saves nothing until somebody buys fewer.
type Expense struct {
	Item  ledger.Item  `json:"item"`
	Price ledger.Price `json:"price"`
	Month ledger.Money `json:"month"`       // of what is owned now
	After ledger.Money `json:"month_after"` // of what is owned once all is bought
	// Term is the difference from today up to the end of the term; nil where nobody says
	// when that is.
	Term    *ledger.Money `json:"up_to_term_end,omitempty"`
	TermEnd string        `json:"term_end,omitempty"` // of the term that today is in

	Freed     *ledger.Charge `json:"freed,omitempty"`
	SavesFrom string         `json:"saves_from,omitempty"` // first day on which fewer units can cost less
	Idle      *ledger.Charge `json:"idle,omitempty"`       // bought, and in no use after the plan
	Short     *ledger.Charge `json:"short,omitempty"`      // missing, and to be bought
}

// expenses are those of the pools of the tenant that have a price.
func expenses(pools []ledger.Pool, today string) []Expense {
	var all []Expense
	for _, p := range pools {
		if p.Price == nil || p.ID.Environment != "" || p.Free {
			continue
		}
		owned := p.Owned + p.Growth
		paid := max(0, owned-p.Unpaid)
		e := Expense{Item: p.Item, Price: *p.Price, Month: p.Price.Monthly(max(0, p.Owned-p.Unpaid)), After: p.Price.Monthly(paid),
			Freed: p.Price.Spare(min(paid, min(p.Before, p.Owned)-p.After)), Idle: p.Price.Spare(min(paid, owned-p.After))}
		if p.Item.Kind == ledger.Capacity && !slices.ContainsFunc(catalog.Meters(), func(m catalog.Meter) bool { return m.ID == p.Item.ID }) {
			e.Freed, e.Idle = nil, nil // the whole tenant uses what no environment is given
		}
		if p.Binding(p.After) == ledger.Owned && p.After > p.Before { // else a number in the files binds, or nothing more is asked of it
			e.Short = p.Price.Of(-p.Left)
		}
		if term, known := p.Price.Until(p.Growth, today); known {
			e.Term, e.TermEnd = &term, p.Price.End(today)
		}
		if e.Freed != nil {
			e.SavesFrom = p.Price.SavesFrom(today)
		}
		all = append(all, e)
	}
	return all
}
