package apply

import (
	"context"
	"errors"
	"time"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
	"github.com/usher-cli/usher/state"
)

// Tenant is what apply needs of a tenant: something that runs calls and says
// how each ended, or that it is to be handed in again, in the same order.
type Tenant interface {
	Run(ctx context.Context, calls []ledger.Call) []ledger.Result
}

// Store is where a run keeps its record; it holds the state's lock.
type Store interface {
	Write(ctx context.Context, d *state.Document, etag string) (string, error)
}

// Journal is where a run says what it does, for those who ask later.
type Journal interface {
	Append(ctx context.Context, at time.Time, entries ...state.Entry) error
	Head() state.Head
}

// Lock is what a run has of the state's lock.
type Lock interface {
	// Check fails where the lock is not surely ours. It is asked before every
	// request that changes something.
	Check(ctx context.Context) error
	// Lost is closed when the lock is not ours any more.
	Lost() <-chan struct{}
}

// Runner applies plans.
type Runner struct {
	Tenant      Tenant
	Store       Store
	Journal     Journal // nil for none
	Lock        Lock    // nil where nobody else can come
	By          state.By
	Batch       int           // calls for people in a request
	Parallelism int           // requests under way at once
	Checkpoint  time.Duration // between records of a long run
	Lag         func(ledger.HolderKind) time.Duration
	Name        func(ledger.HolderID) (string, bool) // what the tenant calls a holder now
	Matches     map[ledger.Key]ledger.Match          // why selections cover some of these
	Wants       []ledger.Grant                       // what the files ask for, sorted by key; nil where they are not at hand
	Undeclared  []state.Undeclared                   // for the state; nil where this run does not tell
	Now         func() time.Time
	Day         func() string                     // today, as YYYY-MM-DD
	Stop        <-chan struct{}                   // closed to start nothing more
	Progress    func(ledger.Result, ledger.Tally) // called for every call that ended
}

// Run carries out the plan on the state, which is the version with the etag,
// or nil where there is none yet. The state's lock must be held. An error
// means that the state could not be written: then no further call is started.
func (r *Runner) Run(ctx context.Context, p *plan.Plan, d *state.Document, etag string) (*ledger.Report, error) {
	rec := newRecorder(r, p, d, etag)
	if err := rec.begin(ctx); err != nil {
		return nil, err
	}
	report, err := newRun(r, p, rec).calls(ctx)
	// What happened is recorded even when the run was told to stop, and tried
	// once more when it could not be before.
	if last := rec.end(context.WithoutCancel(ctx), report); last != nil {
		return report, errors.Join(err, last)
	}
	return report, nil
}
