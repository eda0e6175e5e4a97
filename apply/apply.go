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
// how each ended, in the same order.
type Tenant interface {
	Run(ctx context.Context, calls []ledger.Call) []ledger.Result
}

// Runner applies plans.
type Runner struct {
	Tenant      Tenant
	Store       state.Store
	Batch       int           // calls for people in a request
	Parallelism int           // requests under way at once
	Checkpoint  time.Duration // between records of a long run
	Lag         func(ledger.HolderKind) time.Duration
	Name        func(ledger.HolderID) (string, bool) // what the tenant calls a holder now
	Now         func() time.Time
	Day         func() string                     // today, as YYYY-MM-DD
	Stop        <-chan struct{}                   // closed to start nothing more
	Progress    func(ledger.Result, ledger.Tally) // called for every call that ended
}

// Run carries out the plan on the state, which is the version with the etag,
// or nil where there is none yet. The state's lock must be held. An error
// means that the state could not be written: then no further call is started.
func (r *Runner) Run(ctx context.Context, p *plan.Plan, d *state.Document, etag string, lost <-chan struct{}) (*ledger.Report, error) {
	rec := newRecorder(r, p, d, etag)
	if err := rec.begin(ctx); err != nil {
		return nil, err
	}
	report, err := r.calls(ctx, p, rec, lost)
	// What happened is recorded even when the run was told to stop, and tried
	// once more when it could not be before.
	if last := rec.end(context.WithoutCancel(ctx), report.Complete()); last != nil {
		return report, errors.Join(err, last)
	}
	return report, nil
}

// answer is what one request brought back.
type answer struct {
	places  []int
	results []ledger.Result
}

func (r *Runner) calls(ctx context.Context, p *plan.Plan, rec *recorder, lost <-chan struct{}) (*ledger.Report, error) {
	report := &ledger.Report{Tally: ledger.Tally{All: len(p.Calls), Recorded: len(p.Records)}}
	d := newDispatcher(p.Calls, p.Pools)
	note := func(results []ledger.Result) {
		for _, res := range results {
			undo := res.Call.ID > len(p.Calls) // not a call of the plan: it puts somebody back
			if !undo {
				report.Add(res)
			}
			rec.note(res)
			if res.Outcome != ledger.Done || len(res.Unfit) > 0 || undo {
				report.Results = append(report.Results, res)
			}
			r.Progress(res, report.Tally)
		}
	}
	d.unblock()
	note(d.givenUp())
	answers := make(chan answer)
	requests := 0
	stop := r.Stop
	var broken error // the state could not be written: what is in flight still counts
	for {
		requests += r.start(ctx, d, answers, requests)
		if requests == 0 {
			return report, broken
		}
		select {
		case a := <-answers:
			requests--
			for i, place := range a.places {
				d.finish(place, a.results[i])
			}
			note(a.results)
			if err := rec.checkpoint(ctx); err != nil && broken == nil {
				broken = err
				d.silence("the state could not be written")
			}
		case <-stop:
			stop, report.Interrupted = nil, true
			d.interrupt("the run was interrupted")
		case <-lost:
			lost, report.Interrupted = nil, true
			rec.frozen = true
			d.silence("the lock on the state was lost")
		}
		note(d.givenUp())
	}
}

// start sends requests until as many are under way as may be, and returns
// how many it sent.
func (r *Runner) start(ctx context.Context, d *dispatcher, answers chan<- answer, running int) int {
	for sent := 0; ; sent++ {
		var places []int
		if running+sent < max(1, r.Parallelism) {
			places = d.take(r.Batch)
		}
		if len(places) == 0 {
			return sent
		}
		go func() { answers <- answer{places, r.Tenant.Run(ctx, pick(d.calls, places))} }()
	}
}

func pick(calls []ledger.Call, places []int) []ledger.Call {
	out := make([]ledger.Call, len(places))
	for i, p := range places {
		out[i] = calls[p]
	}
	return out
}
