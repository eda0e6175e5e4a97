//go:build !nofleet

package queue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/usher-cli/usher/config"
	"github.com/usher-cli/usher/engine"
	"github.com/usher-cli/usher/fleet"
)

// lockPause is the longest time before a job looks again whether somebody else still works on its tenant.
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

// Work implements river.Worker.
func (w *worker) Work(ctx context.Context, j *river.Job[job]) error {
	at := slices.IndexFunc(w.q.fleet.Tenants, func(t config.FleetTenant) bool { return t.Name == j.Args.Tenant })
	if at < 0 {
		return w.wait(j, w.q.o.Pause, "the fleet that this worker has read has no such tenant: start it anew, or cancel the job")
	}
	t := w.q.fleet.Tenants[at]
	if free, err := w.q.take(ctx, t.Name); err != nil {
		return err
	} else if !free {
		return river.JobSnooze(min(w.q.o.Pause, lockPause))
	}
	defer w.q.give(context.WithoutCancel(ctx), t.Name)
	if kept, err := w.q.kept(ctx, j.ID); err != nil || kept { // its worker was killed right after the result
		return err
	}
	var reviewed []byte
	begun := false
	if j.Args.Operation == fleet.Apply {
		var err error
		if reviewed, begun, err = w.q.approved(ctx, j.Args.Tenant, j.Args.Plan); err != nil {
			return err
		}
		if reviewed == nil {
			return w.end(ctx, j, fleet.Result{Outcome: fleet.Failed, Failure: engine.Wrong, Error: "nobody approved this plan, or it was applied, " +
				"or it is kept no longer"})
		}
	}
	now := w.q.o.Now()
	if waitsForWindow(j.Args.Operation) && !j.Args.Now && !begun && t.Window.Opens(now).After(now) {
		return river.JobSnooze(Order{Tenant: t}.begin(now).Sub(now)) // nobody did it while the window was open
	}
	if j.Args.Operation == fleet.Apply {
		if err := w.q.begun(ctx, j.Args.Plan); err != nil { // what was begun goes on outside of the window, too
			return err
		}
	}
	return w.conclude(ctx, j, w.q.o.Operator.Do(ctx, t, j.Args.Operation, reviewed))
}

// waitsForWindow reports whether an operation is for the night: it changes something, or nobody
// waits for it.
func waitsForWindow(op fleet.Operation) bool { return op == fleet.Apply || op == fleet.Drift }

// conclude decides what becomes of a job. What the tenant has no time for is tried again. What its
// identity or its files forbid is not: nothing changes before somebody changes it.
func (w *worker) conclude(ctx context.Context, j *river.Job[job], r fleet.Result) error {
	cancelled := errors.Is(context.Cause(ctx), rivertype.ErrJobCancelledRemotely)
	switch {
	case cancelled && r.Outcome == fleet.Failed:
		r.Failure, r.Error = engine.Wrong, "somebody cancelled it"
	case r.Begun: // the worker stops, it took too long, or it lost the lock: somebody goes on with it
		w.tell("again", j, r)
		return river.JobSnooze(min(w.q.o.Pause, lockPause))
	case r.Outcome == fleet.Failed && ctx.Err() != nil && !errors.Is(ctx.Err(), context.DeadlineExceeded):
		return ctx.Err() // the worker stops: another one takes the job up
	case r.Failure == engine.Locked:
		return w.wait(j, lockPause, r.Error)
	case r.Failure == engine.Busy && j.Attempt < tries:
		w.tell("again", j, r)
		return errors.New(fleet.FailureText(r.Failure)) // the queue keeps it, and traces show it: no name is in it
	}
	return w.end(ctx, j, r)
}

// wait lets a job look again later, for as long as a job may take. After that the job has failed.
func (w *worker) wait(j *river.Job[job], pause time.Duration, why string) error {
	pause = min(w.q.o.Pause, pause)
	var seen struct {
		Snoozes int64 `json:"snoozes"`
	}
	_ = json.Unmarshal(j.Metadata, &seen) // without it the job waits on
	if time.Duration(seen.Snoozes)*pause > w.q.fleet.Timeout {
		return w.end(context.Background(), j, fleet.Result{Outcome: fleet.Failed, Failure: engine.Locked, Error: why})
	}
	return river.JobSnooze(pause)
}

// end keeps the result of a job.
func (w *worker) end(ctx context.Context, j *river.Job[job], r fleet.Result) error {
	r.Job, r.Tenant, r.Operation = j.ID, j.Args.Tenant, j.Args.Operation
	if r.At.IsZero() {
		r.At = w.q.o.Now().UTC()
	}
	w.tell("job", j, r)
	if err := w.q.keep(context.WithoutCancel(ctx), r, j.Args.Plan); err != nil {
		return err
	}
	if q := w.q; q.o.Ended != nil {
		q.o.Ended(r)
	}
	if r.Outcome == fleet.Failed {
		return river.JobCancel(errors.New(fleet.FailureText(r.Failure)))
	}
	return nil
}

// tell logs what came of a try.
func (w *worker) tell(what string, j *river.Job[job], r fleet.Result) {
	w.q.o.Log.Info(what, slog.String("tenant", j.Args.Tenant), slog.String("operation", string(j.Args.Operation)), slog.Int64("job", j.ID),
		slog.String("outcome", string(r.Outcome)), slog.Int64("took_ms", r.Took.Milliseconds()), slog.String("error", r.Error))
}

// Work works on jobs until the context ends, and lets those that run come to an end.
func (q *Queue) Work(ctx context.Context) error {
	q.o.Operator.Stop = ctx.Done()
	defer q.endLocks()
	lasting := context.WithoutCancel(ctx)
	if q.fleet.Queue == config.PostgreSQL {
		own, err := q.holdLock(lasting) // before the first job: others would take it for nobody's
		if err != nil {
			return fmt.Errorf("the worker cannot start: %w", err)
		}
		living, end := context.WithCancel(lasting)
		ended := make(chan struct{})
		go func() { q.stayAlive(living, own); close(ended) }()
		defer func() { end(); <-ended }()
	}
	if err := q.stayPaused(lasting); err != nil {
		return err
	}
	if err := q.jobs.Start(lasting); err != nil {
		return fmt.Errorf("the worker cannot start: %w", q.unmade(err))
	}
	<-ctx.Done()
	return q.jobs.Stop(lasting)
}
