package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/usher-cli/usher/engine"
)

type undoOptions struct {
	inputs
	planOutput
	allowances
}

func newUndo(a *app) *cobra.Command {
	o := &undoOptions{}
	cmd := &cobra.Command{Use: "undo RUN", Short: "Plan the reverse of a run, or of the last one, for usher apply FILE", Args: argCount(1, 1),
		ValidArgsFunction: a.suggestRuns(engine.LastRun),
		RunE:              func(cmd *cobra.Command, args []string) error { return runUndo(cmd.Context(), a, o, args[0]) }}
	o.tenant(cmd)
	o.planOutput.flags(cmd)
	a.redactFlag(cmd)
	a.layoutFlags(cmd)
	o.allowances.flags(cmd)
	return cmd
}

func runUndo(ctx context.Context, a *app, o *undoOptions, id string) (err error) {
	if err := o.check(); err != nil {
		return err
	}
	l, err := a.load(o.inputs, engine.Lenient())
	if err != nil {
		return err
	}
	told, err := l.History(ctx)
	if err != nil {
		return err
	}
	run, err := engine.FindRun(told, id)
	if err != nil {
		return err
	}
	a.warnOf(told, true)
	opened, err := l.Open(engine.Access{})
	if err != nil {
		return err
	}
	defer opened.Close(&err)
	present, err := a.read(ctx, opened, run.Scope())
	if err != nil {
		return err
	}
	p, err := present.Undo(run, engine.Choices{AllowGaps: o.gaps, MayStop: o.mayStop})
	if err != nil {
		return err
	}
	return o.offer(a, present, p)
}
