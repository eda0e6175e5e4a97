package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/usher-cli/usher/engine"
	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
	"github.com/usher-cli/usher/view"
)

type applyOptions struct {
	inputs
	file string
	format
	approved bool
	signed   bool   // the plan needs a signature
	override string // why the guard is set aside; "" where it is not
	ask      bool
	planFlags
	wait        time.Duration
	pendingOK   bool
	parallelism int
	lock        bool
	lockTimeout time.Duration
	checkpoint  time.Duration
}

func newApply(a *app) *cobra.Command {
	o := &applyOptions{planFlags: planFlags{suggestTargets: a.suggestAddresses(true)}}
	cmd := &cobra.Command{
		Use: "apply [PLAN]", Short: "Run the steps of a plan: a saved one, or a new one after asking", Args: argCount(0, 1),
		ValidArgsFunction: suggestFiles,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				o.file = args[0]
			}
			return runApply(cmd.Context(), a, o)
		},
	}
	o.tenant(cmd)
	o.baseFlag(cmd)
	o.flags(cmd)
	o.formatFlag(cmd, "the result")
	a.redactFlag(cmd)
	a.layoutFlags(cmd)
	cmd.Flags().BoolVar(&o.signed, "require-signature", false,
		"apply only a saved plan, or do what the one of -expect says, that a key in "+engine.SignersFile+" has signed")
	cmd.Flags().Var(&named{&o.override, "reason"}, "override-guard",
		"in an emergency, set the limits of the guard aside for this run, for a `REASON` that the history keeps")
	cmd.Flags().BoolVar(&o.approved, "auto-approve", false, "do not ask")
	cmd.Flags().BoolVar(&o.ask, "input", true, "ask where something must be asked")
	cmd.Flags().DurationVar(&o.wait, "wait", 5*time.Minute, "how long to wait for the tenant to finish its work, such as on groups")
	cmd.Flags().BoolVar(&o.pendingOK, "pending-ok", false, "exit with 0 if only people or the tenant have something left to finish")
	cmd.Flags().IntVar(&o.parallelism, "parallelism", engine.DefaultParallelism, "requests under way at once")
	cmd.Flags().BoolVar(&o.lock, "lock", true, "apply only with the state's lock; there is no other way")
	cmd.Flags().DurationVar(&o.lockTimeout, "lock-timeout", 0, "how long to wait for the state's lock")
	cmd.Flags().DurationVar(&o.checkpoint, "checkpoint", engine.DefaultCheckpoint, "how often a long run saves the state")
	return cmd
}

func runApply(ctx context.Context, a *app, o *applyOptions) (err error) {
	a.documents = o.isJSON()
	if o.signed {
		if o.signers, err = a.world().Signers(o.Base); err != nil {
			return err
		}
	}
	c, err := o.choices(a)
	if err = cmp.Or(err, o.check()); err != nil {
		return err
	}
	part, scope := engine.Whole(), engine.Scope{Targets: c.targets, Blocks: c.blocks, Drift: c.drift, Expected: c.expected}
	if o.file != "" {
		part, o.Base = engine.Connection(), "" // it has told of the base already
		if scope.Saved, err = a.world().OpenPlan(a.path(o.file), o.signers); err != nil {
			return err
		}
	}
	l, err := a.load(o.inputs, part)
	if err != nil {
		return err
	}
	ctx, stop, end := interrupts(ctx, a.printed.failed, a.tellInterrupt)
	defer end()
	before, cancel := until(ctx, stop) // a run that has not begun ends at the first interrupt
	defer cancel()
	lease, err := l.Lock(before, "apply", o.lockTimeout)
	if err != nil {
		return err
	}
	defer l.Release(lease, &err)
	opened, err := l.Open(engine.Access{Wait: o.wait, Lease: lease})
	if err != nil {
		return err
	}
	defer opened.Close(&err)
	present, err := a.read(before, opened, scope)
	if err != nil {
		return err
	}
	u := &applying{a: a, o: o, present: present, decide: func(p *engine.Present) (*plan.Plan, error) { return p.Plan(c.Choices), nil }}
	if scope.Saved != nil {
		u.decide = func(p *engine.Present) (*plan.Plan, error) { return p.Renew(scope.Saved) }
	}
	if o.override != "" {
		u.decide = settingAside(u.decide, o.override)
	}
	p, err := u.approved(before)
	if err != nil || p == nil {
		return err
	}
	return u.run(ctx, p, stop)
}

// decider makes the plan of a run.
type decider func(*engine.Present) (*plan.Plan, error)

// settingAside is a decider for a run in an emergency.
func settingAside(decide decider, reason string) decider {
	return func(p *engine.Present) (*plan.Plan, error) {
		made, err := decide(p)
		if err == nil {
			made.SetAside(reason)
		}
		return made, err
	}
}

// applying is one run on its way: what is there, and how its plan is made of that.
type applying struct {
	a       *app
	o       *applyOptions
	present *engine.Present
	decide  decider
}

// made makes the plan. Where an earlier run left the service at work on groups, it is
// waited for first, unless that cannot help: an error and a slip stay what they are.
func (u *applying) made(ctx context.Context) (*plan.Plan, error) {
	p, err := u.decide(u.present)
	worthWaiting := err != nil || len(p.Errors())+len(p.Slips) == 0
	if len(u.present.Reading.Working) == 0 || !worthWaiting || !u.present.Await(ctx) {
		return p, err
	}
	if u.present, err = u.a.again(ctx, u.present); err != nil {
		return nil, err
	}
	return u.decide(u.present)
}

// check refuses flags that do not go together, or make no sense.
func (o *applyOptions) check() error {
	switch {
	case o.file != "" && (o.set() || o.Base != "" && !o.signed):
		return errors.New("-target, -only, -expect, -base, -allow-gaps and -allow-stopping-flows shape a new plan, and this is a saved one")
	case o.signed && o.file == "" && o.expect == "":
		return errors.New("-require-signature is about a saved plan: name it, or name the reviewed one with -expect=FILE")
	case !o.lock:
		return errors.New("-lock=false does not go here: two runs at once would give the same seats twice. -lock-timeout waits for the other " +
			"run, and usher force-unlock removes a lock that was left behind")
	case o.wait < 0 || o.lockTimeout < 0 || o.checkpoint < 0:
		return errors.New("-wait, -lock-timeout and -checkpoint are lengths of time such as 5m, and not negative")
	case o.parallelism < 1:
		return fmt.Errorf("-parallelism is at least 1, and this is %d", o.parallelism)
	}
	return nil
}

// approved makes the plan, shows it and has it approved. A nil plan has nothing to run.
func (u *applying) approved(ctx context.Context) (*plan.Plan, error) {
	p, err := u.made(ctx)
	if err != nil {
		return nil, err
	}
	stops := forbidden(p)
	told := u.a.words().Plan(p, u.present.Config.Tenant.Writes)
	switch {
	case u.o.isText():
		u.a.stdout().Page(told.Page)
	case stops != nil: // the document is about a run, and there is none
		u.a.stderr().Page(told.Page)
	}
	if stops != nil {
		return nil, stops
	}
	if len(p.Calls)+len(p.Records) == 0 {
		return nil, u.nothing(ctx, p)
	}
	if p, err = u.approve(ctx, p); err != nil {
		return nil, err
	}
	if stops = forbidden(p); stops != nil { // somebody used the tenant while somebody else was thinking
		u.a.stdout().Page(view.Refusals(p))
		return nil, stops
	}
	return p, nil
}

func (u *applying) nothing(ctx context.Context, p *plan.Plan) error {
	if err := u.present.Note(ctx, p); err != nil {
		return err
	}
	if !u.o.isText() {
		r := &ledger.Report{}
		r.Record(p.Records)
		if err := u.a.show(u.o.format, u.a.words().Report(p, r)); err != nil {
			return err
		}
	}
	if err := verdict(p); err != nil || !p.Waiting() {
		return err
	}
	return u.o.waiting()
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
func (u *applying) approve(ctx context.Context, p *plan.Plan) (_ *plan.Plan, err error) {
	if u.o.approved || u.o.file != "" {
		return p, nil
	}
	if !u.o.ask || !u.o.isText() {
		return nil, errors.New("the plan needs approval: add -auto-approve, or apply a plan saved with usher plan -out=FILE")
	}
	fmt.Fprint(u.a.out, "\nDo you want to perform these steps? Only \"yes\" is accepted: ")
	switch answer, problem := u.a.answer(ctx); {
	case problem != nil:
		return nil, fmt.Errorf("apply was not approved, and nothing was done: %w; add -auto-approve, or apply a plan saved with "+
			"usher plan -out=FILE", problem)
	case answer != "yes":
		return nil, errors.New("apply was not approved, and nothing was done")
	}
	if u.present, err = u.a.again(ctx, u.present); err != nil {
		return nil, err
	}
	fresh, err := u.present.Renew(p)
	if err == nil && u.o.override != "" {
		fresh.SetAside(u.o.override)
	}
	return fresh, err
}

// wideRun is from how many calls on a terminal shows a progress line instead
// of a line a call.
const wideRun = 50

func (u *applying) run(ctx context.Context, p *plan.Plan, stop <-chan struct{}) error {
	progress, began := u.a.progressLine(), u.a.now()
	quiet := !u.o.isText() || u.a.progress && len(p.Calls) > wideRun
	progress.Show("Applying: 0 of %d done", len(p.Calls))
	report, err := u.present.Apply(ctx, p, engine.RunOptions{Parallelism: u.o.parallelism, Checkpoint: u.o.checkpoint, Stop: stop,
		Progress: func(res ledger.Result, t ledger.Tally) {
			switch {
			case quiet:
				progress.Show("%s", view.Progressed(t, u.a.now().Sub(began)))
			case res.Outcome != ledger.Pending || res.Call.Runs(): // what nobody started is listed at the end
				progress.Clear()
				u.a.stdout().Show(u.a.words().Result(res))
				progress.Show("%s", view.Progressed(t, u.a.now().Sub(began)))
			}
		}})
	progress.Clear()
	if report == nil {
		return err
	}
	err = errors.Join(err, u.a.show(u.o.format, u.a.words().Report(p, report)))
	switch {
	case err != nil && report.Done+report.Unknown > 0:
		u.a.stderr().Page(view.Failure(err))
		u.a.stderr().Say("Some changes were not saved to the state: run usher plan to see them.")
		return exitPartial
	case err != nil:
		return err
	case p.Incomplete(), !report.Complete() && !report.Waiting():
		return exitPartial
	case report.Waiting(), len(p.Purchases) > 0, len(p.Awaited) > 0:
		return u.o.waiting()
	}
	return nil
}
