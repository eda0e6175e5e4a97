package engine_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/usher-cli/usher/engine"
	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
)

// TestManyTenantsAtOnce plans and applies for several tenants in one process at the
// same time. Each sees its own people and its own state.
func TestManyTenantsAtOnce(t *testing.T) {
	text, err := os.ReadFile(smallTenant)
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for n := range 6 {
		name := fmt.Sprintf("tenant%d", n)
		dir := t.TempDir()
		own := strings.ReplaceAll(strings.ReplaceAll(string(text), "@contoso.com", "@"+name+".com"),
			"81db8ebb-bbc6-4c6c-aad4-a6aa92b76e0c", fmt.Sprintf("81db8ebb-bbc6-4c6c-aad4-a6aa92b76e%02d", n))
		if err := configure(dir, []byte(own), "ada@"+name+".com", "nobody.at@"+name+".com"); err != nil {
			t.Fatal(err)
		}
		all.Go(func() {
			if err := planAndApply(dir, name); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
	all.Wait()
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
	dir, err := exampleDirectory("ada@contoso.com", "grace@contoso.com", "linus@contoso.com", "donald@contoso.com")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := run(context.Background(), dir); !errors.Is(err, engine.ErrRefused) {
		t.Errorf("applying a plan that is short ends with %v", err)
	}
}

// TestNothingIsAppliedWithoutTheLock: a tenant that was opened for reading is not
// changed, whoever calls, and the state stays as it is.
func TestNothingIsAppliedWithoutTheLock(t *testing.T) {
	dir, err := exampleDirectory("ada@contoso.com")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	w := &engine.World{Version: "0.1.0", Dir: dir, Env: func(string) string { return "" }, Now: time.Now}
	l, _, err := engine.Load(w, engine.Inputs{}, engine.Whole())
	if err != nil {
		t.Fatal(err)
	}
	opened, err := l.Open(engine.Access{})
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close(&err)
	present, err := opened.Read(context.Background(), engine.Scope{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := present.Apply(context.Background(), present.Plan(engine.Choices{}), engine.RunOptions{}); !errors.Is(err, engine.ErrNoLock) {
		t.Errorf("applying without the lock ends with %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "usher.state.json")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("there is a state, %v", err)
	}
}

// TestAReviewGoesOn: a run of a reviewed plan fails on its way. The reviewed plan is enough
// to go on with the rest of it. Its digest alone does not say what the rest may be.
func TestAReviewGoesOn(t *testing.T) {
	dir, err := exampleDirectory("ada@contoso.com", "linus@contoso.com")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	text, err := os.ReadFile(smallTenant)
	if err != nil {
		t.Fatal(err)
	}
	const fault = `"faults": [{"method":"POST","path":"26492b3f-a93f-43ff-912f-1cc8a066aea3/assignLicense",` +
		`"status":403,"code":"x","message":"no"}],`
	broken := strings.Replace(string(text), `"users"`, fault+`"users"`, 1)
	if err := os.WriteFile(filepath.Join(dir, "t.tenant.json"), []byte(broken), 0o600); err != nil {
		t.Fatal(err)
	}
	first := expecting(t, dir, nil, true)
	if first.Refused() || len(first.Calls) != 2 {
		t.Fatalf("the plan is %+v", first)
	}
	rest := expecting(t, dir, &plan.Expected{Digest: first.Digest, Plan: first}, false)
	if rest.Refused() || len(rest.Calls) != 1 || rest.Digest == first.Digest {
		t.Errorf("the rest of the reviewed plan is %+v, %+v", rest.Steps(), rest.Unreviewed)
	}
	other := expecting(t, dir, &plan.Expected{Digest: first.Digest}, false)
	if !other.Refused() || len(other.Unreviewed.Steps) != 1 {
		t.Errorf("the plan is another one than that of the digest, and runs: %+v", other.Unreviewed)
	}
	if same := expecting(t, dir, &plan.Expected{Digest: rest.Digest}, false); same.Refused() {
		t.Errorf("the plan is that of the digest, and is refused: %+v", same.Unreviewed)
	}
}

// expecting makes a plan where another one was reviewed, and applies it where asked for.
func expecting(t *testing.T, dir string, e *plan.Expected, applies bool) *plan.Plan {
	t.Helper()
	w := &engine.World{Version: "0.1.0", Dir: dir, Env: func(string) string { return "" }, Now: time.Now}
	l, _, err := engine.Load(w, engine.Inputs{}, engine.Whole())
	if err != nil {
		t.Fatal(err)
	}
	lease, err := l.Lock(context.Background(), "apply", 0)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Release(lease, &err)
	opened, err := l.Open(engine.Access{Lease: lease})
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close(&err)
	present, err := opened.Read(context.Background(), engine.Scope{Expected: e})
	if err != nil {
		t.Fatal(err)
	}
	p := present.Plan(engine.Choices{})
	if applies {
		if report, err := present.Apply(context.Background(), p, engine.RunOptions{}); err != nil || report.Complete() {
			t.Fatalf("the run is to fail on its way: %+v, %v", report, err)
		}
	}
	return p
}
