package apply_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/usher-cli/usher/apply"
	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
	"github.com/usher-cli/usher/plan/worlds"
	"github.com/usher-cli/usher/state"
)

// TestMain says how many worlds an ordinary run looks at.
func TestMain(m *testing.M) { os.Exit(worlds.Main(m)) }

// flaky is the tenant of a world on a bad day: calls fail, or nobody can tell
// what became of them.
type flaky struct {
	*worlds.Judge
	mu      sync.Mutex
	rnd     *rand.Rand
	percent int // of calls that do not simply succeed
	seen    map[int]int
	failed  int
	pending int
	again   int
}

// Run implements apply.Tenant.
func (f *flaky) Run(_ context.Context, calls []ledger.Call) []ledger.Result {
	results := make([]ledger.Result, len(calls))
	for i, c := range calls {
		results[i] = ledger.Result{Call: c, Outcome: f.fate(c)}
		switch results[i].Outcome {
		case ledger.Again:
			results[i].Doubt = c.ID%2 == 0
		case ledger.Done:
			f.Do(c)
		case ledger.Pending:
			results[i].Accepted = true
			f.Accept(c)
		}
	}
	return results
}

func (f *flaky) fate(c ledger.Call) ledger.Outcome {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.rnd.IntN(100) < f.percent/2 { // not now
		f.again++
		return ledger.Again
	}
	f.seen[c.ID]++
	if f.rnd.IntN(100) >= f.percent {
		return ledger.Done
	}
	if c.Holder.Kind == ledger.Group && f.rnd.IntN(2) == 0 {
		f.pending++
		return ledger.Pending
	}
	f.failed++
	switch f.rnd.IntN(3) {
	case 0:
		return ledger.Failed
	case 1: // done, and the answer is lost
		f.Do(c)
	}
	return ledger.Unknown
}

// memory is a store that dies before its n-th write.
type memory struct {
	text   []byte
	writes int
	dies   int
}

var errDead = errors.New("killed")

func (m *memory) Read(context.Context) (*state.Document, string, error) {
	if m.text == nil {
		return nil, "", nil
	}
	d, err := state.Decode(m.text)
	return d, "", err
}

func (m *memory) Write(_ context.Context, d *state.Document, _ string) (string, error) {
	if m.writes++; m.writes == m.dies {
		return "", errDead
	}
	d.Serial++
	m.text = d.Encode()
	return "", nil
}

// TestLawsOfARun runs plans concurrently, with calls that fail and runs that
// die: the pools hold at every moment, nothing runs twice, and planning again
// gives exactly what is left.
func TestLawsOfARun(t *testing.T) {
	var worldCount, failing, dying, pending, again atomic.Int64
	rapid.Check(t, func(t *rapid.T) {
		in := worlds.Draw(t)
		p := plan.New(in)
		if p.Refused() || len(p.Calls) == 0 {
			return
		}
		worldCount.Add(1)
		tenant := &flaky{Judge: worlds.NewJudge(in), rnd: rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1)),
			percent: rapid.SampledFrom([]int{0, 20, 60}).Draw(t, "percent"), seen: map[int]int{}}
		store := &memory{dies: rapid.SampledFrom([]int{0, 0, 1, 2, 3}).Draw(t, "dies")}
		doc := document(in)
		store.text = doc.Encode()
		report, err := runner(tenant, store, rapid.IntRange(1, 4).Draw(t, "parallel")).Run(context.Background(), p, doc, "")
		if err != nil && !errors.Is(err, errDead) {
			t.Fatal(err)
		}
		if err != nil {
			dying.Add(1)
		}
		if tenant.failed > 0 {
			failing.Add(1)
		}
		if tenant.pending > 0 {
			pending.Add(1)
		}
		if tenant.again > 0 {
			again.Add(1)
		}
		once(t, tenant, p, report, err)
		if len(tenant.Broken) > 0 {
			t.Fatalf("fits: %v", tenant.Broken)
		}
		continuous(t, in, p, tenant)
		replan(t, in, p, tenant, store)
	})
	t.Logf(
		"%d runs, %d with calls that fail, %d that die, %d with groups that take their time, %d with calls that are handed in again",
		worldCount.Load(),
		failing.Load(),
		dying.Load(),
		pending.Load(),
		again.Load(),
	)
}

func runner(t apply.Tenant, s apply.Store, parallel int) *apply.Runner {
	return &apply.Runner{Tenant: t, Store: s, Batch: 2, Parallelism: parallel, Now: time.Now,
		Name: func(ledger.HolderID) (string, bool) { return "", false },
		Lag:  func(ledger.HolderKind) time.Duration { return 0 }, Day: func() string { return "2026-01-01" },
		Progress: func(ledger.Result, ledger.Tally) {}}
}

func document(in plan.Input) *state.Document {
	d := state.New(in.Have.Tenant)
	e := state.NewEdit()
	for _, g := range in.Known {
		e.Put(g, "2025-01-01", nil)
	}
	e.Apply(d)
	if len(in.Claims) > 0 {
		d.Claims = &state.Claims{Digest: "sha256:earlier", Grants: slices.Clone(in.Claims)}
	}
	return d
}

// once: every call ran once or was skipped, and the report accounts for all.
func once(t *rapid.T, tenant *flaky, p *plan.Plan, r *ledger.Report, err error) {
	for _, c := range p.Calls {
		if n := tenant.seen[c.ID]; n > 1 || n > 0 && !c.Runs() {
			t.Fatalf("the call %d ran %d times (manual %q, waits %q)", c.ID, n, c.Manual, c.Waits)
		}
	}
	if err == nil && r.Done+r.Failed+r.Unknown+r.Pending+r.Skipped != r.All {
		t.Fatalf("the report loses calls: %+v", r.Tally)
	}
}

// continuous: also when calls fail and groups take their time, nobody who has
// an item before and after was without it, unless the plan names a gap.
func continuous(t *rapid.T, in plan.Input, p *plan.Plan, tenant *flaky) {
	end := worlds.NewJudge(in)
	end.EachCall(p, end.Do)
	if all := tenant.Interrupted(p, end); len(all) > 0 {
		t.Fatalf("continuity: %v were there, and are, and were not in between", all)
	}
}

// replan plans again from what the store has and the tenant shows.
func replan(t *rapid.T, in plan.Input, p *plan.Plan, tenant *flaky, store *memory) {
	doc, _, err := store.Read(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	next := in
	next.Have = tenant.Reading(in)
	next.Known, next.Claims = doc.Known(), nil
	if doc.Claims != nil {
		next.Claims = doc.Claims.Grants
	}
	var open, got []string
	for _, c := range p.Calls {
		for _, s := range c.Steps {
			if !effective(tenant, s) && !s.Op.Nudges() {
				open = append(open, effect(s))
			}
		}
	}
	for _, c := range plan.New(next).Calls {
		for _, s := range c.Steps {
			if s.Op.Nudges() { // whoever still lacks a seat, and there is room: judged by the planner's own laws
				continue
			}
			got = append(got, effect(s))
		}
	}
	slices.Sort(open)
	slices.Sort(got)
	if !slices.Equal(open, got) {
		t.Fatalf("resume: open were %v, and the new plan does %v", open, got)
	}
}

func effective(tenant *flaky, s ledger.Step) bool {
	have, there := tenant.Values[s.Key()]
	if s.After == nil || s.After.Units == 0 {
		return !there
	}
	return there && have.Equal(*s.After)
}

func effect(s ledger.Step) string {
	if s.After == nil {
		return fmt.Sprintf("%s %s", s.Op, s.Address())
	}
	return fmt.Sprintf("%s %s %v", s.Op, s.Address(), *s.After)
}
