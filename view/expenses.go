package view

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
)

// expenseOf finds what a pool costs.
func expenseOf(all []plan.Expense, pool ledger.Pool) (plan.Expense, bool) {
	at := slices.IndexFunc(all, func(e plan.Expense) bool { return e.Item.ID == pool.Item.ID && e.Item.Kind == pool.Item.Kind })
	if at < 0 {
		return plan.Expense{}, false
	}
	return all[at], true
}

// aMonth is what a pool costs a month: now and after the plan.
//
//	1368.75->1533.00 EUR
func aMonth(e plan.Expense) string {
	if e.Month == e.After {
		return e.Month.String() + " " + e.Price.Currency
	}
	return fmt.Sprintf("%s->%s %s", e.Month, e.After, e.Price.Currency)
}

// expenses tells what the plan costs and saves, and from when on.
//
//	Money:
//	  SPE_E5: 3 more cost 164.25 EUR a month, and 1144.80 EUR up to 2027-06-30
//	  SPE_E5: 2 become free, and cost 109.50 EUR a month: fewer cost less from 2027-07-01 on
//	  SPE_E5: 4 are bought and not used, for 219.00 EUR a month
func (p *Page) expenses(pl *plan.Plan) {
	list := List{Title: "Money:"}
	bought := map[string]int64{}
	for _, b := range pl.Purchases {
		bought[b.Item.ID] += b.To - b.From
	}
	for _, e := range pl.Expenses {
		tell := func(format string, args ...any) {
			list.Items = append(list.Items, Item{Text: e.Item.Name + ": " + fmt.Sprintf(format, args...)})
		}
		money := func(m ledger.Money) string { return m.String() + " " + e.Price.Currency }
		if e.After > e.Month {
			text := fmt.Sprintf("%d more %s %s a month", bought[e.Item.ID], costs(bought[e.Item.ID]), money(e.After-e.Month))
			if e.Term != nil {
				text += fmt.Sprintf(", and %s up to %s", money(*e.Term), e.TermEnd)
			}
			tell("%s", text)
		}
		if e.Short != nil {
			tell("%s missing, and would cost %s a month", ledger.Plural(int(e.Short.Units), "is", "are"), money(e.Short.Month))
		}
		if e.Freed != nil {
			when := "nobody says from when on fewer cost less"
			if e.SavesFrom != "" {
				when = "fewer cost less from " + e.SavesFrom + " on, and nothing is saved before"
			}
			tell("%s free, and %s %s a month: %s", ledger.Plural(int(e.Freed.Units), "becomes", "become"), costs(e.Freed.Units),
				money(e.Freed.Month), when)
		}
		if e.Idle != nil {
			tell("%s bought and not used after this, for %s a month", ledger.Plural(int(e.Idle.Units), "is", "are"), money(e.Idle.Month))
		}
	}
	p.list(list)
}

// costs is the verb for so many units.
func costs(n int64) string {
	if n == 1 {
		return "costs"
	}
	return "cost"
}

// bill sums up what a plan changes in money: for each currency, now and after.
//
//	Money: 1368.75 -> 1533.00 EUR a month (164.25 more).
//
// Nothing is said of what has no price.
func bill(pl *plan.Plan) string {
	type sum struct{ month, after ledger.Money }
	sums := map[string]sum{}
	for _, e := range pl.Expenses {
		s := sums[e.Price.Currency]
		sums[e.Price.Currency] = sum{s.month + e.Month, s.after + e.After}
	}
	var parts []string
	for _, currency := range slices.Sorted(maps.Keys(sums)) {
		s := sums[currency]
		if s.month == s.after {
			parts = append(parts, fmt.Sprintf("%s %s a month, as before", s.after, currency))
			continue
		}
		parts = append(parts, fmt.Sprintf("%s -> %s %s a month (%s more)", s.month, s.after, currency, s.after-s.month))
	}
	if len(parts) == 0 {
		return ""
	}
	return "Money: " + strings.Join(parts, ", ") + "."
}
