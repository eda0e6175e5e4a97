package apply_test

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
	"github.com/usher-cli/usher/plan/worlds"
)

// impatient is a tenant whose administrator interrupts the run while the
// n-th call is under way.
type impatient struct {
	*worlds.Judge
	mu   sync.Mutex
	at   int
	busy map[int]bool // calls that are throttled the first time
	stop chan struct{}
}

// Run implements apply.Tenant.
func (i *impatient) Run(_ context.Context, calls []ledger.Call) []ledger.Result {
	results := make([]ledger.Result, len(calls))
	for k, c := range calls {
		i.mu.Lock()
		if i.at--; i.at == 0 {
			close(i.stop)
		}
		busy := i.busy[c.ID]
		delete(i.busy, c.ID)
		i.mu.Unlock()
		if busy {
			results[k] = ledger.Result{Call: c, Outcome: ledger.Again}
			continue
		}
		i.Do(c)
		results[k] = ledger.Result{Call: c, Outcome: ledger.Done}
	}
	return results
}

// TestInterruptedGaps interrupts runs of plans with gaps at every call: whoever
// gave up a seat for another has the one or the other when the run ends.
func TestInterruptedGaps(t *testing.T) {
	var runs, finished atomic.Int64
	rapid.Check(t, func(t *rapid.T) {
		in := worlds.Draw(t)
		in.AllowGaps = 9
		p := plan.New(in)
		if p.Refused() || len(p.Gaps) == 0 {
			return
		}
		for at := 1; at <= len(p.Calls); at++ {
			runs.Add(1)
			tenant := &impatient{Judge: worlds.NewJudge(in), at: at, busy: map[int]bool{}, stop: make(chan struct{})}
			for n := range 2 * len(p.Calls) {
				tenant.busy[n] = rand.IntN(3) == 0
			}
			doc := document(in)
			r := runner(tenant, &memory{text: doc.Encode()}, 1+rand.IntN(3))
			r.Stop = tenant.stop
			report, err := r.Run(context.Background(), p, doc, "")
			if err != nil {
				t.Fatal(err)
			}
			finished.Add(whole(t, p, tenant, report))
			if len(tenant.Broken) > 0 {
				t.Fatalf("fits: %v", tenant.Broken)
			}
		}
	})
	t.Logf("%d interrupted runs, %d splits of which were finished", runs.Load(), finished.Load())
}

// whole: the two halves of every split are both done, or neither is. It counts
// those that are.
func whole(t *rapid.T, p *plan.Plan, tenant *impatient, report *ledger.Report) (done int64) {
	for _, c := range p.Calls {
		for _, s := range c.Undo {
			old := tenant.Values[s.Key()].Units > 0
			got := effective(&flaky{Judge: tenant.Judge}, c.Steps[0])
			if old == got {
				t.Fatalf("%s has the old seat: %v, and the new one: %v, after %+v", s.Holder.Address(), old, got, report.Tally)
			}
			if got {
				done++
			}
		}
	}
	return done
}
