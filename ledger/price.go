package ledger

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"
)

// Money is an amount of a currency, in ten-thousandths: prices have up to four digits
// behind the point.
type Money int64

const moneyDigits = 4

// ErrMoney means that a text is no amount.
var ErrMoney = errors.New("an amount has digits, and at most four of them behind a point, such as 54.75")

// mostMoney is the largest price: a million million.
const mostMoney int64 = 1e12

// ParseMoney reads an amount, which is not negative.
func ParseMoney(text string) (Money, error) {
	whole, rest, pointed := strings.Cut(text, ".")
	digits := func(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
	if !digits(whole) || pointed && !digits(rest) || len(rest) > moneyDigits || len(text) > 30 {
		return 0, ErrMoney
	}
	n, _ := new(big.Int).SetString(whole+rest+strings.Repeat("0", moneyDigits-len(rest)), 10)
	if !n.IsInt64() || n.Int64() > mostMoney*10_000 {
		return 0, ErrMoney
	}
	return Money(n.Int64()), nil
}

// String writes an amount with two digits behind the point, or more where it has more.
func (m Money) String() string {
	sign, n := "", int64(m)
	if n < 0 {
		sign, n = "-", -n
	}
	rest := strings.TrimSuffix(strings.TrimSuffix(fmt.Sprintf("%04d", n%10_000), "0"), "0")
	return fmt.Sprintf("%s%d.%s", sign, n/10_000, rest+strings.Repeat("0", max(0, 2-len(rest))))
}

// MarshalJSON implements json.Marshaler: a text, which no reader rounds.
func (m Money) MarshalJSON() ([]byte, error) { return json.Marshal(m.String()) }

// UnmarshalJSON implements json.Unmarshaler.
func (m *Money) UnmarshalJSON(text []byte) error {
	var s string
	if err := json.Unmarshal(text, &s); err != nil {
		return err
	}
	plain, negative := strings.CutPrefix(s, "-")
	n, err := ParseMoney(plain)
	if *m = n; negative {
		*m = -n
	}
	return err
}

// Period is how long a price is for.
type Period string

// The periods of prices.
const (
	Month Period = "month"
	Year  Period = "year"
)

// Price is what units of a product cost: no service of Microsoft's tells it.
type Price struct {
	Amount   Money  `json:"amount"`
	Currency string `json:"currency"` // ISO 4217
	Units    int64  `json:"units"`    // that the amount is for
	Per      Period `json:"per"`
	// TermEnd is the last day of the term, YYYY-MM-DD: until then nothing is given back.
	// "" where nobody says.
	TermEnd string `json:"term_end,omitempty"`
	// Commitment is for how long one is bound from the end of the term on: Month, Year, or "".
	Commitment Period `json:"commitment,omitempty"`
}

// packs are how many times the amount is paid for so many units: nobody sells a part of one.
func (p Price) packs(units int64) int64 {
	of := max(1, p.Units)
	return (units + of - 1) / of
}

// Monthly is what so many units cost a month, to a cent.
func (p Price) Monthly(units int64) Money {
	return p.times(p.packs(units), big.NewRat(1, p.months()), cent)
}

// months are those that the amount is for.
func (p Price) months() int64 {
	if p.Per == Year {
		return monthsOfYear
	}
	return 1
}

const monthsOfYear = 12

// Unit is what one unit of a pack costs a month, to a ten-thousandth.
func (p Price) Unit() Money { return p.times(1, big.NewRat(1, p.months()*max(1, p.Units)), 1) }

// Charge is some units of a pool, and what they cost a month.
type Charge struct {
	Units int64 `json:"units"`
	Month Money `json:"month"`
}

// Of is what so many units cost; nil for none.
func (p Price) Of(units int64) *Charge {
	if units <= 0 {
		return nil
	}
	return &Charge{units, p.Monthly(units)}
}

// Spare is what whole packs among so many units cost; nil where there is none.
func (p Price) Spare(units int64) *Charge {
	of := max(1, p.Units)
	return p.Of(units / of * of)
}

// Until is what so many units cost from a day on, up to the end of the term, both days
// included; false where nobody knows when that is. A part of a year counts by days.
func (p Price) Until(units int64, day string) (Money, bool) {
	from, err := time.Parse(time.DateOnly, day)
	to, known := p.end(day)
	if err != nil || !known {
		return 0, false
	}
	const hours, daysOfYear = 24, 365
	days := int64(to.Sub(from).Hours()/hours) + 1
	return p.times(p.packs(units), big.NewRat(days*monthsOfYear, daysOfYear*p.months()), cent), true
}

// End is the last day of the term that a day is in, as YYYY-MM-DD; "" where nobody knows.
func (p Price) End(day string) string {
	end, known := p.end(day)
	if !known {
		return ""
	}
	return end.Format(time.DateOnly)
}

// end is the last day of the term that a day is in. A term that is over has begun anew,
// where somebody says for how long.
func (p Price) end(day string) (time.Time, bool) {
	now, err := time.Parse(time.DateOnly, day)
	end, failed := time.Parse(time.DateOnly, p.TermEnd)
	if err != nil || failed != nil {
		return end, false
	}
	first := end
	for n := 1; end.Before(now); n++ {
		switch p.Commitment {
		case Month:
			end = later(first, n)
		case Year:
			end = later(first, n*monthsOfYear)
		default:
			return end, false
		}
	}
	return end, true
}

// later is so many months later, and at the end of a month that is too short for the day.
func later(day time.Time, months int) time.Time {
	t := day.AddDate(0, months, 0)
	if t.Day() != day.Day() {
		t = t.AddDate(0, 0, -t.Day())
	}
	return t
}

// cent is a hundredth of a currency.
const cent = 100

// times is what packs cost for a part of the period, rounded to so many ten-thousandths.
func (p Price) times(packs int64, part *big.Rat, least int64) Money {
	r := new(big.Rat).SetInt64(int64(p.Amount))
	r.Mul(r, new(big.Rat).SetInt64(packs)).Mul(r, part)
	r.Quo(r, big.NewRat(least, 1))
	most := mostMoney * 10_000 / least
	n, ok := new(big.Int).SetString(r.FloatString(0), 10)
	if !ok || n.CmpAbs(big.NewInt(most)) > 0 {
		return Money(most * least)
	}
	return Money(n.Int64() * least)
}

// SavesFrom is the first day on which fewer units can cost less: the one after the term.
// "" where nobody knows.
func (p Price) SavesFrom(today string) string {
	end, known := p.end(today)
	if !known {
		return ""
	}
	return end.AddDate(0, 0, 1).Format(time.DateOnly)
}

// String is the price in words.
func (p Price) String() string {
	of := ""
	if p.Units > 1 {
		of = fmt.Sprintf(" for %d", p.Units)
	}
	return fmt.Sprintf("%s %s%s a %s", p.Amount, p.Currency, of, p.Per)
}
