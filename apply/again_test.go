package apply_test

import (
	"context"
	"testing"
	"time"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
	"github.com/usher-cli/usher/state"
)

// undecided is a tenant that wants a call handed in again before it says how it
// ended, and something happens meanwhile.
type undecided struct {
	doubt bool
	wait  time.Duration
	while func()
	seen  int
}

// Run implements apply.Tenant.
func (u *undecided) Run(_ context.Context, calls []ledger.Call) []ledger.Result {
	if u.seen++; u.seen == 1 {
		u.while()
		return []ledger.Result{{Call: calls[0], Outcome: ledger.Again, Doubt: u.doubt, Wait: u.wait}}
	}
	return []ledger.Result{{Call: calls[0], Outcome: ledger.Done}}
}

// TestHandedInAgain: a call that has not ended is handed in again; whatever ends
// the run first, what may have been carried out is settled, or unknown, and never
// taken for not done.
func TestHandedInAgain(t *testing.T) {
	const soon, never = time.Millisecond, time.Hour
	for name, c := range map[string]struct {
		doubt       bool
		wait        time.Duration
		stop, lost  bool
		want        ledger.Outcome
		requests    int
		interrupted bool
	}{
		"nothing happens":                     {false, soon, false, false, ledger.Done, 2, false},
		"interrupted, and nothing was done":   {false, never, true, false, ledger.Failed, 1, true},
		"interrupted in doubt":                {true, 20 * time.Millisecond, true, false, ledger.Done, 2, true},
		"the lock is lost in doubt":           {true, never, false, true, ledger.Unknown, 1, true},
		"the lock is lost, and nothing is in": {false, never, false, true, ledger.Failed, 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			h := ledger.Holder{Kind: ledger.User, ID: "ada", Name: "ada@x"}
			item := ledger.Item{Kind: ledger.Seat, ID: "sku", Name: "SKU"}
			p := plan.New(plan.Input{Want: []ledger.Grant{{Holder: h, Item: item, Value: ledger.Value{Units: 1}}}, Today: "2026-01-01",
				Have: ledger.Have{Tenant: "t", Supply: []ledger.Supply{{Item: item, Owned: 1, Assignable: true}}}})
			stop, lost := make(chan struct{}), make(chan struct{})
			tenant := &undecided{doubt: c.doubt, wait: c.wait, while: func() {
				if c.stop {
					close(stop)
				}
				if c.lost {
					close(lost)
				}
			}}
			doc := state.New("t")
			r := runner(tenant, &memory{text: doc.Encode()}, 1)
			r.Stop, r.Lock = stop, lockLost(lost)
			report, _ := r.Run(context.Background(), p, doc, "")
			outcome := ledger.Done
			if len(report.Results) > 0 {
				outcome = report.Results[0].Outcome
			}
			if outcome != c.want || tenant.seen != c.requests || report.Interrupted != c.interrupted {
				t.Errorf(
					"%s after %d requests, interrupted: %t; want %s after %d, %t",
					outcome,
					tenant.seen,
					report.Interrupted,
					c.want,
					c.requests,
					c.interrupted,
				)
			}
		})
	}
}

// lockLost is a lock that somebody takes when the channel is closed.
type lockLost chan struct{}

func (l lockLost) Lost() <-chan struct{} { return l }

func (l lockLost) Check(context.Context) error { return nil }
