//go:build !nofleet

package queue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/riverqueue/river"

	"github.com/usher-cli/usher/config"
	"github.com/usher-cli/usher/engine"
	"github.com/usher-cli/usher/fleet"
)

// lockPause is the longest time before a job looks again whether another run still has the state.
const lockPause = 5 * time.Second

// worker does jobs.
type worker struct {
	river.WorkerDefaults[job]
	q *Queue
}

// Timeout implements river.Worker.
func (w *worker) Timeout(*river.Job[job]) time.Duration { return w.q.fleet.Timeout }

// NextRetry implements river.Worker: a busy tenant gets more time with each try.
func (w *worker) NextRetry(j *river.Job[job]) time.Time {
	return w.q.o.Now().Add(w.q.o.Pause * time.Duration(j.Attempt))
}

// Work implements river.Worker. What the tenant has no time for is tried again. What its identity
// or its files forbid is not: nothing changes before somebody changes it.
func (w *worker) Work(ctx context.Context, j *river.Job[job]) error {
	log := w.q.o.Log.With("tenant", j.Args.Tenant, "operation", j.Args.Operation, "job", j.ID)
	at := slices.IndexFunc(w.q.fleet.Tenants, func(t config.FleetTenant) bool { return t.Name == j.Args.Tenant })
	if at < 0 {
		return river.JobCancel(fmt.Errorf("the fleet has no tenant %s any more", j.Args.Tenant))
	}
	var reviewed []byte
	if j.Args.Operation == fleet.Apply {
		var err error
		switch reviewed, err = w.q.approved(ctx, j.Args.Tenant, j.Args.Digest); {
		case err != nil:
			return err
		case reviewed == nil:
			return river.JobCancel(errors.New("nobody approved this plan, or it is kept no longer"))
		}
	}
	r := w.q.o.Operator.Do(ctx, w.q.fleet.Tenants[at], j.Args.Operation, reviewed)
	r.Job = j.ID
	log.Info("job", slog.String("outcome", string(r.Outcome)), slog.Int64("took_ms", r.Took.Milliseconds()), slog.String("error", r.Error))
	switch {
	case context.Cause(ctx) != nil && !errors.Is(context.Cause(ctx), context.DeadlineExceeded):
		return ctx.Err() // the worker stops: another one takes the job up
	case r.Failure == engine.Locked:
		return river.JobSnooze(min(w.q.o.Pause, lockPause))
	case r.Failure == engine.Busy && j.Attempt < j.MaxAttempts:
		return errors.New(r.Error)
	}
	if err := w.q.keep(context.WithoutCancel(ctx), r); err != nil {
		return err
	}
	if r.Outcome == fleet.Failed {
		return river.JobCancel(errors.New(r.Error))
	}
	return nil
}

// Work works on jobs until the context ends, and lets those that run come to an end.
func (q *Queue) Work(ctx context.Context) error {
	if q.fleet.Queue == config.PostgreSQL {
		living, end := context.WithCancel(context.WithoutCancel(ctx))
		ended := make(chan struct{})
		go func() { q.stayAlive(living); close(ended) }()
		defer func() { end(); <-ended }()
	}
	if err := q.jobs.Start(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("the worker cannot start: %w", err)
	}
	<-ctx.Done()
	return q.jobs.Stop(context.WithoutCancel(ctx))
}
