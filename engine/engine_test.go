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
