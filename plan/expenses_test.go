package plan

import (
	"testing"

	"github.com/usher-cli/usher/catalog"
	"github.com/usher-cli/usher/ledger"
)

// TestExpenses: what is paid for costs money, and nothing else is a saving.
func TestExpenses(t *testing.T) {
	ten := &ledger.Price{Amount: 100_000, Currency: "EUR", Units: 1, Per: ledger.Month, TermEnd: "2027-06-30"}
	pack := &ledger.Price{Amount: 2_000_000, Currency: "EUR", Units: 25_000, Per: ledger.Month}
	seat := ledger.Item{Kind: ledger.Seat, ID: "e5", Name: "SPE_E5"}
	credits := ledger.Item{Kind: ledger.Capacity, ID: "MCSMessages", Name: "copilot_credits"}
	process := ledger.Item{Kind: ledger.Capacity, ID: catalog.Process, Name: "process"}
	units := func(c *ledger.Charge) int64 {
		if c == nil {
			return 0
		}
		return c.Units
	}
	for name, c := range map[string]struct {
		pool                     ledger.Pool
		month, after             string
		freed, idle, short       int64
		priced, savesFromTermEnd bool
	}{
		"a seat becomes free": {ledger.Pool{Item: seat, Price: ten, Owned: 5, Limit: 5, Before: 5, After: 4, Left: 1},
			"50.00", "50.00", 1, 1, 0, true, true},
		"seats past their term go": {ledger.Pool{Item: seat, Price: ten, Owned: 1, Limit: 1, Before: 3, After: 1},
			"10.00", "10.00", 0, 0, 0, true, false},
		"two of five are bought": {ledger.Pool{Item: seat, Price: ten, Owned: 3, Growth: 2, Limit: 3, Before: 3, After: 5},
			"30.00", "50.00", 0, 0, 0, true, false},
		"a trial costs nothing": {ledger.Pool{Item: seat, Price: ten, Owned: 25, Unpaid: 25, Limit: 25, Before: 3, After: 2, Left: 23},
			"0.00", "0.00", 0, 0, 0, true, false},
		"two are missing": {ledger.Pool{Item: seat, Price: ten, Owned: 5, Limit: 5, Before: 5, After: 7, Left: -2},
			"50.00", "50.00", 0, 0, 2, true, false},
		"a pack is whole": {ledger.Pool{Item: credits, Price: pack, Owned: 25_000, Growth: 5000, Limit: 25_000, After: 10},
			"200.00", "400.00", 0, 0, 0, true, false},
		"capacity that nobody is given": {ledger.Pool{Item: process, Price: ten, Owned: 5, Limit: 5, Before: 3, After: 3, Left: 2},
			"50.00", "50.00", 0, 2, 0, true, false},
		"no price, no claim": {ledger.Pool{Item: seat, Owned: 5, Before: 5}, "", "", 0, 0, 0, false, false},
		"free":               {ledger.Pool{Item: seat, Price: ten, Owned: 5, Free: true}, "", "", 0, 0, 0, false, false},
	} {
		all := expenses([]ledger.Pool{c.pool}, "2026-11-30")
		if (len(all) == 1) != c.priced {
			t.Errorf("%s: %+v", name, all)
			continue
		}
		for _, e := range all {
			if e.Month.String() != c.month || e.After.String() != c.after || (e.SavesFrom == "2027-07-01") != c.savesFromTermEnd {
				t.Errorf("%s: %s, then %s, saves from %q", name, e.Month, e.After, e.SavesFrom)
			}
			if units(e.Freed) != c.freed || units(e.Idle) != c.idle || units(e.Short) != c.short {
				t.Errorf("%s: %d free, %d idle, %d short", name, units(e.Freed), units(e.Idle), units(e.Short))
			}
		}
	}
}
