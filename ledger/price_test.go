package ledger

import "testing"

// TestMoney: amounts are read and written without rounding.
func TestMoney(t *testing.T) {
	for text, want := range map[string]string{
		"54.75": "54.75", "0": "0.00", "15": "15.00", "0.008": "0.008", "0.0005": "0.0005", "1.5": "1.50",
		"1000000000000": "1000000000000.00",
	} {
		m, err := ParseMoney(text)
		if err != nil || m.String() != want {
			t.Errorf("%s is %s, want %s: %v", text, m, want, err)
		}
		var back Money
		if b, err := m.MarshalJSON(); err != nil || back.UnmarshalJSON(b) != nil || back != m {
			t.Errorf("%s comes back as %s", text, back)
		}
	}
	for _, text := range []string{"", ".", "1.", ".5", "-1", "54,75", "1e3", "1.23456", "1 000", "1000000000001", "99999999999999999999"} {
		if m, err := ParseMoney(text); err == nil {
			t.Errorf("%q is %s", text, m)
		}
	}
	if got := Money(-5475_00).String(); got != "-54.75" {
		t.Errorf("a negative amount is %s", got)
	}
	pack := Price{Amount: 2_000_000, Units: 25_000, Per: Month}
	if got := pack.Unit().String(); got != "0.008" {
		t.Errorf("a unit of a pack costs %s", got)
	}
}

// TestPrices: what units cost a month and up to the end of the term, and when they save.
func TestPrices(t *testing.T) {
	euro := func(text string) Money {
		m, err := ParseMoney(text)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	for name, c := range map[string]struct {
		price          Price
		units          int64
		month, until   string
		known          bool
		today, savings string
	}{
		"a month": {Price{Amount: euro("54.75"), Per: Month, TermEnd: "2027-06-30"}, 3,
			"164.25", "1150.20", true, "2026-11-30", "2027-07-01"},
		"a whole year": {Price{Amount: euro("120"), Per: Year, TermEnd: "2027-11-30"}, 2, "20.00", "240.00", true, "2026-12-01", "2027-12-01"},
		"the last day": {Price{Amount: euro("10"), Per: Month, TermEnd: "2026-11-30"}, 1, "10.00", "0.33", true, "2026-11-30", "2026-12-01"},
		"a term over":  {Price{Amount: euro("10"), Per: Month, TermEnd: "2026-11-29"}, 1, "10.00", "0.00", false, "2026-11-30", ""},
		"a month longer": {Price{Amount: euro("10"), Per: Month, TermEnd: "2026-10-05", Commitment: Month}, 1,
			"10.00", "1.97", true, "2026-11-30", "2026-12-06"},
		"a year longer": {Price{Amount: euro("365"), Per: Year, TermEnd: "2024-06-30", Commitment: Year}, 1,
			"30.42", "213.00", true, "2026-11-30", "2027-07-01"},
		"the end of months": {Price{Amount: euro("10"), Per: Month, TermEnd: "2026-10-31", Commitment: Month}, 1,
			"10.00", "0.33", true, "2026-11-30", "2026-12-01"},
		"no term":        {Price{Amount: euro("10"), Per: Month, Commitment: Month}, 1, "10.00", "0.00", false, "2026-12-31", ""},
		"a pack":         {Price{Amount: euro("200"), Per: Month, Units: 25000}, 25001, "400.00", "0.00", false, "2026-11-30", ""},
		"a third":        {Price{Amount: euro("100"), Per: Year}, 1, "8.33", "0.00", false, "2026-11-30", ""},
		"more than ever": {Price{Amount: euro("1000000000000"), Per: Month}, 1 << 30, "1000000000000.00", "0.00", false, "2026-11-30", ""},
	} {
		if got := c.price.Monthly(c.units).String(); got != c.month {
			t.Errorf("%s: %s a month, want %s", name, got, c.month)
		}
		if got, known := c.price.Until(c.units, c.today); got.String() != c.until || known != c.known {
			t.Errorf("%s: %s up to the end, want %s", name, got, c.until)
		}
		if got := c.price.SavesFrom(c.today); got != c.savings {
			t.Errorf("%s: saves from %q, want %q", name, got, c.savings)
		}
	}
}
