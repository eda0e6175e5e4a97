package engine

import (
	"context"
	"time"

	"github.com/usher-cli/usher/apply"
	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
	"github.com/usher-cli/usher/tenant"
)

// Run says how a plan is carried out.
type Run struct {
	Parallelism int                               // requests under way at once
	Checkpoint  time.Duration                     // between two records of a long run
	Stop        <-chan struct{}                   // closed to start nothing more
	Progress    func(ledger.Result, ledger.Tally) // is told of each call that ended
}

// Apply carries out a plan that was made of this present. The state's lock must be
// held, by the lease that the tenant was opened with. Without a report nothing was
// done; an error beside one says that not all of it is on record.
func (p *Present) Apply(ctx context.Context, pl *plan.Plan, run Run) (*ledger.Report, error) {
	journal, err := p.journal(ctx, p.Document)
	if err != nil {
		return nil, err
	}
	r := &apply.Runner{
		Tenant: p.Tenant, Store: p.Store, Journal: journal, Lock: p.lease, By: p.by("apply"), Batch: tenant.Batch,
		Parallelism: run.Parallelism, Checkpoint: run.Checkpoint, Stop: run.Stop, Progress: run.Progress,
		Name: p.Reading.Name, Lag: p.Reading.Lag, Now: p.Now, Day: p.Today,
	}
	return r.Run(ctx, pl, p.Document, p.etag)
}
