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

// Monthly is what so many units cost a month, to a cent.
func (p Price) Monthly(units int64) Money {
	months := int64(1)
	if p.Per == Year {
		months = 12
	}
	return p.times(units, big.NewRat(1, months), cent)
}

// Unit is what one unit costs a month, to a ten-thousandth.
func (p Price) Unit() Money {
	if p.Per == Year {
		return p.times(1, big.NewRat(1, 12), 1)
	}
	return p.times(1, big.NewRat(1, 1), 1)
}

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

// Until is what so many units cost from a day on, up to the end of the term; false where
// nobody says when that is, or it is over. A part of a year counts by days.
func (p Price) Until(units int64, day string) (Money, bool) {
	from, err := time.Parse(time.DateOnly, day)
	to, failed := time.Parse(time.DateOnly, p.TermEnd)
	if err != nil || failed != nil || to.Before(from) {
		return 0, false
	}
	years := int64(1)
	if p.Per == Month {
		years = 12
	}
	const hours, daysOfYear = 24, 365
	return p.times(units, big.NewRat(int64(to.Sub(from).Hours()/hours)*years, daysOfYear), cent), true
}

// cent is a hundredth of a currency.
const cent = 100

// times is what units cost for a part of the period, rounded to so many ten-thousandths.
func (p Price) times(units int64, part *big.Rat, least int64) Money {
	r := new(big.Rat).SetFrac64(int64(p.Amount), max(1, p.Units))
	r.Mul(r, new(big.Rat).SetInt64(units)).Mul(r, part)
	r.Quo(r, big.NewRat(least, 1))
	most := mostMoney * 10_000 / least
	n, ok := new(big.Int).SetString(r.FloatString(0), 10)
	if !ok || n.CmpAbs(big.NewInt(most)) > 0 {
		return Money(most * least)
	}
	return Money(n.Int64() * least)
}

// SavesFrom is the first day on which fewer units can cost less; "" where nobody knows.
//
//	term_end = "2027-06-30"   2027-07-01
//	commitment = "month"      the first day of the next month
func (p Price) SavesFrom(today string) string {
	now, err := time.Parse(time.DateOnly, today)
	if err != nil {
		return ""
	}
	if end, err := time.Parse(time.DateOnly, p.TermEnd); err == nil && !end.Before(now) {
		return end.AddDate(0, 0, 1).Format(time.DateOnly)
	}
	if p.Commitment == Month {
		return time.Date(now.Year(), now.Month()+1, 1, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
	}
	return ""
}

// String is the price in words.
func (p Price) String() string {
	of := ""
	if p.Units > 1 {
		of = fmt.Sprintf(" for %d", p.Units)
	}
	return fmt.Sprintf("%s %s%s a %s", p.Amount, p.Currency, of, p.Per)
}
