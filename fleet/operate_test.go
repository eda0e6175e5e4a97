package fleet_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/usher-cli/usher/config"
	"github.com/usher-cli/usher/fleet"
)

const base = `variable "label" {
}

tenant "sandbox" {
  file = "t.tenant.json"
}

license "premium" {
  sku = "POWERAUTOMATE_ATTENDED_RPA"
}

assignment "office" {
  users = ["grace@contoso.com"]
  reason = var.label

  grant "premium" {}
}
`

// newOperator makes a fleet of one tenant.
func newOperator(t *testing.T) (*fleet.Operator, config.FleetTenant) {
	t.Helper()
	dir := t.TempDir()
	text, err := os.ReadFile("../cmd/usher/testdata/tenants/small.tenant.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "base"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"t.tenant.json": string(text), "main.hcl": base} {
		if err := os.WriteFile(filepath.Join(dir, "base", name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	o := &fleet.Operator{Fleet: &config.Fleet{Dir: dir, Timeout: time.Minute}, Version: "0.1.0", Now: time.Now,
		Env: func(name string) string { return map[string]string{"USHER_VAR_label": "of somebody else"}[name] }}
	return o, config.FleetTenant{Name: "alfa", Directory: "base", Variables: map[string]string{"label": "x"}}
}

// TestApplyGoesOn: an apply that was done, and whose result was lost, is done.
func TestApplyGoesOn(t *testing.T) {
	o, alfa := newOperator(t)
	ctx := context.Background()
	plan := o.Do(ctx, alfa, fleet.Plan, nil)
	if plan.Outcome != fleet.Found || plan.Adds != 1 || plan.Digest == "" {
		t.Fatalf("%+v", plan)
	}
	for _, when := range []string{"first", "once more"} {
		if r := o.Do(ctx, alfa, fleet.Apply, plan.Document); r.Outcome != fleet.Clean || r.Begun || r.Adds != 1 {
			t.Errorf("%s: %+v", when, r)
		}
	}
	if r := o.Do(ctx, alfa, fleet.Plan, nil); r.Outcome != fleet.Clean {
		t.Errorf("a plan afterwards: %+v", r)
	}
}

// TestOthersVariables: a job sees its own variables, and none that the worker was given.
func TestOthersVariables(t *testing.T) {
	o, alfa := newOperator(t)
	alfa.Variables = nil
	if r := o.Do(context.Background(), alfa, fleet.Plan, nil); r.Outcome != fleet.Failed || len(r.Causes) != 1 {
		t.Errorf("%+v", r)
	}
	alfa.Variables = map[string]string{"label": "x", "lable": "y"}
	if r := o.Do(context.Background(), alfa, fleet.Plan, nil); r.Outcome != fleet.Failed {
		t.Errorf("a variable that no block declares: %+v", r)
	}
	alfa.Variables, alfa.ID = map[string]string{"label": "x"}, "3f2c1a90-0000-4000-8000-000000000000"
	if r := o.Do(context.Background(), alfa, fleet.Plan, nil); r.Outcome != fleet.Failed || r.Document != nil {
		t.Errorf("another tenant: %+v", r)
	}
}
