package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/usher-cli/usher/catalog"
	"github.com/usher-cli/usher/ledger"
)

// Shortages compares what is declared with what is declared to be owned, on
// every day on which that changes: the part of the capacity check that needs
// no tenant. What a group draws is not known here.
//
// An assignment that begins next month can ask for more than is owned on that day, while
// there is enough today. A pull request shows that before the day comes.
func (c *Config) Shortages() hcl.Diagnostics {
	var diags hcl.Diagnostics
	said := map[string]bool{}
	for _, day := range c.boundaries() {
		wants := c.on(day)
		for _, d := range append(c.overdrawn(wants, day), c.overfilled(wants, day)...) {
			if key := subject(d).String() + d.Summary; !said[key] { // the first day is enough
				said[key] = true
				diags = append(diags, d)
			}
		}
	}
	return append(diags, c.unfed()...)
}

// boundaries lists the days on which what is wanted changes; the empty day
// stands for before all of them.
func (c *Config) boundaries() []string {
	days := map[string]bool{"": true}
	for _, w := range c.Wants {
		days[w.From] = true
		if t, err := time.Parse(time.DateOnly, w.Until); err == nil {
			days[t.AddDate(0, 0, 1).Format(time.DateOnly)] = true
		}
	}
	return slices.Sorted(maps.Keys(days))
}

// on lists what is wanted on a day, each grant once.
//
// A grant that two assignments declare is one grant, and takes one seat.
func (c *Config) on(day string) []ledger.Want {
	seen := map[wantKey]bool{}
	var wants []ledger.Want
	for _, w := range c.Wants {
		key := wantKey{w.Kind, strings.ToLower(w.Around), strings.ToLower(w.Holder), w.Item.Name}
		if w.From <= day && (w.Until == "" || day <= w.Until) && !seen[key] {
			seen[key] = true
			wants = append(wants, w)
		}
	}
	return wants
}

// onDay begins a message about a day.
func onDay(day string) string {
	if day == "" {
		return ""
	}
	return "On " + day + " "
}

// overdrawn finds items whose quantity is less than what is declared.
func (c *Config) overdrawn(wants []ledger.Want, day string) hcl.Diagnostics {
	draws := map[string][]ledger.Want{}
	for _, w := range wants {
		if w.Kind == ledger.User || w.Kind == ledger.Environment {
			draws[w.Item.Name] = append(draws[w.Item.Name], w)
		}
	}
	var diags hcl.Diagnostics
	for _, p := range c.Items {
		if p.Quantity == nil {
			continue
		}
		var use int64
		for _, w := range draws[p.Item.Name] {
			use += w.Units
		}
		if limit := *p.Quantity - p.Reserve; use > limit {
			diags = append(diags, failure(atOrigin(p.Origin), "More declared than owned",
				"%s%s is short by %d: %s declared, and %s. Drawn by %s.", onDay(day), p.Origin.Block, use-limit,
				ledger.Count(use, "unit"), limitText(p), strings.Join(drawers(draws[p.Item.Name]), ", ")))
		}
	}
	return diags
}

// overfilled finds environments that declare less than their flows and
// machines draw. Hosted units count for both meters where they serve.
//
// Where an environment has no capacity block, nothing is compared: somebody else may
// allocate it, and the plan sees what there is.
func (c *Config) overfilled(wants []ledger.Want, day string) hcl.Diagnostics {
	var diags hcl.Diagnostics
	for _, environment := range c.Environments {
		for _, m := range catalog.Meters() {
			fed, declared := int64(0), false
			var draws []ledger.Want
			var use int64
			for _, w := range wants {
				meter, metered := catalog.MeterOf(w.Item.ID)
				feeds := metered && slices.Contains(catalog.Served(meter.ID, environment.HostedServes), m.ID)
				switch {
				case w.Kind == ledger.Environment && strings.EqualFold(w.Holder, environment.Environment.Name) && feeds:
					fed, declared = fed+w.Units, true
				case w.Kind.Inside() && strings.EqualFold(w.Around, environment.Environment.Name) && feeds:
					use += w.Units
					draws = append(draws, w)
				}
			}
			if declared && use > fed {
				diags = append(diags, failure(
					atOrigin(environment.Origin),
					"More drawn than allocated",
					"%s%s is short of %s by %d: its flows and machines draw %d, and its capacity block gives %d. Drawn by %s.",
					onDay(day),
					environment.Origin.Block,
					m.Name,
					use-fed,
					use,
					fed,
					strings.Join(drawers(draws), ", "),
				))
			}
		}
	}
	return diags
}

// unfed warns of flows and machines that draw a type which their environment
// does not declare: capacity belongs to one environment, and is allocated in
// each that needs it.
func (c *Config) unfed() hcl.Diagnostics {
	var diags hcl.Diagnostics
	declared, said := map[string]bool{}, map[string]bool{}
	for _, w := range c.Wants {
		if m, ok := catalog.MeterOf(w.Item.ID); ok && w.Kind == ledger.Environment {
			declared[strings.ToLower(w.Holder)+"/"+m.ID] = true
		}
	}
	for _, w := range c.Wants {
		key := strings.ToLower(w.Around) + "/" + w.Item.ID
		if !w.Kind.Inside() || declared[key] || said[key] {
			continue
		}
		said[key] = true
		diags = append(diags, warning(
			atOrigin(w.Origins[0]),
			"Capacity not declared",
			"%s draws %s, and the capacity block of its environment does not declare it: capacity belongs to one environment, "+
				"and has to be allocated in each that needs it.",
			w.Origins[0].Block,
			w.Item.Name,
		))
	}
	return diags
}

// limitText says what a file declares of a pool.
func limitText(p ledger.ItemRules) string {
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
		order[i] = fmt.Sprintf("%s (%d, %s)", block, units[block], first[block].String())
	}
	return order
}
