package view

import (
	"fmt"
	"strings"

	"github.com/fatih/color"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
)

// pools prints the account of every pool of the plan.
func (p *Printer) pools(pools []ledger.Pool) {
	if len(pools) == 0 {
		return
	}
	rows := [][]string{{"pool", "purchased", "limit", "now", "highest", "after", "available"}}
	for _, pool := range pools {
		rows = append(rows, []string{Safe(pool.Item.Name), number(pool.Owned), number(pool.Limit()), number(pool.Before),
			number(pool.Peak), number(pool.After), number(pool.Available())})
	}
	p.table(rows)
	for _, pool := range pools {
		if pool.Before > pool.Limit() && pool.After > pool.Limit() {
			p.Line("  %s was over its limit before, by %d; nobody loses it for that.", Safe(pool.Item.Name), pool.Before-pool.Limit())
		}
	}
	p.Line("")
}

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

// Refusals prints everything that forbids applying the plan.
func (p *Printer) Refusals(pl *plan.Plan) {
	for _, s := range pl.Shortages {
		p.shortage(s)
	}
	for _, g := range pl.Gaps {
		p.refusal("%s, one of %d who swap, would have to be without a seat for a moment: all the seats that they need are held by each other",
			Safe(g.Person), g.People)
		p.Line("  One free seat of %s makes it possible: buy one, or free one.", Safe(strings.Join(g.Items, " or ")))
		p.Line("")
	}
	for _, b := range pl.Breaches {
		p.breach(b)
	}
}

func (p *Printer) refusal(format string, args ...any) {
	p.Line("%s: %s.", p.paint("Refused", color.FgRed, color.Bold), fmt.Sprintf(format, args...))
}

func (p *Printer) shortage(s plan.Shortage) {
	bound := map[ledger.Term]string{ledger.Owned: "%d are purchased", ledger.Quantity: "the declared quantity allows %d", ledger.Reserve: "the reserve leaves %d"}
	p.refusal("%s is short by %d: %d would be in use, and %s", Safe(s.Item.Name), s.Short, s.Limit+s.Short, fmt.Sprintf(bound[s.Term], s.Limit))
	for _, d := range s.Drawers {
		p.Line("  %5d  %s (%s:%d)", d.Units, Safe(d.Origin.Block), Safe(d.Origin.File), d.Origin.Line)
	}
	if s.Unlisted > 0 {
		p.Line("  %5d  in use, and declared by no file", s.Unlisted)
	}
	p.Line("  %s.", map[ledger.Term]string{
		ledger.Owned:    "Buy what is missing, or declare less",
		ledger.Quantity: "Raise quantity in the file, or declare less",
		ledger.Reserve:  "Lower reserve in the file, or declare less",
	}[s.Term])
	p.Line("")
}

func (p *Printer) breach(b plan.Breach) {
	switch b.Kind {
	case plan.Protected:
		p.refusal("%s is protected, and the plan takes it or changes it", Safe(b.Address))
		p.Line("  Take it out of protect in the guard block if that is meant.")
	case plan.Losses:
		p.refusal("%d of the %d people who have %s lose it or a part of it, and the guard allows %d", b.Count, b.Of, Safe(b.Item), b.Allowed)
	case plan.Lowered:
		p.refusal("%d of the %d allocated units of %s are taken from environments, and the guard allows %d", b.Count, b.Of, Safe(b.Item), b.Allowed)
	case plan.Forgets:
		p.refusal("%d of the %d records of %s would be dropped, and the guard allows %d", b.Count, b.Of, Safe(b.Item), b.Allowed)
	}
	if b.Kind != plan.Protected {
		p.Line("  If that is meant, raise max_losses or max_loss_percent in the guard block.")
	}
	p.Line("")
}
