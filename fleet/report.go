package fleet

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/usher-cli/usher/config"
	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/view"
)

// Report is one page for all tenants, and its data.
type Report struct {
	Format   int           `json:"format"`
	Tenants  int           `json:"tenants"`
	Causes   []Cause       `json:"causes"`
	Results  []TenantState `json:"results"`
	Products []Product     `json:"products"` // of the last usage of the tenants
	Lapses   []Lapse       `json:"lapses"`
	Unbilled []string      `json:"unbilled"` // tenants whose last usage has no numbers: theirs are older, or missing
	Open     []string      `json:"open"`     // tenants with a job that has not ended
	Unheard  []string      `json:"unheard"`  // tenants without a result
	Job      int64         `json:"job"`      // the number of the last job that it tells of

	bills []view.Bill
}

// Records are what a report is made of.
type Records struct {
	Results  []Result       // the last one of each tenant and operation
	Approved map[int64]bool // jobs of plans that somebody approved
	Open     []Open
	Bills    []view.Bill // of the last usage of each tenant, by its name in the fleet
}

// Open is a job that has not ended.
type Open struct {
	Job       int64
	Tenant    string
	Operation Operation
}

// Wanted reports whether a report tells of a job: its operation, and when it ended; the zero time
// where it has not.
type Wanted func(op Operation, job int64, at time.Time) bool

// Cause is what was found in one or more tenants.
type Cause struct {
	Operation Operation `json:"operation"`
	Text      string    `json:"cause"`
	Count     int       `json:"count"` // of steps or differences
	Tenants   []string  `json:"tenants"`
}

// TenantState is the last result of an operation of a tenant.
type TenantState struct {
	Tenant    string    `json:"tenant"`
	Operation Operation `json:"operation"`
	Outcome   Outcome   `json:"outcome"`
	At        time.Time `json:"at"`
	Complete  time.Time `json:"last_complete,omitzero"` // when the operation had a complete result last
	Adds      int       `json:"adds"`
	Changes   int       `json:"changes"`
	Removes   int       `json:"removes"`
	Adopts    int       `json:"adopts"`
	Drifted   int       `json:"drifted"`
	Digest    string    `json:"digest,omitempty"`
	Approved  bool      `json:"approved,omitempty"`
	Failure   string    `json:"failure,omitempty"`
	Error     string    `json:"error,omitempty"`
	Owner     string    `json:"owner,omitempty"`
}

// NewReport puts the last results of the tenants together: what was found by its cause, the one of
// most tenants first, and the tenants with the worst first.
//
// Only what is wanted is told. Money and what lapses are of the usage that is told.
func NewReport(tenants []config.FleetTenant, from Records, wanted Wanted) Report {
	r := Report{Format: 1, Tenants: len(tenants), Causes: []Cause{}, Results: []TenantState{}, Products: []Product{}, Lapses: []Lapse{},
		Unbilled: []string{}, Open: []string{}, Unheard: []string{}}
	place := map[string]int{}
	owners := map[string]string{}
	for _, t := range tenants {
		owners[t.Name] = t.Owner
	}
	used := map[string]bool{}
	for _, x := range withoutApplied(from.Results) {
		owner, is := owners[x.Tenant]
		if !is || !wanted(x.Operation, x.Job, x.At) {
			continue
		}
		if x.Operation == Usage {
			used[x.Tenant] = true
			if x.Outcome == Failed || x.Outcome == Partial {
				r.Unbilled = append(r.Unbilled, x.Tenant)
			}
		}
		r.Results = append(r.Results, stateOf(x, from.Approved[x.Job], owner))
		r.Job = max(r.Job, x.Job)
		r.cause(x, place)
	}
	r.missing(tenants, from.Open, wanted)
	products := map[[2]string]int{}
	for _, b := range from.Bills {
		if used[b.Name] {
			r.bills = append(r.bills, b)
			r.count(b, products)
		}
	}
	r.sort()
	r.sortMoney()
	return r
}

// stateOf is a result in a report.
func stateOf(x Result, approved bool, owner string) TenantState {
	return TenantState{Tenant: x.Tenant, Operation: x.Operation, Outcome: x.Outcome, At: x.At, Complete: x.Complete,
		Adds: x.Adds, Changes: x.Changes, Removes: x.Removes, Adopts: x.Adopts, Drifted: x.Drifted,
		Digest: x.Digest, Approved: approved, Failure: string(x.Failure), Error: x.Error, Owner: owner}
}

// withoutApplied are results in which a plan that an apply did since has nothing to do any more.
func withoutApplied(results []Result) []Result {
	waiting := map[int64]bool{}
	for _, x := range Waiting(results) {
		waiting[x.Job] = true
	}
	all := slices.Clone(results)
	for i, x := range all {
		if x.Operation != Plan || waiting[x.Job] || x.Outcome != Found && x.Outcome != Partial {
			continue
		}
		if x.Outcome == Found {
			all[i].Outcome = Clean
		}
		all[i].Causes = map[string]int{}
		for text, n := range x.Causes {
			if unread(text) {
				all[i].Causes[text] = n
			}
		}
	}
	return all
}

// missing notes the tenants whose results are still to come. A plan that is not made yet was not
// seen by whoever reads the report, although its number can be lower than that of another one.
func (r *Report) missing(tenants []config.FleetTenant, open []Open, wanted Wanted) {
	heard, working := map[string]bool{}, map[string]bool{}
	for _, x := range r.Results {
		heard[x.Tenant] = true
	}
	for _, o := range open {
		working[o.Tenant] = working[o.Tenant] || wanted(o.Operation, o.Job, time.Time{})
		if o.Operation == Plan {
			r.Job = min(r.Job, o.Job-1)
		}
	}
	for _, t := range tenants {
		switch {
		case working[t.Name]:
			r.Open = append(r.Open, t.Name)
		case !heard[t.Name]:
			r.Unheard = append(r.Unheard, t.Name)
		}
	}
}

// cause adds what a result found; place is where each cause is.
func (r *Report) cause(x Result, place map[string]int) {
	for text, n := range x.Causes {
		key := string(x.Operation) + " " + text
		at, known := place[key]
		if !known {
			at = len(r.Causes)
			place[key] = at
			r.Causes = append(r.Causes, Cause{Operation: x.Operation, Text: text})
		}
		r.Causes[at].Count += n
		r.Causes[at].Tenants = append(r.Causes[at].Tenants, x.Tenant)
	}
}

// sort puts the cause of most tenants and the worst results first.
func (r *Report) sort() {
	for i := range r.Causes {
		slices.Sort(r.Causes[i].Tenants)
	}
	slices.SortFunc(r.Causes, func(a, b Cause) int {
		return cmp.Or(len(b.Tenants)-len(a.Tenants), b.Count-a.Count, strings.Compare(string(a.Operation)+a.Text, string(b.Operation)+b.Text))
	})
	slices.SortFunc(r.Results, func(a, b TenantState) int {
		return cmp.Or(a.Outcome.rank()-b.Outcome.rank(), strings.Compare(a.Tenant, b.Tenant),
			strings.Compare(string(a.Operation), string(b.Operation)))
	})
}

// rank puts the worst first.
func (o Outcome) rank() int {
	return slices.Index([]Outcome{Failed, Partial, Refused, Unfinished, Found, Clean}, o)
}

// Document is the page of a report.
func (r Report) Document(at time.Time) view.Document {
	p := view.Page{Title: "Fleet", At: at, Finding: ledger.Something}
	n := map[Outcome]int{}
	for _, x := range r.Results {
		n[x.Outcome]++
	}
	for _, op := range Operations() {
		if l := r.byCause(op); len(l.Items) > 0 {
			p.Parts = append(p.Parts, l, view.Break{})
		}
	}
	p.Parts = append(p.Parts, r.money(at)...)
	t := view.Table{Head: []string{"tenant", "what", "outcome", "steps", "drift", "when", "last complete"}}
	for _, x := range r.Results {
		if x.Outcome != Clean {
			t.Rows = append(t.Rows, []string{x.Tenant, string(x.Operation), x.outcome(), x.steps(), number(x.Drifted),
				minute(x.At), x.since()})
		}
	}
	if len(t.Rows) > 0 {
		p.Parts = append(p.Parts, shortened(t), view.Break{})
	}
	for _, x := range r.Results {
		if x.Outcome == Failed {
			n := view.Note{Level: view.Wrong, Address: x.Tenant, Text: x.Error}
			if x.Owner != "" {
				n.Fix = "ask " + x.Owner
			}
			p.Parts = append(p.Parts, n)
		}
	}
	if len(r.Open) > 0 {
		p.Parts = append(p.Parts, view.Note{Level: view.Warning,
			Text: fmt.Sprintf("a job has not ended in %s: %s", ledger.Count(len(r.Open), "tenant"), few(r.Open))})
	}
	if len(r.Unheard) > 0 {
		p.Parts = append(p.Parts, view.Note{Level: view.Warning,
			Text: fmt.Sprintf("no result yet of %s: %s", ledger.Count(len(r.Unheard), "tenant"), few(r.Unheard))})
	}
	if n[Failed]+n[Partial]+len(r.Unheard)+len(r.Open) > 0 {
		p.Finding = ledger.Incomplete
	} else if n[Clean] == len(r.Results) {
		p.Finding = ledger.Nothing
	}
	p.Parts = append(p.Parts, view.Verdict(fmt.Sprintf(
		"Fleet: %s; results up to job %d: %d clean, %d with something to look at, %d refused, %d partial, %d failed.",
		ledger.Count(r.Tenants, "tenant"), r.Job, n[Clean], n[Found]+n[Unfinished], n[Refused], n[Partial], n[Failed])))
	return view.Document{Page: p, Data: r}
}

// byCause lists what an operation found, the cause of most tenants first.
//
//	Found by drift:
//	  40 tenants: changed SPE_E3, Teams on (alfa, beta, gamma and 37 more)
func (r Report) byCause(op Operation) view.List {
	l := view.List{Title: "Found by " + string(op) + ":", First: true}
	if op == Apply {
		l.Title = "Done by apply:"
	}
	for _, c := range r.Causes {
		if c.Operation == op {
			l.Items = append(l.Items, view.Item{Text: fmt.Sprintf("%s: %s (%s)", ledger.Count(len(c.Tenants), "tenant"), c.Text, few(c.Tenants))})
		}
	}
	return l
}

// outcome is the outcome, with whether somebody approved the plan.
func (x TenantState) outcome() string {
	if x.Approved && x.Operation == Plan && (x.Outcome == Found || x.Outcome == Partial) {
		return "approved"
	}
	return string(x.Outcome)
}

// since is when an operation that has no complete result now had one last.
func (x TenantState) since() string {
	switch {
	case x.Outcome != Failed && x.Outcome != Partial:
		return ""
	case x.Complete.IsZero():
		return "never"
	}
	return minute(x.Complete)
}

func minute(at time.Time) string { return at.UTC().Format("2006-01-02 15:04") }

func (x TenantState) steps() string {
	var all []string
	for _, s := range []struct {
		sign string
		n    int
	}{{"+", x.Adds}, {"~", x.Changes}, {"-", x.Removes}, {"=", x.Adopts}} {
		if s.n > 0 {
			all = append(all, fmt.Sprintf("%s%d", s.sign, s.n))
		}
	}
	return strings.Join(all, " ")
}

func number(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}

// few names some of many.
func few(names []string) string {
	const most = 3
	if len(names) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	return strings.Join(names, ", ")
}
