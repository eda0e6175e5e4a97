package engine

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/usher-cli/usher/apply"
	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
	"github.com/usher-cli/usher/state"
	"github.com/usher-cli/usher/tenant"
)

// RunOptions says how a plan is carried out. The zero value is fine.
type RunOptions struct {
	Parallelism int                               // requests under way at once; 0 for DefaultParallelism
	Checkpoint  time.Duration                     // between two records of a long run; 0 for DefaultCheckpoint
	Stop        <-chan struct{}                   // closed to start nothing more; nil for never
	Progress    func(ledger.Result, ledger.Tally) // is told of each call that ended; nil for nobody
}

// What a run has where nobody says otherwise.
const (
	DefaultParallelism = 4
	DefaultCheckpoint  = 15 * time.Second
)

// ErrRefused means that a plan has errors or is refused: nothing of it may be done.
var ErrRefused = errors.New("the plan is refused, and nothing was done")

// ErrNoLock means that a caller did not lock the state before it opened the tenant.
var ErrNoLock = errors.New("the tenant was opened without a lock of the state, and nothing was done")

// Apply carries out a plan that was made of this present. The state's lock must be
// held, by the lease that the tenant was opened with. Without a report nothing was
// done; an error beside one says that not all of it is on record. A plan with errors,
// or one that is refused, is ErrRefused; without the lock it is ErrNoLock.
//
// It is safe to end the process at any moment: what was begun is in the claims of the state
// before the first request, and the next run finds out what came of it.
func (p *Present) Apply(ctx context.Context, pl *plan.Plan, run RunOptions) (*ledger.Report, error) {
	if len(pl.Errors()) > 0 || pl.Refused() {
		return nil, ErrRefused
	}
	if p.lease == nil {
		return nil, ErrNoLock
	}
	journal, err := p.journal(ctx, p.Document)
	if err != nil {
		return nil, err
	}
	r := &apply.Runner{
		Tenant: p.Tenant, Store: p.Store, Journal: journal, Lock: p.lease, By: p.by("apply"), Batch: tenant.Batch,
		Parallelism: cmp.Or(run.Parallelism, DefaultParallelism), Checkpoint: cmp.Or(run.Checkpoint, DefaultCheckpoint),
		Stop: run.Stop, Progress: run.Progress,
		Wants: p.wants(), Matches: p.matches, Undeclared: p.undeclared(pl), Name: p.Reading.Name, Lag: p.Reading.Lag, Now: p.Now, Day: p.Today,
	}
	if r.Progress == nil {
		r.Progress = func(ledger.Result, ledger.Tally) {}
	}
	return r.Run(ctx, pl, p.Document, p.etag)
}

// Note writes into the state what a plan without steps has found out: which selectors it has
// applied, whom they find from now on comes by the directory; and since when no line asks for
// what is held. Where the state has all of it already, or there is none yet, nothing is written.
func (p *Present) Note(ctx context.Context, pl *plan.Plan) error {
	if p.Document == nil {
		return nil
	}
	selectors := pl.Selectors != nil && !slices.Equal(pl.Selectors, p.Document.Selectors) && !pl.Incomplete()
	since := p.Document.LeavingSince()
	same := func(h plan.Held, l state.Leaving) bool { return h.Since == l.Since && keyOf(h) == l.Key() }
	held := pl.Held != nil && !slices.EqualFunc(pl.Leaving(since, p.Today()), p.Document.Leaving, same)
	if !selectors && !held {
		return nil
	}
	_, err := p.Apply(ctx, pl, RunOptions{})
	return err
}
