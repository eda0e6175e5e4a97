package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/usher-cli/usher/engine"
	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/state"
	"github.com/usher-cli/usher/view"
)

type historyOptions struct {
	inputs
	format
	verify bool
	latest int // only so many runs; 0 for all
}

func newHistory(a *app) *cobra.Command {
	o := &historyOptions{}
	cmd := &cobra.Command{Use: "history [RUN]", Short: "List all runs, or show one", Args: argCount(0, 1),
		ValidArgsFunction: a.suggestRuns(),
		RunE:              func(cmd *cobra.Command, args []string) error { return runHistory(cmd.Context(), a, o, args) }}
	o.store(cmd)
	o.formatFlag(cmd, "the history")
	a.redactFlag(cmd)
	cmd.Flags().IntVarP(&o.latest, "number", "n", 0, "only the latest `RUNS`")
	cmd.Flags().BoolVar(&o.verify, "verify", false, "check that nothing was cut or edited; exits with 1 where something was")
	return cmd
}

func runHistory(ctx context.Context, a *app, o *historyOptions, args []string) error {
	l, err := a.load(o.inputs, engine.Settings())
	if err != nil {
		return err
	}
	told, err := l.History(ctx)
	if err != nil {
		return err
	}
	runs, breaks := state.Runs(told.Entries), told.Breaks
	a.warnOf(told, !o.verify)
	if o.latest < 0 {
		return fmt.Errorf("-n is a number of runs, and this is %d", o.latest)
	}
	shown := runs
	if o.latest > 0 {
		shown = runs[max(0, len(runs)-o.latest):]
	}
	d := view.Runs(shown)
	switch {
	case o.verify:
		d = view.Verified(len(runs), breaks)
	case len(args) == 1:
		run, err := told.Run(args[0])
		if err != nil {
			return err
		}
		d = a.words().Run(run)
	}
	err = a.show(o.format, d)
	if err == nil && o.verify && len(breaks) > 0 {
		return exitError
	}
	return err
}

// warnOf says what of a history is not shown and, where nothing else says it, that
// it was changed.
func (a *app) warnOf(told *state.Told, changed bool) {
	if told.Closed > 0 {
		a.stderr().Say("Warning: %s of the history cannot be opened with this key, or by this version of usher, and is not shown.",
			ledger.Count(told.Closed, "line"))
	}
	if changed && len(told.Breaks) > 0 {
		a.stderr().Say("Warning: the history was cut or edited in %s: usher history -verify says where.",
			ledger.Count(len(told.Breaks), "place"))
	}
}
