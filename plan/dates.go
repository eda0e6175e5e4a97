package plan

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/usher-cli/usher/ledger"
)

// Due is what a date will make necessary.
type Due struct {
	Day     string          `json:"day"` // YYYY-MM-DD
	Op      ledger.Op       `json:"op"`
	Holder  ledger.Holder   `json:"holder"`
	Item    ledger.Item     `json:"item"`
	Trial   bool            `json:"trial,omitempty"` // it ends by itself
	Origins []ledger.Origin `json:"origins,omitempty"`
}

// Trial is an item that ends by itself, and the day on which somebody was
// given it.
type Trial struct {
	Holder ledger.Holder
	Item   ledger.Item
	Since  string // YYYY-MM-DD
}

// trialDays is how long an assigned trial lasts. Source: Microsoft Learn, "Buy
// and manage Power Automate licenses".
const trialDays = 90

// horizon is how many days ahead a plan looks.
const horizon = 14

// calendar is what the dates of the wants come to today.
type calendar struct {
	want  []ledger.Grant // everything that holds today
	ended map[ledger.Key]ledger.Dated
	dated map[ledger.Key]bool // holds today, because of a date
}

// Active are the grants that lines ask for today, one a key, sorted.
func Active(in Input) []ledger.Grant {
	want := slices.Clone(newCalendar(in).want)
	ledger.SortGrants(want)
	return want
}

// newCalendar finds what holds today: the wants without dates, and those whose days have come
// and not passed.
//
//	users = ["ada@contoso.com"]
//	until = "2027-03-31"
//
// On 31 March Ada has the license, and on 1 April the plan removes it because its last day
// has passed. A declaration without dates wins over any with them.
func newCalendar(in Input) *calendar {
	c := &calendar{want: in.Want, ended: map[ledger.Key]ledger.Dated{}, dated: map[ledger.Key]bool{}}
	if len(in.Dated) == 0 {
		return c
	}
	holds := map[ledger.Key]int{} // position in want, of what holds today by date
	c.want = slices.Clone(in.Want)
	always := map[ledger.Key]bool{}
	for _, g := range in.Want {
		always[g.Key()] = true
	}
	dated := slices.Clone(in.Dated)
	slices.SortFunc(dated, func(a, b ledger.Dated) int {
		return cmp.Or(a.Key().Compare(b.Key()), strings.Compare(a.From, b.From), strings.Compare(a.Until, b.Until))
	})
	for _, d := range dated {
		key := d.Key()
		at, twice := holds[key]
		switch {
		case always[key] || !d.Started(in.Today):
		case d.Ended(in.Today):
			c.ended[key] = d
		case twice:
			c.want[at].Origins = ledger.MergeOrigins(c.want[at].Origins, d.Origins)
		default:
			holds[key] = len(c.want)
			c.dated[key] = d.From != ""
			c.want = append(c.want, d.Grant)
		}
	}
	return c
}

// upcoming lists what falls due within the horizon, and the last day on which
// the plan is what the files ask for.
//
// A plan that is reviewed on Friday and applied on Monday may stand for other files than
// those of Monday: it holds up to the day before the first change of what is wanted.
func upcoming(in Input) ([]Due, string) {
	if len(in.Dated)+len(in.Since) == 0 {
		return nil, ""
	}
	last := dayAfter(in.Today, horizon)
	var all []Due
	first := ""
	note := func(day string, op ledger.Op, d ledger.Dated) {
		if day <= in.Today {
			return
		}
		if first == "" || day < first {
			first = day
		}
		if day <= last {
			all = append(all, Due{Day: day, Op: op, Holder: d.Holder, Item: d.Item, Origins: d.Origins})
		}
	}
	for _, d := range in.Dated {
		if d.From != "" {
			note(d.From, ledger.Add, d)
		}
		if d.Until != "" {
			note(dayAfter(d.Until, 1), ledger.Remove, d)
		}
	}
	for _, t := range in.Since {
		if day := dayAfter(t.Since, trialDays); day > in.Today && day <= last {
			all = append(all, Due{Day: day, Op: ledger.Remove, Holder: t.Holder, Item: t.Item, Trial: true})
		}
	}
	slices.SortFunc(all, func(a, b Due) int {
		return cmp.Or(
			strings.Compare(a.Day, b.Day),
			strings.Compare(string(ledger.NewAddress(a.Holder, a.Item)), string(ledger.NewAddress(b.Holder, b.Item))),
			strings.Compare(string(a.Op), string(b.Op)),
		)
	})
	if first != "" {
		first = dayAfter(first, -1)
	}
	return all, first
}

// dayAfter is the day n days later; "" where the day is none.
func dayAfter(day string, n int) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return ""
	}
	return t.AddDate(0, 0, n).Format(time.DateOnly)
}

// due reports whether a date makes the row necessary: it ended, or it began
// and was not given yet.
//
// The nightly job applies only what a date makes necessary. What drifted, or was merged and
// not applied yet, waits for people.
func (t *table) due(r row) bool {
	_, ended := t.calendar.ended[r.key]
	begun := t.calendar.dated[r.key] && (r.known == nil || r.want != nil && !r.known.Equal(r.want.Value))
	return r.want == nil && ended || r.want != nil && begun
}
