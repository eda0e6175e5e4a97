package fleet_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/usher-cli/usher/config"
	"github.com/usher-cli/usher/fleet"
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
		{Job: 5, Tenant: "beta", Operation: fleet.Drift, At: at, Outcome: fleet.Failed, Error: "no <b>time</b>",
			Causes: map[string]int{"a service has no time, or cannot be reached": 1}},
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

func TestReport(t *testing.T) {
	r := fleet.NewReport(someTenants(), results(), map[int64]bool{1: true},
		[]fleet.Open{{Job: 4, Tenant: "gamma", Operation: fleet.Plan}}, func(fleet.Operation, int64, time.Time) bool { return true })
	var b strings.Builder
	if err := view.Show("text", view.Output{Writer: &b}, r.Document(time.Time{})); err != nil {
		t.Fatal(err)
	}
	want := `Found by plan:
  2 tenants: add E5 by assignment.sales (alfa, beta)
  1 tenant: remove E3 (beta)

Done by apply:
  1 tenant: add E5 by assignment.sales (gamma)

Found by drift:
  1 tenant: a service has no time, or cannot be reached (beta)

  tenant   what   outcome  steps  drift              when
  beta    drift    failed                2026-11-30 03:00
  alfa     plan  approved     +2         2026-11-30 03:00
  beta     plan     found  +2 -1         2026-11-30 03:00

Error: beta: no <b>time</b>
  ask @be.
Warning: a job has not ended in 1 tenant: gamma
Warning: no result yet of 1 tenant: delta
Fleet: 4 tenants; results up to job 3: 2 clean, 2 with something to look at, 0 refused, 0 partial, 1 failed.
`
	if d := cmp.Diff(want, b.String()); d != "" {
		t.Error(d)
	}
	b.Reset()
	if err := view.Show("html", view.Output{Writer: &b}, r.Document(time.Time{})); err != nil || strings.Contains(b.String(), "<b>time") {
		t.Errorf("%v: what a service says is not escaped", err)
	}
}
