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

// Bill is what a tenant has of each item, on a day. What it costs follows from the prices in
// the files, and from no bill of Microsoft's.
type Bill struct {
	Tenant string // id
	Name   string // of the tenant in a fleet; "" where there is only one
	Day    string // YYYY-MM-DD
	Usage  []ledger.Usage
}

// Billed is data that has bills.
type Billed interface{ Bills() []Bill }

// asFOCUS writes what is purchased with its price as rows of FOCUS, the format in which
// tools for costs read bills: one for each tenant and item of this month.
func asFOCUS(out Output, d Document) error {
	rows := [][]string{focusColumns()}
	if data, is := d.Data.(Billed); is {
		for _, b := range data.Bills() {
			charges, err := b.charges()
			if err != nil {
				return err
			}
			rows = append(rows, charges...)
		}
	}
	return csv.NewWriter(out).WriteAll(rows)
}

// charges are the rows of a bill.
func (b Bill) charges() (rows [][]string, err error) {
	day, err := time.Parse(time.DateOnly, b.Day)
	if err != nil {
		return nil, fmt.Errorf("%q is no day: %w", b.Day, err)
	}
	first := time.Date(day.Year(), day.Month(), 1, 0, 0, 0, 0, time.UTC)
	from, to := first.Format(time.RFC3339), first.AddDate(0, 1, 0).Format(time.RFC3339)
	for _, u := range b.Usage {
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
			"BillingAccountId": b.Tenant, "SubAccountId": b.Tenant, "SubAccountName": b.Name, "BillingCurrency": u.Price.Currency,
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
	return rows, nil
}

// cell is a text that a program for tables shows, and does not carry out.
func cell(text string) string {
	if text = safe(text); text != "" && strings.ContainsRune("=+-@", rune(text[0])) {
		return "'" + text
	}
	return text
}
