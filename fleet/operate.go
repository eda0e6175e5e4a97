package fleet

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/usher-cli/usher/config"
	"github.com/usher-cli/usher/engine"
	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
	"github.com/usher-cli/usher/state"
	"github.com/usher-cli/usher/view"
)

// Operation is what a job does with a tenant.
type Operation string

// The operations. Only Apply changes a tenant.
const (
	Plan   Operation = "plan"
	Apply  Operation = "apply"
	Drift  Operation = "drift"
	Usage  Operation = "usage"
	Doctor Operation = "doctor"
)

// Operations lists them.
func Operations() []Operation { return []Operation{Plan, Apply, Drift, Usage, Doctor} }

// Outcome is what came of a job.
type Outcome string

// The outcomes.
const (
	Clean   Outcome = "clean"   // nothing to do, no drift, everything done
	Found   Outcome = "found"   // steps to review, drift, something missing
	Refused Outcome = "refused" // a shortage, a guard or a slip forbids the plan
	Partial Outcome = "partial" // a part could not be read or done
	Failed  Outcome = "failed"  // no result
)

// Result is what came of one job of one tenant.
type Result struct {
	Job       int64
	Tenant    string
	Operation Operation
	At        time.Time // when it ended
	Took      time.Duration
	Outcome   Outcome
	Adds      int
	Changes   int
	Removes   int
	Adopts    int
	Drifted   int
	Digest    string // of a plan
	Failure   engine.Failure
	Error     string         // why there is no result; untrusted text
	Causes    map[string]int // what was found, in words that do not name the tenant, and how often
	Document  []byte         // as -json of the command prints it; nil where there is no result
}

// Operator does the work of jobs.
type Operator struct {
	Fleet   *config.Fleet
	Version string
	Env     func(string) string
	Now     func() time.Time
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
	if errors.Is(ctx.Err(), context.DeadlineExceeded) && err != nil {
		r.Outcome, r.Failure, r.Error = Failed, engine.Busy, fmt.Sprintf("it did not end within %s", o.Fleet.Timeout)
	} else if err != nil {
		r.Outcome, r.Failure, r.Error = Failed, engine.FailureOf(err), err.Error()
	}
	if err != nil {
		r.Causes[failureText(r.Failure)]++
	}
	r.At = o.Now().UTC()
	r.Took = r.At.Sub(began)
	return r
}

// failureText says of a failure what would be the same in another tenant.
func failureText(f engine.Failure) string {
	switch f {
	case engine.SignIn:
		return "the login service refuses the identity"
	case engine.Denied:
		return "a service refuses the identity"
	case engine.Busy:
		return "a service has no time, or cannot be reached"
	case engine.Locked:
		return "another run has the state"
	}
	return "the files, the state or the tenant are not as they should be"
}

func (o *Operator) do(ctx context.Context, t config.FleetTenant, r *Result, reviewed []byte) (err error) {
	env, err := o.environment(ctx, t)
	if err != nil {
		return err
	}
	w := &engine.World{Version: o.Version, Dir: filepath.Join(o.Fleet.Dir, filepath.FromSlash(t.Directory)), Env: env, Now: o.Now}
	part, scope := engine.Whole(), engine.Scope{Everything: r.Operation == Usage}
	if r.Operation == Apply {
		part = engine.Connection()
		if scope.Saved, err = plan.Decode(reviewed); err != nil {
			return fmt.Errorf("the plan that was approved cannot be read: %w", err)
		}
	}
	l, diags, err := engine.Load(w, engine.Inputs{}, part)
	switch {
	case err != nil:
		return err
	case diags.HasErrors():
		return diags
	case t.ID != "" && l.Config.Tenant.ID != "" && l.Config.Tenant.ID != t.ID:
		return fmt.Errorf("the fleet says that %s is the tenant %s, and its configuration is about %s: correct one of the two",
			t.Name, t.ID, l.Config.Tenant.ID)
	}
	lease, err := l.Lock(ctx, string(r.Operation), 0)
	if err != nil {
		return err
	}
	defer l.Release(lease, &err)
	opened, err := l.Open(engine.Access{Low: r.Operation == Drift, Lease: lease})
	if err != nil {
		return err
	}
	defer opened.Close(&err)
	if r.Operation == Doctor {
		return r.doctor(ctx, opened)
	}
	p, err := opened.Read(ctx, scope)
	switch {
	case err != nil:
		return err
	case t.ID != "" && p.Reading.Tenant != t.ID:
		return fmt.Errorf("the tenant that answers is %s, and the fleet says that %s is %s", p.Reading.Tenant, t.Name, t.ID)
	}
	return r.of(ctx, p, scope.Saved)
}

// environment is what a job of a tenant sees: its own variables and credentials, and nothing that
// the worker was given for another one.
func (o *Operator) environment(ctx context.Context, t config.FleetTenant) (func(string) string, error) {
	var own map[string]string
	if o.Credentials != nil {
		var err error
		if own, err = o.Credentials(ctx, t); err != nil {
			return nil, err
		}
	}
	return func(name string) string {
		if v, ok := own[name]; ok {
			return v
		}
		if variable, ok := strings.CutPrefix(name, "USHER_VAR_"); ok {
			return t.Variables[variable]
		}
		return o.Env(name)
	}, nil
}

// of makes the result of an operation on what was read.
func (r *Result) of(ctx context.Context, p *engine.Present, reviewed *plan.Plan) error {
	words := view.Words{ServicePlans: p.ServicePlanNames()}
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
	}
	if r.Operation == Apply {
		return r.apply(ctx, p, reviewed, words)
	}
	pl := p.Plan(engine.Choices{})
	r.plan(pl)
	return r.document(words.Plan(pl, p.Config.Tenant.Writes))
}

// apply carries out what is left of a plan that was reviewed.
func (r *Result) apply(ctx context.Context, p *engine.Present, reviewed *plan.Plan, words view.Words) error {
	r.plan(reviewed)
	pl, err := p.Renew(reviewed)
	if err != nil {
		if done(ctx, p, reviewed) {
			r.conclude(false, false)
			return nil
		}
		return err
	}
	report, err := p.Apply(ctx, pl, engine.RunOptions{Stop: ctx.Done()})
	if report == nil {
		return err
	}
	r.conclude(false, report.Failed+report.Unknown+report.Skipped > 0 || report.Interrupted || err != nil)
	return errors.Join(err, r.document(words.Report(pl, report)))
}

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

// plan counts the steps of a plan.
func (r *Result) plan(pl *plan.Plan) {
	r.Digest = pl.Digest
	for s := range pl.EachStep() {
		switch s.Op {
		case ledger.Add:
			r.Adds++
		case ledger.Change:
			r.Changes++
		case ledger.Remove:
			r.Removes++
		case ledger.Adopt:
			r.Adopts++
		}
		r.Causes[cause(s)]++
	}
	r.conclude(!pl.Empty(), pl.Incomplete())
	if len(pl.Errors()) > 0 || pl.Refused() {
		r.Outcome = Refused
	}
}

// cause says of a step what would be the same in another tenant with the same files.
func cause(s ledger.Step) string {
	words := map[ledger.Op]string{ledger.Add: "add", ledger.Change: "change", ledger.Remove: "remove", ledger.Adopt: "adopt",
		ledger.Forget: "forget", ledger.Retry: "retry", ledger.Restart: "restart"}
	text := words[s.Op] + " " + s.Item.Name
	if len(s.Origins) > 0 && s.Origins[0].Block != "" {
		text += " by " + s.Origins[0].Block
	}
	return text
}

// drift counts differences.
func (r *Result) drift(found *plan.DriftReport, servicePlans map[string]string) {
	for _, g := range found.Groups {
		r.Drifted += len(g.Drift)
		for _, d := range g.Drift {
			text := fmt.Sprintf("%s %s", g.Kind, g.Item.Name)
			if d.Known != nil && d.Have != nil {
				text += switched(d.Known.Without, d.Have.Without, servicePlans)
			}
			if g.App {
				text += ", by the application " + g.By
			}
			r.Causes[text]++
		}
	}
}

// switched names the service plans that were switched.
func switched(before, after ledger.ServicePlanIDs, names map[string]string) string {
	text := ""
	for _, p := range after {
		if !slices.Contains(before, p) {
			text += ", " + names[p] + " off"
		}
	}
	for _, p := range before {
		if !slices.Contains(after, p) {
			text += ", " + names[p] + " on"
		}
	}
	return text
}

// doctor counts what is missing.
func (r *Result) doctor(ctx context.Context, o *engine.Opened) error {
	checks := append(o.CheckStore(ctx, true), o.Examine(ctx, true)...)
	missing := false
	for _, c := range checks {
		if c.Verdict == ledger.Missing {
			missing = true
			r.Causes["missing: "+c.About]++
		}
	}
	r.conclude(missing, false)
	return r.document(view.Checks("apply", checks))
}

func (r *Result) conclude(found, partial bool) {
	switch {
	case partial:
		r.Outcome = Partial
	case found:
		r.Outcome = Found
	default:
		r.Outcome = Clean
	}
}

// document keeps the document of a result, as -json prints it.
func (r *Result) document(d view.Document) error {
	var b bytes.Buffer
	err := view.Show("json", view.Output{Writer: &b}, d)
	r.Document = b.Bytes()
	return err
}
