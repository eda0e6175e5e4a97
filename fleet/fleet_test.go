package fleet_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/usher-cli/usher/config"
	"github.com/usher-cli/usher/fleet"
	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/view"
)

func someTenants() []config.FleetTenant {
	return []config.FleetTenant{
		{Name: "alfa", Labels: map[string]string{"size": "large", "country": "NL"}},
		{Name: "beta", Labels: map[string]string{"size": "large", "country": "BE"}, Owner: "@be"},
		{Name: "gamma", Labels: map[string]string{"size": "small"}},
		{Name: "delta"},
	}
}

func TestSelect(t *testing.T) {
	f := &config.Fleet{Tenants: someTenants()}
	for selection, want := range map[string]string{
		"":                       "alfa beta gamma delta",
		"size=large":             "alfa beta",
		"size=large, country=NL": "alfa",
		"GAMMA":                  "gamma",
		"gamma,size=large":       "-tenants=gamma,size=large fits no tenant of the fleet",
		",":                      "-tenants=, has an empty condition: leave it out, or write a label or a name",
		"size=":                  "-tenants=size= fits no tenant of the fleet",
		"sise=large":             `no tenant of the fleet has the label "sise": did you mean size?`,
		"gama":                   `no tenant of the fleet has the tenant "gama": did you mean gamma?`,
	} {
		chosen, err := fleet.Select(f, selection)
		var names []string
		for _, c := range chosen {
			names = append(names, c.Name)
		}
		got := strings.Join(names, " ")
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q chooses %q, want %q", selection, got, want)
		}
	}
	if len(f.Tenants) != 4 {
		t.Error("a selection changes the fleet")
	}
}

// results are those of a night after a change of a base: one cause in three tenants.
func results() []fleet.Result {
	at := time.Date(2026, 11, 30, 3, 0, 0, 0, time.UTC)
	add := map[string]int{"add E5 by assignment.sales": 2}
	return []fleet.Result{
		{Job: 1, Tenant: "alfa", Operation: fleet.Plan, At: at, Outcome: fleet.Found, Digest: "a", Adds: 2, Causes: add},
		{Job: 2, Tenant: "beta", Operation: fleet.Plan, At: at, Outcome: fleet.Found, Digest: "b", Adds: 2, Removes: 1,
			Causes: map[string]int{"add E5 by assignment.sales": 2, "remove E3": 1}},
		{Job: 3, Tenant: "gamma", Operation: fleet.Plan, At: at, Outcome: fleet.Found, Digest: "c", Adds: 2, Causes: add},
		{Job: 4, Tenant: "gamma", Operation: fleet.Apply, At: at.Add(time.Hour), Outcome: fleet.Clean, Digest: "c", Adds: 2, Causes: add},
		{Job: 5, Tenant: "beta", Operation: fleet.Drift, At: at, Outcome: fleet.Failed, Error: "no <b>time</b>", Complete: at.AddDate(0, 0, -2),
			Causes: map[string]int{"a service has no time, or cannot be reached": 1}},
		{Job: 7, Tenant: "alfa", Operation: fleet.Usage, At: at, Outcome: fleet.Clean},
		{Job: 8, Tenant: "beta", Operation: fleet.Usage, At: at, Outcome: fleet.Clean},
		{Job: 6, Tenant: "nobody's", Operation: fleet.Drift, At: at, Outcome: fleet.Failed},
	}
}

// TestWaiting: what was applied does not wait, unless the same plan is made again.
func TestWaiting(t *testing.T) {
	names := func(all []fleet.Result) (names []string) {
		for _, r := range all {
			names = append(names, r.Tenant)
		}
		return names
	}
	all := results()
	if d := cmp.Diff([]string{"alfa", "beta"}, names(fleet.Waiting(all))); d != "" {
		t.Error(d)
	}
	all[2].At = all[3].At.Add(time.Hour)
	if d := cmp.Diff([]string{"alfa", "beta", "gamma"}, names(fleet.Waiting(all))); d != "" {
		t.Error(d)
	}
	all = results()
	all[3].Outcome = fleet.Failed
	if d := cmp.Diff([]string{"alfa", "beta", "gamma"}, names(fleet.Waiting(all))); d != "" {
		t.Error(d)
	}
	// An approval by cause leaves out plans that do something besides.
	if d := cmp.Diff([]string{"alfa"}, names(fleet.Approvable(results(), []string{"add E5 by assignment.sales"}, 6))); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string(nil), names(fleet.Approvable(results(), []string{"add E5 by assignment.sales"}, 0))); d != "" {
		t.Error(d)
	}
}

// someBills are of two tenants, of one whose usage is of no interest, and of one that is gone.
func someBills() []view.Bill {
	price := &ledger.Price{Amount: 547_500, Currency: "EUR", Units: 1, Per: ledger.Month}
	e5, e3 := ledger.Item{Kind: ledger.Seat, ID: "e5", Name: "SPE_E5"}, ledger.Item{Kind: ledger.Seat, ID: "e3", Name: "SPE_E3"}
	return []view.Bill{
		{Tenant: "1", Name: "alfa", Day: "2026-11-30", Usage: []ledger.Usage{
			{Item: e5, Purchased: 20, Used: 15, Price: price, Charge: price.Of(20), Idle: price.Of(5),
				Lapses: []ledger.Lapse{{Day: "2027-01-29", Seats: 20}, {Day: "2027-01-30", Seats: 1}}},
			{Item: ledger.Item{Name: "FLOW_FREE"}, Free: true}}},
		{Tenant: "2", Name: "beta", Day: "2026-11-30", Usage: []ledger.Usage{
			{Item: e5, Purchased: 10, Used: 10, Price: price, Charge: price.Of(10), Lapses: []ledger.Lapse{{Day: "2026-11-01", Seats: 10}}},
			{Item: e3, Purchased: 10, Used: 12}}},
		{Tenant: "3", Name: "gamma", Day: "2026-11-30", Usage: []ledger.Usage{{Item: e3, Purchased: 1000}}},
		{Tenant: "4", Name: "nobody's", Day: "2026-11-30", Usage: []ledger.Usage{{Item: e3, Purchased: 1000}}},
	}
}

// TestPartial: what could not be read stays a cause after the plan was applied, and is nothing that
// an approval by causes has to name.
func TestPartial(t *testing.T) {
	at := time.Date(2026, 11, 30, 3, 0, 0, 0, time.UTC)
	plan := fleet.Result{Job: 1, Tenant: "alfa", Operation: fleet.Plan, At: at, Outcome: fleet.Partial, Digest: "a", Adds: 1,
		Causes: map[string]int{"add E5": 1, "not read: environments": 1}}
	if n := len(fleet.Approvable([]fleet.Result{plan}, []string{"add E5"}, 1)); n != 1 {
		t.Errorf("%d plans can be approved by their cause, want 1", n)
	}
	if n := len(fleet.Approvable([]fleet.Result{plan}, []string{"not read: environments"}, 1)); n != 0 {
		t.Errorf("%d plans can be approved without their cause", n)
	}
	apply := fleet.Result{Job: 2, Tenant: "alfa", Operation: fleet.Apply, At: at.Add(time.Hour), Outcome: fleet.Partial, Digest: "a", Adds: 1}
	all := func(fleet.Operation, int64, time.Time) bool { return true }
	r := fleet.NewReport(someTenants(), fleet.Records{Results: []fleet.Result{plan, apply}}, all)
	if len(r.Causes) != 1 || r.Causes[0].Text != "not read: environments" || r.Results[1].Outcome != fleet.Partial {
		t.Errorf("after the apply: %+v, %+v", r.Causes, r.Results)
	}
	forget := fleet.Result{Job: 3, Tenant: "alfa", Operation: fleet.Plan, At: at, Outcome: fleet.Found, Digest: "f",
		Causes: map[string]int{"forget E5": 1}}
	apply.Digest = "f"
	if r := fleet.NewReport(someTenants(), fleet.Records{Results: []fleet.Result{forget, apply}}, all); len(r.Causes) != 0 {
		t.Errorf("a plan that only corrects records waits for ever: %+v", r.Causes)
	}
}

// TestUnbilled: a usage that failed is no saving.
func TestUnbilled(t *testing.T) {
	all := func(fleet.Operation, int64, time.Time) bool { return true }
	r := fleet.NewReport(someTenants(), fleet.Records{Bills: someBills(),
		Results: []fleet.Result{{Job: 9, Tenant: "beta", Operation: fleet.Usage, Outcome: fleet.Failed}}}, all)
	if len(r.Products) != 2 || !strings.Contains(r.Missing(), "1 tenant has no numbers") || !strings.HasSuffix(r.Missing(), ": beta") {
		t.Errorf("%+v, %q", r.Products, r.Missing())
	}
}

func TestReport(t *testing.T) {
	r := fleet.NewReport(someTenants(), fleet.Records{Results: results(), Approved: map[int64]bool{1: true},
		Bills: someBills(), Open: []fleet.Open{{Job: 4, Tenant: "gamma", Operation: fleet.Plan}}},
		func(fleet.Operation, int64, time.Time) bool { return true })
	var b strings.Builder
	if err := view.Show("text", view.Output{Writer: &b}, r.Document(time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC))); err != nil {
		t.Fatal(err)
	}
	want := `Found by plan:
  2 tenants: add E5 by assignment.sales (alfa, beta)
  1 tenant: remove E3 (beta)

Done by apply:
  1 tenant: add E5 by assignment.sales (gamma)

Found by drift:
  1 tenant: a service has no time, or cannot be reached (beta)

  product  tenants  purchased  used      a month        idle
  SPE_E5         2         30    25  1642.50 EUR  273.75 EUR
  SPE_E3         1         10    12

Lapses within 60 days:
  2026-11-01 beta: 10 seats of SPE_E5, which is past
  2027-01-29 alfa: 20 seats of SPE_E5

  tenant   what   outcome  steps  drift              when     last complete
  beta    drift    failed                2026-11-30 03:00  2026-11-28 03:00
  alfa     plan  approved     +2         2026-11-30 03:00
  beta     plan     found  +2 -1         2026-11-30 03:00

Error: beta: no <b>time</b>
  ask @be.
Warning: a job has not ended in 1 tenant: gamma
Warning: no result yet of 1 tenant: delta
Fleet: 4 tenants; results up to job 3: 4 clean, 2 with something to look at, 0 refused, 0 partial, 1 failed.
`
	if d := cmp.Diff(want, b.String()); d != "" {
		t.Error(d)
	}
	b.Reset()
	if err := view.Show("html", view.Output{Writer: &b}, r.Document(time.Time{})); err != nil || strings.Contains(b.String(), "<b>time") {
		t.Errorf("%v: what a service says is not escaped", err)
	}
	for _, format := range []string{"html", "markdown"} { // causes come first, in any medium
		b.Reset()
		if err := view.Show(format, view.Output{Writer: &b}, r.Document(time.Time{})); err != nil ||
			strings.Index(b.String(), "Found by plan") > strings.Index(b.String(), "last complete") {
			t.Errorf("%s, %v: the causes come after the tenants", format, err)
		}
	}
}
