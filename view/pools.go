package view

import (
	"fmt"
	"strings"

	"github.com/fatih/color"

	"github.com/usher-cli/usher/ledger"
)

// pools prints the account of every pool of the plan: the tenant's, then those
// of environments that something draws on.
func (p *Printer) pools(pools []ledger.Pool) {
	rows := [][]string{{"pool", "purchased", "limit", "now", "highest", "after", "available"}}
	inside := [][]string{{"inside environments", "limit", "now", "highest", "after", "available", "least"}}
	for _, pool := range pools {
		numbers := []string{change(pool.Limit, pool.LimitAfter()), number(pool.Before), number(pool.Peak), number(pool.After), number(pool.Left)}
		switch {
		case pool.ID.Environment == "":
			owned := change(pool.Owned, pool.Owned+pool.Growth)
			if pool.Free {
				owned, numbers[0], numbers[4] = "free", "-", "-"
			}
			rows = append(rows, append([]string{Safe(pool.Item.Name), owned}, numbers...))
		case pool.Peak > 0:
			inside = append(inside, append(append([]string{poolName(pool.Item, pool.EnvironmentName)}, numbers...), number(pool.Least)))
		}
	}
	if len(rows) > 1 {
		p.table(rows)
	}
	if len(inside) > 1 {
		p.Line("")
		p.table(inside)
	}
	for _, pool := range pools {
		p.poolNotes(pool)
	}
	if len(rows)+len(inside) > 2 {
		p.Line("")
	}
}

// poolNotes prints what the numbers of a pool do not show.
func (p *Printer) poolNotes(pool ledger.Pool) {
	name := poolName(pool.Item, pool.EnvironmentName)
	if pool.Unseen > 0 {
		p.Line("  %s: the service counts %d more in use than usher can see; they count as used.", name, pool.Unseen)
	}
	if pool.Before > pool.Limit && pool.After > pool.LimitAfter() {
		p.Line("  %s was over its limit before, by %d; nobody loses it for that.", name, pool.Before-pool.Limit)
	}
	if pool.Maybe && pool.Peak > 0 {
		p.Line("  %s holds only if no machine allocates itself more: auto-allocation is on there.", name)
	}
}

// poolName is the name of a pool, with its environment where it has one.
func poolName(item ledger.Item, place string) string {
	if place == "" {
		return Safe(item.Name)
	}
	return Safe(item.Name) + " in " + Safe(place)
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

// table prints rows with a heading: texts to the left, numbers to the right.
func (p *Printer) table(rows [][]string) {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], len([]rune(cell)))
		}
	}
	for r, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			if i == 0 {
				fmt.Fprintf(&line, "  %-*s", widths[i], cell)
			} else {
				fmt.Fprintf(&line, "  %*s", widths[i], cell)
			}
		}
		text := line.String()
		if r == 0 {
			text = p.paint(text, color.Faint)
		}
		p.Line("%s", text)
	}
}
