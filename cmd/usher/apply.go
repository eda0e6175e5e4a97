package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/go-multierror"
	"github.com/spf13/cobra"

	"github.com/usher-cli/usher/apply"
	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
	"github.com/usher-cli/usher/tenant"
	"github.com/usher-cli/usher/view"
)

type applyOptions struct {
	inputs
	file     string
	json     bool
	approved bool
	ask      bool
	planFlags
	wait        time.Duration
	pendingOK   bool
	parallelism int
	lockTimeout time.Duration
	checkpoint  time.Duration
}

func newApply(a *app) *cobra.Command {
	o := &applyOptions{}
	cmd := &cobra.Command{
		Use: "apply [PLAN]", Short: "Run the steps of a plan: a saved one, or a new one after asking", Args: argCount(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				o.file = args[0]
			}
			return runApply(cmd.Context(), a, o)
		},
	}
	o.inputs.flags(cmd)
	o.planFlags.flags(cmd)
	cmd.Flags().BoolVar(&o.json, "json", false, "print the result as JSON")
	cmd.Flags().BoolVar(&o.approved, "auto-approve", false, "do not ask")
	cmd.Flags().BoolVar(&o.ask, "input", true, "ask where something must be asked")
	cmd.Flags().DurationVar(&o.wait, "wait", 5*time.Minute, "how long to wait for the tenant to finish its work, such as on groups")
	cmd.Flags().BoolVar(&o.pendingOK, "pending-ok", false, "exit with 0 if only people or the tenant have something left to finish")
	cmd.Flags().IntVar(&o.parallelism, "parallelism", 4, "requests under way at once")
	cmd.Flags().DurationVar(&o.lockTimeout, "lock-timeout", 0, "how long to wait for the state's lock")
	cmd.Flags().DurationVar(&o.checkpoint, "checkpoint", 15*time.Second, "how often a long run saves the state")
	return cmd
}

func runApply(ctx context.Context, a *app, o *applyOptions) (err error) {
	c, err := o.choices()
	if err = cmp.Or(err, o.check()); err != nil {
		return err
	}
	load := a.load
	if o.file != "" {
		load = a.loadConnection
	}
	s, err := load(o.inputs)
	if err != nil {
		return err
	}
	s.wait, s.targets = o.wait, c.targets
	ctx, stop, end := interrupts(ctx, a.printed.failed)
	defer end()
	before, cancel := until(ctx, stop) // a run that has not begun ends at the first interrupt
	defer cancel()
	lease, err := s.lock(before, "apply", o.lockTimeout)
	if err != nil {
		return err
	}
	defer s.release(lease, &err)
	s.lease = lease
	if err := s.openTenant(); err != nil {
		return err
	}
	defer s.close(&err)
	p, err := s.prepare(before, o, c)
	if err != nil || p == nil {
		return err
	}
	return s.run(ctx, o, p, stop)
}

// prepare reads everything, makes or renews the plan, shows it and has it
// approved. A nil plan has nothing to run.
func (s *session) prepare(ctx context.Context, o *applyOptions, c choices) (p *plan.Plan, err error) {
	if o.file != "" {
		if s.saved, err = s.a.openPlan(s.a.path(o.file)); err != nil {
			return nil, err
		}
	}
	if err := s.read(ctx, true); err != nil {
		return nil, err
	}
	if working := s.reading.Working; len(working) > 0 && s.worthWaiting(o, c) && s.tenant.Await(ctx, working) { // an earlier run's
		if err := s.read(ctx, true); err != nil {
			return nil, err
		}
	}
	return s.approved(ctx, o, c)
}

// worthWaiting reports whether a plan can come out better once the service has finished
// with its groups: an error and a slip stay what they are.
func (s *session) worthWaiting(o *applyOptions, c choices) bool {
	p, err := s.decide(o, c)
	return err != nil || len(p.Errors())+len(p.Slips) == 0
}

// check refuses flags that do not go together, or make no sense.
func (o *applyOptions) check() error {
	switch {
	case o.file != "" && o.set():
		return errors.New("-target, -only, -allow-gaps and -allow-stopping-flows shape a new plan, and this is a saved one")
	case o.wait < 0 || o.lockTimeout < 0 || o.checkpoint < 0:
		return errors.New("-wait, -lock-timeout and -checkpoint are lengths of time such as 5m, and not negative")
	case o.parallelism < 1:
		return fmt.Errorf("-parallelism is at least 1, and this is %d", o.parallelism)
	}
	return nil
}

// approved makes or renews the plan, shows it and has it approved.
func (s *session) approved(ctx context.Context, o *applyOptions, c choices) (*plan.Plan, error) {
	a := s.a
	p, err := s.decide(o, c)
	if err != nil {
		return nil, err
	}
	stops := len(p.Errors()) > 0 || p.Refused()
	switch {
	case !o.json:
		a.stdout().WithFiles(s.cfg.Files).Plan(p)
		a.stdout().Pace(p, s.cfg.Tenant.Writes)
	case stops: // the document is about a run, and there is none
		a.stderr().WithFiles(s.cfg.Files).Plan(p)
	}
	if stops {
		return nil, verdict(p)
	}
	if len(p.Calls)+len(p.Records) == 0 {
		return nil, s.nothing(o, p)
	}
	if p, err = s.approve(ctx, o, p); err != nil {
		return nil, err
	}
	if len(p.Errors()) > 0 || p.Refused() { // somebody used the tenant while somebody else was thinking
		a.stdout().Refusals(p)
		return nil, verdict(p)
	}
	return p, nil
}

// decide makes the plan, or fits the saved one to the present.
func (s *session) decide(o *applyOptions, c choices) (*plan.Plan, error) {
	if o.file == "" {
		return plan.New(s.input(c)), nil
	}
	return s.renew(s.saved)
}

func (s *session) renew(p *plan.Plan) (*plan.Plan, error) {
	fresh, stale := p.Renew(s.fresh())
	if len(stale) == 0 {
		return fresh, nil
	}
	problems := multierror.Append(nil, errors.New("the plan no longer holds, and nothing was done; plan again"))
	const most = 10
	for i, text := range stale {
		if i == most {
			problems = multierror.Append(problems, fmt.Errorf("and %d more", len(stale)-most))
			break
		}
		problems = multierror.Append(problems, errors.New(text))
	}
	return nil, problems
}

func (s *session) nothing(o *applyOptions, p *plan.Plan) error {
	if o.json {
		r := &ledger.Report{}
		r.Record(p.Records)
		if err := view.JSON(s.a.out, view.NewRun(p, r)); err != nil {
			return err
		}
	}
	if err := verdict(p); err != nil || !p.Waiting() {
		return err
	}
	return o.waiting()
}

// waiting is how to exit where only people and the tenant have something left
// to do.
func (o *applyOptions) waiting() error {
	if o.pendingOK {
		return nil
	}
	return exitWaiting
}

// approve asks, unless that was settled before, and looks again at what may
// have changed while somebody was thinking.
func (s *session) approve(ctx context.Context, o *applyOptions, p *plan.Plan) (*plan.Plan, error) {
	if o.approved || o.file != "" {
		return p, nil
	}
	if !o.ask || o.json {
		return nil, errors.New("the plan needs approval: add -auto-approve, or apply a plan saved with usher plan -out=FILE")
	}
	fmt.Fprint(s.a.out, "\nDo you want to perform these steps? Only \"yes\" is accepted: ")
	if s.a.answer(ctx) != "yes" {
		return nil, errors.New("apply was not approved, and nothing was done")
	}
	if err := s.read(ctx, true); err != nil {
		return nil, err
	}
	return s.renew(p)
}

// wideRun is from how many calls on a terminal shows a progress line instead
// of a line a call.
const wideRun = 50

func (s *session) run(ctx context.Context, o *applyOptions, p *plan.Plan, stop <-chan struct{}) error {
	journal, err := s.journal(ctx, s.doc)
	if err != nil {
		return err
	}
	out, progress := s.a.stdout(), s.a.progressLine()
	quiet := o.json || s.a.progress && len(p.Calls) > wideRun
	r := &apply.Runner{
		Tenant: s.tenant, Store: s.store, Journal: journal, Lock: s.lease, By: s.a.by("apply"), Batch: tenant.Batch,
		Parallelism: o.parallelism, Checkpoint: o.checkpoint,
		Name: s.reading.Name, Lag: s.lag, Now: s.a.now, Stop: stop,
		Day: s.today,
		Progress: func(res ledger.Result, t ledger.Tally) {
			if !quiet {
				if res.Outcome != ledger.Pending || res.Call.Runs() { // what nobody started is listed at the end
					out.Result(res)
				}
				return
			}
			progress.Show("Applying: %d of %d done, %d not", t.Done, t.All, t.Failed+t.Unknown+t.Skipped)
		},
	}
	report, err := r.Run(ctx, p, s.doc, s.etag)
	progress.Clear()
	if report == nil {
		return err
	}
	if o.json {
		err = errors.Join(err, view.JSON(s.a.out, view.NewRun(p, report)))
	} else {
		out.Report(report)
	}
	switch {
	case err != nil && report.Done+report.Unknown > 0:
		s.a.stderr().Failure(err)
		s.a.stderr().Line("Some changes were not saved to the state: run usher plan to see them.")
		return exitPartial
	case err != nil:
		return err
	case len(p.Unread) > 0, !report.Complete() && !report.Waiting():
		return exitPartial
	case report.Waiting(), len(p.Purchases) > 0, len(p.Awaited) > 0:
		return o.waiting()
	}
	return nil
}

func (s *session) lag(k ledger.HolderKind) time.Duration {
	switch {
	case k == ledger.Environment:
		return s.reading.UnitLag
	case k.Inside():
		return 0
	}
	return s.reading.SeatLag
}
