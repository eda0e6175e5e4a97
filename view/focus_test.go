package view

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"

	"github.com/usher-cli/usher/ledger"
)

// TestFOCUS: each item with a price is one row, whatever its name is.
func TestFOCUS(t *testing.T) {
	price := &ledger.Price{Amount: 547_500, Currency: "EUR", Units: 1, Per: ledger.Month, TermEnd: "2027-06-30"}
	for _, name := range append(hostileNames(), "=HYPERLINK(\"https://evil.example\")", "@SUM(1)", "a,b\"c") {
		usage := []ledger.Usage{
			{Item: ledger.Item{Kind: ledger.Seat, ID: "e5", Name: name}, Purchased: 25, Used: 23, Price: price,
				Charge: price.Of(25), Idle: price.Of(2)},
			{Item: ledger.Item{Kind: ledger.Seat, ID: "e3", Name: "SPE_E3"}, Purchased: 25},
		}
		var b bytes.Buffer
		d := Words{}.Usage(ledger.Have{Tenant: "contoso"}, usage, "2026-11-30", false)
		if err := Show("focus", Output{Writer: &b}, d); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(b.String()) {
			if strings.HasPrefix(line, "::") || strings.Contains(line, "##vso[") {
				t.Errorf("%.50q has the line %.80q", name, line)
			}
		}
		rows, err := csv.NewReader(&b).ReadAll()
		if err != nil || len(rows) != 2 {
			t.Fatalf("%.50q: %d rows, %v", name, len(rows), err)
		}
		got := map[string]string{}
		for i, column := range rows[0] {
			got[column] = rows[1][i]
		}
		for column, want := range map[string]string{
			"BilledCost": "1368.75", "BillingCurrency": "EUR", "BillingPeriodStart": "2026-11-01T00:00:00Z",
			"BillingPeriodEnd": "2026-12-01T00:00:00Z", "PricingQuantity": "25", "x_UsedQuantity": "23", "x_IdleCost": "109.50",
		} {
			if got[column] != want {
				t.Errorf("%s is %q, want %q", column, got[column], want)
			}
		}
		if strings.ContainsAny(got["ServiceName"][:1], "=+-@") {
			t.Errorf("%.50q is a formula", got["ServiceName"])
		}
	}
}
