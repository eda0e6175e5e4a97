package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/hashicorp/go-multierror"
	"github.com/spf13/cobra"

	"github.com/usher-cli/usher/plan"
	"github.com/usher-cli/usher/state"
	"github.com/usher-cli/usher/view"
)

type historyOptions struct {
	inputs
	json   bool
	verify bool
}

func newHistory(a *app) *cobra.Command {
	o := &historyOptions{}
	cmd := &cobra.Command{Use: "history [RUN]", Short: "List all runs, or show one", Args: argCount(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error { return runHistory(cmd.Context(), a, o, args) }}
	o.flags(cmd)
	cmd.Flags().BoolVar(&o.json, "json", false, "print the history as JSON")
	cmd.Flags().BoolVar(&o.verify, "verify", false, "check that nothing was cut or edited; exits with 1 where something was")
	return cmd
}

func runHistory(ctx context.Context, a *app, o *historyOptions, args []string) error {
	s, err := a.loadSettings(o.inputs)
	if err != nil {
		return err
	}
	told, err := s.history(ctx)
	if err != nil {
		return err
	}
	runs, breaks := state.Runs(told.Entries), told.Breaks
	s.warn(told, !o.verify)
	switch {
	case o.verify && o.json:
		err = view.JSON(a.out, view.NewVerification(len(runs), breaks))
	case o.verify:
		a.stdout().Verification(len(runs), breaks)
	case len(args) == 1:
		run, err := told.Run(args[0])
		if err != nil {
			return err
		}
		if o.json {
			return view.JSON(a.out, run)
		}
		a.stdout().Run(run)
	case o.json:
		err = view.JSON(a.out, view.NewHistory(runs))
	default:
		a.stdout().Runs(runs)
	}
	if err == nil && o.verify && len(breaks) > 0 {
		return exitError
	}
	return err
}

// history reads the history, checked against the state. One whose state cannot be
// opened is read all the same: it is wanted then.
func (s *session) history(ctx context.Context) (*state.Told, error) {
	d, _, err := s.store.Read(ctx)
	if errors.Is(err, state.ErrGone) || errors.Is(err, state.ErrDamaged) || errors.Is(err, state.ErrSealed) || errors.Is(err, state.ErrNewer) {
		s.a.stderr().Line("Warning: %s. Whether the end of the history is missing cannot be told.", view.Safe(err.Error()))
		d, err = nil, nil
	}
	if err != nil {
		return nil, err
	}
	return s.store.History(ctx, d)
}

// warn says what of a history is not shown and, where nothing else says it, that
// it was changed.
func (s *session) warn(told *state.Told, changed bool) {
	if told.Closed > 0 {
		s.a.stderr().
			Line("Warning: %s of the history cannot be opened with this key, or by this version of usher, and is not "+
				"shown.", view.Count(told.Closed, "line"))
	}
	if changed && len(told.Breaks) > 0 {
		s.a.stderr().
			Line("Warning: the history was cut or edited in %s: usher history -verify says where.", view.Count(len(told.Breaks), "place"))
	}
}

type undoOptions struct {
	inputs
	out      string
	json     bool
	detailed bool
	gaps     int64
	mayStop  bool
}

func newUndo(a *app) *cobra.Command {
	o := &undoOptions{}
	cmd := &cobra.Command{Use: "undo RUN", Short: "Plan the reverse of a run, for usher apply FILE", Args: argCount(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error { return runUndo(cmd.Context(), a, o, args[0]) }}
	o.flags(cmd)
	cmd.Flags().StringVar(&o.out, "out", "", "save the plan in `FILE`")
	cmd.Flags().BoolVar(&o.json, "json", false, "print the plan as JSON")
	cmd.Flags().BoolVar(&o.detailed, "detailed-exitcode", false, "exit with 2 where there are steps")
	cmd.Flags().Bool("input", true, "as of apply; nothing is asked here")
	cmd.Flags().Int64Var(&o.gaps, "allow-gaps", 0, "how many `PEOPLE` may be without a seat for a moment, where no order of swaps avoids it")
	cmd.Flags().BoolVar(&o.mayStop, "allow-stopping-flows", false, "let flows of service principals lose their capacity, and stop")
	return cmd
}

func runUndo(ctx context.Context, a *app, o *undoOptions, id string) (err error) {
	s, err := a.loadLenient(o.inputs)
	if err != nil {
		return err
	}
	told, err := s.history(ctx)
	if err != nil {
		return err
	}
	run, err := told.Run(id)
	if err != nil {
		return err
	}
	if err := told.Vouches(run); err != nil {
		return err
	}
	s.warn(told, true)
	done, perhaps, err := run.Done()
	if err != nil {
		return err
	}
	if len(done)+len(perhaps) == 0 {
		return fmt.Errorf("the run %s changed nothing in the tenant, so there is nothing to undo", run.ID)
	}
	s.everything = true
	for _, step := range slices.Concat(done, perhaps) {
		s.undone = append(s.undone, step.Holder)
	}
	if err := s.openTenant(); err != nil {
		return err
	}
	defer s.close(&err)
	if err := s.read(ctx, true); err != nil {
		return err
	}
	today := s.input(choices{allowGaps: o.gaps, mayStop: o.mayStop})
	p, stale := plan.NewUndo(today, run.ID, done, perhaps)
	if len(stale) > 0 {
		return notUndone(run.ID, stale)
	}
	return s.offer(p, o)
}

// notUndone says what has changed since a run.
func notUndone(run string, stale []string) error {
	problems := multierror.Append(nil, fmt.Errorf("the run %s is not undone, because its results have changed since: "+
		"first undo the later run (see usher history), or edit the files and apply", run))
	for _, text := range stale {
		problems = multierror.Append(problems, fmt.Errorf("%s", text))
	}
	return problems
}

// offer shows the plan that undoes a run, and saves it where asked to.
func (s *session) offer(p *plan.Plan, o *undoOptions) error {
	if o.json {
		if err := p.Encode(s.a.out); err != nil {
			return err
		}
	} else {
		s.a.stdout().WithFiles(s.cfg.Files).Plan(p)
	}
	if o.out != "" && len(p.Errors()) == 0 {
		if err := s.savePlan(s.a.path(o.out), p); err != nil {
			return err
		}
	}
	if err := verdict(p); err != nil {
		return err
	}
	if o.detailed && !p.Empty() {
		return exitSteps
	}
	return nil
}
