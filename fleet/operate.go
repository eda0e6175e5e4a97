package fleet

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"github.com/usher-cli/usher/config"
	"github.com/usher-cli/usher/engine"
	"github.com/usher-cli/usher/plan"
	"github.com/usher-cli/usher/state"
	"github.com/usher-cli/usher/view"
)

// Operator does the work of jobs.
type Operator struct {
	Fleet   *config.Fleet
	Version string
	Env     func(string) string
	Now     func() time.Time
	Warn    func(tenant, text string) // is told what nothing stops for
	Room    *rate.Limiter             // of the requests to all tenants together; nil for no limit
	Stop    <-chan struct{}           // closed when nothing more is to be started
	// Credentials are variables of the environment of one tenant alone; nil where all share an identity.
	Credentials func(context.Context, config.FleetTenant) (map[string]string, error)
}

// Do does one job. What goes wrong is in the result.
//
// An apply carries out a plan that was reviewed, as a saved one: all of it, or nothing where it no
// longer holds. After a worker was killed the rest of it follows.
func (o *Operator) Do(ctx context.Context, t config.FleetTenant, op Operation, reviewed []byte) Result {
	began := o.Now()
	r := Result{Tenant: t.Name, Operation: op, Causes: map[string]int{}}
	err := o.do(ctx, t, &r, reviewed)
	if err != nil {
		r = Result{Tenant: t.Name, Operation: op, Digest: r.Digest, Begun: r.Begun, Outcome: Failed,
			Failure: engine.FailureOf(err), Error: inWords(err)}
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			r.Failure, r.Error = engine.Busy, fmt.Sprintf("it did not end within %s", o.Fleet.Timeout)
		}
		r.Causes = map[string]int{FailureText(r.Failure): 1}
	}
	r.At = o.Now().UTC()
	r.Took = r.At.Sub(began)
	return r.printable()
}

func (o *Operator) do(ctx context.Context, t config.FleetTenant, r *Result, reviewed []byte) (err error) {
	l, saved, err := o.load(ctx, t, r, reviewed)
	if err != nil {
		return err
	}
	access := engine.Access{Low: r.Operation == Drift, Wait: longestWait}
	if r.Operation == Apply {
		if access.Lease, err = l.Lock(ctx, string(Apply), 0); err != nil {
			return err
		}
		defer l.Release(access.Lease, &err)
	} else if holder, err := l.Store.LockedBy(ctx); err == nil && holder != nil { // what changes meanwhile is no drift
		return &state.LockedError{Store: l.Store.String(), Lock: holder}
	}
	opened, err := l.Open(access)
	if err != nil {
		return err
	}
	defer opened.Close(&err)
	if r.Operation == Doctor {
		return r.doctor(ctx, opened)
	}
	whole := r.Operation == Export
	p, err := opened.Read(ctx, engine.Scope{Everything: whole || r.Operation == Usage, Whole: whole, Saved: saved})
	switch {
	case err != nil:
		return err
	case t.ID != "" && p.Reading.Tenant != t.ID:
		return fmt.Errorf("the tenant that answers is %s, and the fleet says that %s is %s", p.Reading.Tenant, t.Name, t.ID)
	case r.Operation == Apply:
		return o.apply(ctx, r, p, saved)
	}
	return r.of(ctx, p)
}

// load reads the configuration of a tenant, and of an apply the plan that was reviewed.
func (o *Operator) load(ctx context.Context, t config.FleetTenant, r *Result, reviewed []byte) (*engine.Loaded, *plan.Plan, error) {
	own, err := o.credentials(ctx, t)
	if err != nil {
		return nil, nil, err
	}
	w := &engine.World{Version: o.Version, Dir: filepath.Join(o.Fleet.Dir, filepath.FromSlash(t.Directory)), Env: o.environment(own),
		Now: o.Now, Room: o.room(t), Warn: func(text string) { o.Warn(t.Name, text) }}
	part := engine.Whole()
	var saved *plan.Plan
	if r.Operation == Apply {
		part = engine.Connection()
		if saved, err = plan.Decode(reviewed); err != nil {
			return nil, nil, fmt.Errorf("the plan that was approved cannot be read: %w", err)
		}
		r.Digest = saved.Digest
	}
	l, diags, err := engine.Load(w, engine.Inputs{Vars: assignments(t.Variables)}, part)
	switch {
	case err != nil:
		return nil, nil, err
	case diags.HasErrors():
		return nil, nil, diags
	case t.ID != "" && l.Config.Tenant.ID != "" && l.Config.Tenant.ID != t.ID:
		return nil, nil, fmt.Errorf("the fleet says that %s is the tenant %s, and its configuration is about %s: correct one of the two",
			t.Name, t.ID, l.Config.Tenant.ID)
	}
	return l, saved, nil
}

// longestWait is how long an apply waits for a tenant that accepts first and does later.
const longestWait = 5 * time.Minute

// assignments are variables as the command line has them: one that no block declares is an error.
func assignments(variables map[string]string) []string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		all = append(all, name+"="+variables[name])
	}
	return all
}

func (o *Operator) credentials(ctx context.Context, t config.FleetTenant) (map[string]string, error) {
	if o.Credentials == nil {
		return nil, nil
	}
	return o.Credentials(ctx, t)
}

// environment is what a job of a tenant sees: its own credentials, and of the worker's environment
// nothing that sets variables of files.
func (o *Operator) environment(own map[string]string) func(string) string {
	return func(name string) string {
		if v, ok := own[name]; ok {
			return v
		}
		if strings.HasPrefix(name, "USHER_VAR_") {
			return ""
		}
		return o.Env(name)
	}
}

// of makes the result of an operation on what was read.
func (r *Result) of(ctx context.Context, p *engine.Present) error {
	words := view.Words{ServicePlans: p.ServicePlanNames()}
	r.unread(p.Reading.Unread)
	switch r.Operation {
	case Drift:
		found, problems := p.Drift(ctx, engine.NewSeats)
		if len(problems) > 0 {
			return errors.New(problems[0].Address + ": " + problems[0].Text)
		}
		r.drift(found, words.ServicePlans)
		r.conclude(r.Drifted > 0, len(p.Reading.Unread) > 0)
		return r.document(words.Drift(p.Reading.Have, found, p.Now()))
	case Usage:
		r.conclude(false, len(p.Reading.Unread) > 0)
		return r.document(words.Usage(p.Reading.Have, p.Usage(), p.Today(), false))
	case Export:
		return r.export(p, words)
	}
	pl := p.Plan(engine.Choices{})
	r.count(pl)
	r.conclude(!pl.Empty(), pl.Incomplete())
	if len(pl.Errors()) > 0 || pl.Refused() {
		r.Outcome = Refused
	}
	return r.document(words.Plan(pl, p.Config.Tenant.Writes))
}

// apply carries out what is left of a plan that was reviewed.
//
// Where the job has to end, it starts no more calls, and those that are under way have some time
// to come to an end: a person between two products would have neither of them otherwise.
func (o *Operator) apply(ctx context.Context, r *Result, p *engine.Present, reviewed *plan.Plan) error {
	pl, err := p.Renew(reviewed)
	if err != nil {
		if done(ctx, p, reviewed) {
			r.count(reviewed)
			return nil
		}
		return err
	}
	stop, running, end := o.ending(ctx)
	defer end()
	report, err := p.Apply(running, pl, engine.RunOptions{Stop: stop})
	if report != nil && report.Interrupted && !report.Complete() { // the next try goes on with the rest
		r.Begun = true
	}
	if report == nil || r.Begun {
		return cmp.Or(err, engine.ErrInterrupted)
	}
	r.count(reviewed)
	switch {
	case err != nil, pl.Incomplete(), !report.Complete() && !report.Waiting():
		r.Outcome = Partial
	case report.Waiting(), len(pl.Purchases) > 0, len(pl.Awaited) > 0:
		r.Outcome = Unfinished
	}
	return errors.Join(err, r.document(view.Words{ServicePlans: p.ServicePlanNames()}.Report(pl, report)))
}

// ending gives a run a channel that closes where it has to end, and a context that ends some time
// later.
func (o *Operator) ending(ctx context.Context) (stop chan struct{}, running context.Context, end func()) {
	stop = make(chan struct{})
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	over := make(chan struct{})
	go func() {
		select {
		case <-ctx.Done():
		case <-o.Stop:
		case <-over:
			return
		}
		close(stop)
		select {
		case <-time.After(Grace):
			cancel()
		case <-over:
		}
	}()
	return stop, running, func() { close(over); cancel() }
}

// Grace is how long calls that are under way may take to end.
const Grace = 20 * time.Second

// done reports whether the last run in the history carried out a plan, and came to its end: a
// worker that is killed right after it leaves a job that looks as if nothing was done.
func done(ctx context.Context, p *engine.Present, reviewed *plan.Plan) bool {
	told, err := p.History(ctx)
	if err != nil {
		return false
	}
	runs := state.Runs(told.Entries)
	if len(runs) == 0 {
		return false
	}
	last := runs[len(runs)-1]
	return last.End != nil && last.End.Complete && last.By.Digest == reviewed.Digest && last.Began.After(reviewed.At)
}
