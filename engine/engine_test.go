package engine_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/usher-cli/usher/engine"
	"github.com/usher-cli/usher/ledger"
)

// TestManyTenantsAtOnce plans and applies for several tenants in one process at the
// same time. Each sees its own people and its own state.
func TestManyTenantsAtOnce(t *testing.T) {
	text, err := os.ReadFile("../cmd/usher/testdata/tenants/small.tenant.json")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for n := range 6 {
		name := fmt.Sprintf("tenant%d", n)
		dir := t.TempDir()
		write(t, dir, "t.tenant.json", strings.ReplaceAll(strings.ReplaceAll(string(text), "@contoso.com", "@"+name+".com"),
			"81db8ebb-bbc6-4c6c-aad4-a6aa92b76e0c", fmt.Sprintf("81db8ebb-bbc6-4c6c-aad4-a6aa92b76e%02d", n)))
		write(t, dir, "main.hcl", fmt.Sprintf(oneTenant, name, name))
		all.Go(func() {
			if err := planAndApply(dir, name); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
	all.Wait()
}

const oneTenant = `tenant "sandbox" {
  file = "t.tenant.json"
}

license "premium" {
  sku       = "POWERAUTOMATE_ATTENDED_RPA"
  unmanaged = "ignore"
}

assignment "office" {
  users = ["ada@%s.com", "nobody.at@%s.com"]

  grant "premium" {}
}
`

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// planAndApply brings a tenant to what its files say, and looks whether it is.
func planAndApply(dir, name string) (err error) {
	w := &engine.World{Version: "0.1.0", Dir: dir, Env: func(string) string { return "" }, Now: time.Now}
	l, diags, err := engine.Load(w, engine.Inputs{}, engine.Whole())
	if err != nil || diags.HasErrors() {
		return errors.Join(err, diags)
	}
	ctx := context.Background()
	lease, err := l.Lock(ctx, "apply", 0)
	if err != nil {
		return err
	}
	defer l.Release(lease, &err)
	opened, err := l.Open(engine.Access{Wait: time.Second, Lease: lease})
	if err != nil {
		return err
	}
	defer opened.Close(&err)
	present, err := opened.Read(ctx, engine.Scope{})
	if err != nil {
		return err
	}
	p := present.Plan(engine.Choices{})
	if steps := p.Steps(); len(steps) != 1 || steps[0].Holder.Name != "ada@"+name+".com" {
		return fmt.Errorf("the plan is %+v", steps)
	}
	done := 0
	report, err := present.Apply(ctx, p, engine.RunOptions{Parallelism: 2, Checkpoint: time.Minute,
		Progress: func(ledger.Result, ledger.Tally) { done++ }})
	if err != nil || !report.Complete() || done != 1 {
		return errors.Join(fmt.Errorf("the run is %+v with %d calls", report, done), err)
	}
	if present, err = present.Again(ctx); err != nil {
		return err
	}
	if again := present.Plan(engine.Choices{}); !again.Empty() || len(present.Known) != 1 {
		return fmt.Errorf("planning again gives %+v, and the state knows %+v", again.Steps(), present.Known)
	}
	return nil
}

// TestRefusedPlansAreNotApplied: whoever calls the engine cannot carry out by mistake
// what a plan refuses.
func TestRefusedPlansAreNotApplied(t *testing.T) {
	dir, err := exampleDirectory()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	text, err := os.ReadFile(filepath.Join(dir, "main.hcl"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, "main.hcl", strings.Replace(string(text), `["ada@contoso.com"]`,
		`["ada@contoso.com", "grace@contoso.com", "linus@contoso.com", "donald@contoso.com"]`, 1))
	if err := run(context.Background(), dir); !errors.Is(err, engine.ErrRefused) {
		t.Errorf("applying a plan that is short ends with %v", err)
	}
}
