package config

import (
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/usher-cli/usher/ledger"
)

// Shortages compares what is declared with what is declared to be owned, the
// part of the capacity check that needs no tenant.
func (c *Config) Shortages() hcl.Diagnostics {
	draws := map[string][]ledger.Want{}
	for _, w := range c.Wants {
		draws[w.Item.Name] = append(draws[w.Item.Name], w)
	}
	var diags hcl.Diagnostics
	for _, p := range c.Policies {
		if p.Quantity == nil {
			continue
		}
		var use int64
		for _, w := range draws[p.Item.Name] {
			use += w.Units
		}
		if limit := *p.Quantity - p.Reserve; use > limit {
			diags = append(diags, failure(atOrigin(p.Origin), "More declared than owned",
				"%s is short by %d: %s declared, and %s. Drawn by %s.", p.Origin.Block, use-limit,
				plural(use, "unit"), limitText(p), strings.Join(drawers(draws[p.Item.Name]), ", ")))
		}
	}
	return diags
}

func limitText(p ledger.Policy) string {
	if p.Reserve == 0 {
		return fmt.Sprintf("quantity is %d", *p.Quantity)
	}
	return fmt.Sprintf("quantity %d less a reserve of %d leaves %d", *p.Quantity, p.Reserve, *p.Quantity-p.Reserve)
}

// drawers names the blocks that draw, each with its first line and its share.
func drawers(wants []ledger.Want) []string {
	var order []string
	units, first := map[string]int64{}, map[string]ledger.Origin{}
	for _, w := range wants {
		o := w.Origins[0]
		if units[o.Block] == 0 {
			order = append(order, o.Block)
			first[o.Block] = o
		}
		units[o.Block] += w.Units
	}
	for i, block := range order {
		order[i] = fmt.Sprintf("%s (%d, %s)", block, units[block], originText(first[block]))
	}
	return order
}

func plural(n int64, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}
