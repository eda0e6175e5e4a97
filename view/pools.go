package view

import (
	"fmt"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
)

// pools tells the account of every pool of the plan: the tenant's, then those
// of environments that something draws on.
//
// "Highest" is what the plan uses at its worst moment, in the order of its calls. A pool can
// be too small for that, and large enough for the end.
func (p *Page) pools(pl *plan.Plan) {
	pools := pl.Pools
	tenant := Table{Head: []string{"pool", "purchased", "limit", "now", "highest", "after", "available"}}
	if len(pl.Expenses) > 0 {
		tenant.Head = append(tenant.Head, "a month")
	}
	inside := Table{Head: []string{"inside environments", "limit", "now", "highest", "after", "available", "least"}}
	for _, pool := range pools {
		numbers := []string{change(pool.Limit, pool.LimitAfter()), number(pool.Before), number(pool.Peak), number(pool.After), number(pool.Left)}
		switch {
		case pool.ID.Environment == "":
			owned := change(pool.Owned, pool.Owned+pool.Growth)
			if pool.Free {
				owned, numbers[0], numbers[4] = "free", "-", "-"
			}
			row := append([]string{pool.Item.Name, owned}, numbers...)
			if len(pl.Expenses) > 0 {
				month := "-"
				if e, priced := expenseOf(pl.Expenses, pool); priced {
					month = aMonth(e)
				}
				row = append(row, month)
			}
			tenant.Rows = append(tenant.Rows, row)
		case pool.Peak > 0:
			row := append([]string{poolName(pool.Item, pool.EnvironmentName)}, numbers...)
			inside.Rows = append(inside.Rows, append(row, number(pool.Least)))
		}
	}
	if len(tenant.Rows) > 0 {
		p.add(tenant)
	}
	p.bars(pools)
	if len(inside.Rows) > 0 {
		p.add(Break{}, inside)
	}
	for _, pool := range pools {
		p.poolNotes(pool)
	}
	if len(tenant.Rows)+len(inside.Rows) > 0 {
		p.add(Break{})
	}
}

// bars adds the numbers of each pool that has a limit, for those who would rather look.
func (p *Page) bars(pools []ledger.Pool) {
	var bars Bars
	for _, pool := range pools {
		if !pool.Free && (pool.ID.Environment == "" || pool.Peak > 0) {
			name, limit := poolName(pool.Item, pool.EnvironmentName), max(pool.Limit, pool.LimitAfter())
			bars = append(bars, Bar{name, limit, pool.Before, pool.Peak, pool.After})
		}
	}
	if len(bars) > 0 {
		p.add(bars)
	}
}

// poolNotes tells what the numbers of a pool do not show.
func (p *Page) poolNotes(pool ledger.Pool) {
	name := poolName(pool.Item, pool.EnvironmentName)
	var notes List
	if pool.Unseen > 0 {
		notes.addf("%s: the service counts %d more in use than usher can see; they count as used.", name, pool.Unseen)
	}
	if pool.Before > pool.Limit && pool.After > pool.LimitAfter() {
		notes.addf("%s was over its limit before, by %d; nobody loses it for that.", name, pool.Before-pool.Limit)
	}
	if pool.Maybe && pool.Peak > 0 {
		notes.addf("%s holds only if no machine allocates itself more: auto-allocation is on there.", name)
	}
	if len(notes.Items) > 0 {
		p.add(notes)
	}
}

// addf adds an item with a text.
func (l *List) addf(format string, args ...any) {
	l.Items = append(l.Items, Item{Text: fmt.Sprintf(format, args...)})
}

// poolName is the name of a pool, with its environment where it has one.
func poolName(item ledger.Item, environment string) string {
	if environment == "" {
		return item.Name
	}
	return item.Name + " in " + environment
}

// change writes a number that the plan changes with both values.
func change(before, after int64) string {
	if before == after {
		return number(before)
	}
	return fmt.Sprintf("%d->%d", before, after)
}

// number writes a number for a table.
func number(n int64) string { return fmt.Sprintf("%d", n) }
