package fleet

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/view"
)

// Product is what the tenants of a fleet have of a product together. What they pay in several
// currencies are several products.
type Product struct {
	Name      string       `json:"product"`
	Tenants   int          `json:"tenants"`
	Purchased int64        `json:"purchased"`
	Used      int64        `json:"used"`
	Currency  string       `json:"currency,omitempty"` // "" where no file says a price
	Month     ledger.Money `json:"month"`              // what is purchased costs
	Idle      ledger.Money `json:"idle"`               // the part of it that nobody uses
}

// Lapse is a subscription of a tenant that ends soon.
type Lapse struct {
	Tenant  string `json:"tenant"`
	Product string `json:"product"`
	ledger.Lapse
}

// lapseHorizon is how many days ahead a report looks for subscriptions that end.
const lapseHorizon = 60

// count adds a bill to what all have, and notes what lapses up to a day.
func (r *Report) count(b view.Bill, at map[[2]string]int) {
	day, err := time.Parse(time.DateOnly, b.Day)
	if err != nil {
		return // a bill without a day is of no tenant
	}
	horizon := day.AddDate(0, 0, lapseHorizon).Format(time.DateOnly)
	for _, u := range b.Usage {
		for _, l := range u.Lapses {
			if l.Day <= horizon {
				r.Lapses = append(r.Lapses, Lapse{b.Name, u.Item.Name, l})
			}
		}
		if u.Free || u.Purchased == 0 {
			continue
		}
		currency := ""
		if u.Price != nil {
			currency = u.Price.Currency
		}
		key := [2]string{u.Item.Name, currency}
		i, known := at[key]
		if !known {
			i = len(r.Products)
			at[key] = i
			r.Products = append(r.Products, Product{Name: u.Item.Name, Currency: currency})
		}
		r.Products[i].add(u)
	}
}

func (p *Product) add(u ledger.Usage) {
	p.Tenants++
	p.Purchased += u.Purchased
	p.Used += u.Used
	if u.Charge != nil {
		p.Month += u.Charge.Month
	}
	if u.Idle != nil {
		p.Idle += u.Idle.Month
	}
}

// sortMoney puts first what costs most for nobody, and what lapses first.
func (r *Report) sortMoney() {
	slices.SortFunc(r.Products, func(a, b Product) int {
		if (a.Currency == "") != (b.Currency == "") {
			return strings.Compare(b.Currency, a.Currency) // without a price at the end
		}
		return cmp.Or(strings.Compare(a.Currency, b.Currency), cmp.Compare(b.Idle, a.Idle), cmp.Compare(b.Month, a.Month),
			strings.Compare(a.Name, b.Name))
	})
	slices.SortFunc(r.Lapses, func(a, b Lapse) int {
		return cmp.Or(strings.Compare(a.Day, b.Day), strings.Compare(a.Tenant, b.Tenant), strings.Compare(a.Product, b.Product))
	})
}

// money is what all tenants have and pay, and what lapses.
func (r Report) money(today time.Time) []view.Part {
	var parts []view.Part
	if len(r.Products) > 0 {
		t := view.Table{Head: []string{"product", "tenants", "purchased", "used", "a month", "idle"}}
		for _, p := range r.Products {
			t.Rows = append(t.Rows, []string{p.Name, fmt.Sprint(p.Tenants), fmt.Sprint(p.Purchased), fmt.Sprint(p.Used),
				amount(p.Month, p.Currency), amount(p.Idle, p.Currency)})
		}
		parts = append(parts, shortened(t), view.Break{})
	}
	if len(r.Unbilled) > 0 {
		parts = append(parts, view.Note{Level: view.Warning, Text: r.Missing()}, view.Break{})
	}
	if len(r.Lapses) > 0 {
		l := view.List{Title: fmt.Sprintf("Lapses within %d days:", lapseHorizon), First: true}
		for i, x := range r.Lapses {
			if i == mostRows {
				l.Items = append(l.Items, view.Item{Text: fmt.Sprintf("and %d more", len(r.Lapses)-i)})
				break
			}
			late := ""
			if x.Day < today.Format(time.DateOnly) {
				late = ", which is past"
			}
			text := fmt.Sprintf("%s: %s of %s%s", x.Tenant, ledger.Count(x.Seats, "seat"), x.Product, late)
			l.Items = append(l.Items, view.Item{Day: x.Day, Text: text})
		}
		parts = append(parts, l, view.Break{})
	}
	return parts
}

// Missing says whose money is not told in full; "" where all of it is.
func (r Report) Missing() string {
	if len(r.Unbilled) == 0 {
		return ""
	}
	return fmt.Sprintf("the last usage of %s has no numbers, or not all of them, so that what they cost is older, too low or missing: %s",
		ledger.Count(len(r.Unbilled), "tenant"), few(r.Unbilled))
}

func amount(m ledger.Money, currency string) string {
	if currency == "" {
		return ""
	}
	return m.String() + " " + currency
}

// mostRows are shown of what has a row for each tenant: the causes tell of all, and the data has them.
const mostRows = 20

// shortened leaves the first rows of a table, and says how many more there are.
func shortened(t view.Table) view.Table {
	if more := len(t.Rows) - mostRows; more > 0 {
		last := make([]string, len(t.Head))
		last[0] = fmt.Sprintf("and %d more", more)
		t.Rows = append(t.Rows[:mostRows:mostRows], last)
	}
	return t
}

// Bills implements view.Billed.
func (r Report) Bills() []view.Bill { return r.bills }

// Cells implements view.Tabled: a row for each result, the worst first.
func (r Report) Cells() [][]string {
	rows := [][]string{{"tenant", "operation", "outcome", "at", "last_complete", "adds", "changes", "removes", "adopts", "drifted",
		"digest", "approved", "failure", "error", "owner"}}
	for _, x := range r.Results {
		whole := ""
		if !x.Complete.IsZero() {
			whole = x.Complete.UTC().Format(time.RFC3339)
		}
		rows = append(rows, []string{x.Tenant, string(x.Operation), string(x.Outcome), x.At.UTC().Format(time.RFC3339), whole,
			fmt.Sprint(x.Adds), fmt.Sprint(x.Changes), fmt.Sprint(x.Removes), fmt.Sprint(x.Adopts), fmt.Sprint(x.Drifted),
			x.Digest, fmt.Sprint(x.Approved), x.Failure, x.Error, x.Owner})
	}
	return rows
}
