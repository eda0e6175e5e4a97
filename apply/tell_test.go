package apply_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
	"github.com/usher-cli/usher/state"
)

// notebook is a history that cannot be written for a while.
type notebook struct {
	entries []state.Entry
	fails   map[int]bool // appends, by number
	n       int
}

func (b *notebook) Append(_ context.Context, _ time.Time, entries ...state.Entry) error {
	if b.n++; b.fails[b.n] {
		return errors.New("away")
	}
	b.entries = append(b.entries, entries...)
	return nil
}

func (b *notebook) Head() state.Head {
	return state.Head{Mark: state.Mark{Lines: int64(len(b.entries))}}
}

// TestHistoryIsToldInTheEnd: what could not be told at a checkpoint is told
// when the run ends; a run that cannot be told at its beginning makes no call.
func TestHistoryIsToldInTheEnd(t *testing.T) {
	holder := func(id string) ledger.Holder { return ledger.Holder{Kind: ledger.User, ID: id, Name: id} }
	p := &plan.Plan{Tenant: "t", Digest: "d"}
	for i, id := range []string{"a", "b", "c", "d", "e", "f"} {
		step := ledger.Step{
			Op:     ledger.Add,
			Holder: holder(id),
			Item:   ledger.Item{Kind: ledger.Seat, ID: "s", Name: "S"},
			After:  &ledger.Value{Units: 1},
		}
		p.Calls = append(p.Calls, ledger.Call{ID: i + 1, Holder: holder(id), Steps: []ledger.Step{step}})
	}
	for name, c := range map[string]struct {
		fails           map[int]bool
		calls, outcomes int
	}{
		"never away":            {nil, 6, 6},
		"away at a checkpoint":  {map[int]bool{2: true}, 2, 6},
		"away at the beginning": {map[int]bool{1: true}, 0, 0},
	} {
		calls, b := 0, &notebook{fails: c.fails}
		r := runner(doing(func(cs []ledger.Call) { calls += len(cs) }), &memory{}, 1)
		r.Journal = b
		_, err := r.Run(context.Background(), p, nil, "")
		outcomes := 0
		for _, e := range b.entries {
			outcomes += len(e.Results)
		}
		if calls != c.calls || outcomes != c.outcomes || (err != nil) != (c.calls == 0) {
			t.Errorf("%s: %d calls, %d outcomes told, %v; want %d, %d", name, calls, outcomes, err, c.calls, c.outcomes)
		}
	}
}

// doing is a tenant that does whatever it is asked.
type doing func([]ledger.Call)

func (d doing) Run(_ context.Context, calls []ledger.Call) []ledger.Result {
	d(calls)
	results := make([]ledger.Result, len(calls))
	for i, c := range calls {
		results[i] = ledger.Result{Call: c, Outcome: ledger.Done}
	}
	return results
}
