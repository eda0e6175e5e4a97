package config

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/usher-cli/usher/ledger"
)

// priceNames are what a price has. Sku is for rows of a file, and says nothing here.
func priceNames() []string {
	return []string{"amount", "commitment", "currency", "per", "sku", "term_end", "units"}
}

// price reads what units cost.
//
//	price = { amount = 54.75, currency = "EUR", per = "month", term_end = "2027-06-30" }
//	price = local.prices["SPE_E5"]  # a row of csvdecode(file("prices.csv"))
//
// It is a value and no block, so that a file of prices is read by the functions that there
// are. What is empty in a row counts as absent.
func (l *lowering) price(attr *hclsyntax.Attribute) *ledger.Price {
	v, ok := l.eval.value(attr)
	if !ok {
		return nil
	}
	r := priceReader{l, attr.Expr.Range(), map[string]string{}}
	if t := v.Type(); !t.IsObjectType() && !t.IsMapType() {
		r.fail("A price is a value such as { amount = 54.75, currency = \"EUR\" }, and this is %s.", kindOf(v))
		return nil
	}
	if !v.IsWhollyKnown() {
		return nil // it rests on something in error
	}
	found := len(l.diags)
	r.read(v.AsValueMap())
	p := &ledger.Price{Currency: r.texts["currency"], Per: ledger.Month, Units: 1, TermEnd: r.texts["term_end"]}
	r.amount(p)
	if per := r.texts["per"]; per != "" {
		p.Per = ledger.Period(per)
	}
	p.Commitment = ledger.Period(r.texts["commitment"])
	r.check(p)
	if len(l.diags) > found {
		return nil
	}
	return p
}

// priceReader reads the parts of a price.
type priceReader struct {
	l     *lowering
	at    hcl.Range
	texts map[string]string
}

func (r priceReader) fail(format string, args ...any) { r.l.fail(r.at, "Wrong price", format, args...) }

// read makes texts of the parts.
func (r priceReader) read(parts map[string]cty.Value) {
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		if !slices.Contains(priceNames(), name) {
			r.fail("A price has no %s; it has %s.%s", name, strings.Join(priceNames(), ", "), didYouMean(name, priceNames()))
			continue
		}
		s, err := convert.Convert(parts[name], cty.String)
		if err != nil {
			r.fail("The %s of a price is a text or a number, and this is %s.", name, kindOf(parts[name]))
		} else if !s.IsNull() {
			r.texts[name] = strings.TrimSpace(s.AsString())
		}
	}
}

// amount reads the amount, and how many units it is for.
func (r priceReader) amount(p *ledger.Price) {
	var err error
	if p.Amount, err = ledger.ParseMoney(r.texts["amount"]); err != nil {
		r.fail("The amount of a price is %.40q: %s.", r.texts["amount"], err)
	}
	text := r.texts["units"]
	if text == "" {
		return
	}
	n, err := convert.Convert(cty.StringVal(text), cty.Number)
	if err != nil {
		r.fail("The units of a price are a whole number, and this is %.40q.", text)
		return
	}
	if i, accuracy := n.AsBigFloat().Int64(); accuracy == 0 && i >= 1 && i <= maxUnits {
		p.Units = i
		return
	}
	r.fail("The units of a price are a whole number from 1 to %d, and this is %.40q.", int64(maxUnits), text)
}

var currency = regexp.MustCompile(`^[A-Z]{3}$`)

// check refuses words that mean nothing.
func (r priceReader) check(p *ledger.Price) {
	if !currency.MatchString(p.Currency) {
		r.fail("The currency of a price is three capital letters such as \"EUR\", and this is %.40q.", p.Currency)
	}
	periods := []ledger.Period{ledger.Month, ledger.Year}
	if !slices.Contains(periods, p.Per) {
		r.fail("A price is per \"month\" or per \"year\", and this is %.40q.", string(p.Per))
	}
	if p.Commitment != "" && !slices.Contains(periods, p.Commitment) {
		r.fail("The commitment of a price is \"month\" or \"year\", and this is %.40q.", string(p.Commitment))
	}
	if _, err := time.Parse(time.DateOnly, p.TermEnd); p.TermEnd != "" && err != nil {
		r.fail("The term_end of a price is a day such as \"2027-06-30\", and this is %.40q.", p.TermEnd)
	}
}
