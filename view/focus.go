package view

import (
	"encoding/csv"
	"fmt"
	"strings"
	"time"

	"github.com/usher-cli/usher/ledger"
)

// focusColumns are the columns that FOCUS 1.2 demands, those about units that it knows,
// and usher's own, which begin with x_. Source: focus.finops.org/focus-specification/v1-2.
func focusColumns() []string {
	return []string{
		"BilledCost", "BillingAccountId", "BillingAccountName", "BillingCurrency", "BillingPeriodEnd", "BillingPeriodStart",
		"ChargeCategory", "ChargeClass", "ChargeDescription", "ChargeFrequency", "ChargePeriodEnd", "ChargePeriodStart",
		"ContractedCost", "ContractedUnitPrice", "EffectiveCost", "InvoiceIssuerName",
		"ListCost", "ListUnitPrice", "PricingQuantity", "PricingUnit", "ProviderName", "PublisherName", "ServiceCategory",
		"ServiceName", "SkuId", "SubAccountId", "SubAccountName", "x_IdleCost", "x_IdleQuantity", "x_SkuPartNumber",
		"x_TermEnd", "x_UsedQuantity",
	}
}

// asFOCUS writes what is purchased with its price as rows of FOCUS, the format in which
// tools for costs read bills: one for each item of this month. What it costs follows from
// the prices in the files, and from no bill.
func asFOCUS(out Output, d Document) error {
	report, _ := d.Data.(UsageReport)
	day, err := time.Parse(time.DateOnly, report.today)
	if err != nil {
		return fmt.Errorf("%q is no day: %w", report.today, err)
	}
	first := time.Date(day.Year(), day.Month(), 1, 0, 0, 0, 0, time.UTC)
	from, to := first.Format(time.RFC3339), first.AddDate(0, 1, 0).Format(time.RFC3339)
	w := csv.NewWriter(out)
	rows := [][]string{focusColumns()}
	for _, u := range report.Usage {
		if u.Charge == nil {
			continue
		}
		unit, idle := "Seats", ledger.Charge{}
		if u.Item.Kind == ledger.Capacity {
			unit = "Units"
		}
		if u.Idle != nil {
			idle = *u.Idle
		}
		cost, price := u.Charge.Month.String(), u.Price.Unit().String()
		row := map[string]string{
			"BilledCost": cost, "ContractedCost": cost, "EffectiveCost": cost, "ListCost": cost,
			"ContractedUnitPrice": price, "ListUnitPrice": price,
			"BillingAccountId": report.Tenant, "SubAccountId": report.Tenant, "BillingCurrency": u.Price.Currency,
			"BillingPeriodStart": from, "BillingPeriodEnd": to, "ChargePeriodStart": from, "ChargePeriodEnd": to,
			"ChargeCategory": "Purchase", "ChargeFrequency": "Recurring", "ChargeDescription": u.Item.Name + " at " + u.Price.String(),
			"PricingQuantity": number(u.Charge.Units), "PricingUnit": unit, "x_UsedQuantity": number(u.Used),
			"InvoiceIssuerName": "Microsoft", "ProviderName": "Microsoft", "PublisherName": "Microsoft",
			"ServiceCategory": "Business Applications", "ServiceName": u.Item.Name, "SkuId": u.Item.ID, "x_SkuPartNumber": u.Item.Name,
			"x_IdleCost": idle.Month.String(), "x_IdleQuantity": number(idle.Units), "x_TermEnd": u.Price.TermEnd,
		}
		var cells []string
		for _, column := range focusColumns() {
			cells = append(cells, cell(row[column]))
		}
		rows = append(rows, cells)
	}
	return w.WriteAll(rows)
}

// cell is a text that a program for tables shows, and does not carry out.
func cell(text string) string {
	if text = safe(text); text != "" && strings.ContainsRune("=+-@", rune(text[0])) {
		return "'" + text
	}
	return text
}
