package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/usher-cli/usher/engine"
	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/state"
	"github.com/usher-cli/usher/view"
)

// stateVerb is what a command of usher state does.
type stateVerb func(ctx context.Context, a *app, l *engine.Loaded, args []string) error

func newState(a *app) *cobra.Command {
	cmd := parent("state", "Look into the state, and correct it")
	records := func(cmd *cobra.Command) *cobra.Command {
		cmd.ValidArgsFunction = a.suggestAddresses(false)
		return cmd
	}
	cmd.AddCommand(
		newStateVerb(a, "list", "List the addresses that usher manages", noArgs, runStateList),
		records(newStateVerb(a, "show ADDRESS", "Show one record, or those of a holder", argCount(1, 1), runStateShow)),
		newStateVerb(a, "pull", "Print the state", noArgs, runStatePull),
		newStatePush(a),
		records(newStateEdit(a, "rm ADDRESS...", "Let go of grants, or of all of a holder, without changing them in the tenant",
			argCount(1, 1000), removes)),
		records(newStateEdit(a, "confirm ADDRESS...", "Confirm a step by hand, or adopt a grant that an interrupted run may have given",
			argCount(1, 1000), confirms)),
		newStateVerb(a, "lock-info", "Show the holder of the state's lock", noArgs, runLockInfo),
		newStateVerb(a, "init", "Prepare a store for its first use, such as its tables", noArgs, runStateInit),
		newStateRewrite(a), newMigrate(a),
	)
	return cmd
}

func newStateVerb(a *app, use, short string, args cobra.PositionalArgs, run stateVerb) *cobra.Command {
	o := &inputs{}
	cmd := &cobra.Command{Use: use, Short: short, Args: args, RunE: func(cmd *cobra.Command, args []string) error {
		l, err := a.load(*o, engine.Settings())
		if err != nil {
			return err
		}
		return politely(cmd.Context(), func(ctx context.Context) error { return run(ctx, a, l, args) })
	}}
	o.store(cmd)
	return cmd
}

// newStateEdit makes a command that changes the state; change says how.
func newStateEdit(a *app, use, short string, args cobra.PositionalArgs,
	change func(*engine.Loaded, []string) engine.StateChange) *cobra.Command {
	var timeout time.Duration
	cmd := newStateVerb(a, use, short, args, func(ctx context.Context, a *app, l *engine.Loaded, args []string) error {
		e := change(l, args)
		e.Args, e.Timeout = args, timeout
		return a.edit(ctx, l, e)
	})
	cmd.Flags().DurationVar(&timeout, "lock-timeout", 0, "how long to wait for the state's lock")
	return cmd
}

func newStatePush(a *app) *cobra.Command {
	var force bool
	cmd := newStateEdit(a, "push FILE", "Replace the state by a newer version of itself", argCount(1, 1),
		func(l *engine.Loaded, args []string) engine.StateChange {
			return engine.StateChange{Operation: "state push", Restores: true, Force: force,
				Change: func(there engine.Stored) (*state.Document, error) { return l.Pushed(l.Path(args[0]), there) }}
		})
	cmd.Flags().BoolVar(&force, "force", false, "also in the place of a state that is damaged")
	return cmd
}

func removes(_ *engine.Loaded, addresses []string) engine.StateChange {
	return engine.StateChange{Operation: "state rm", Change: func(there engine.Stored) (*state.Document, error) {
		return there.Document, engine.Remove(there.Document, addresses)
	}}
}

func confirms(l *engine.Loaded, addresses []string) engine.StateChange {
	return engine.StateChange{Operation: "state confirm", Change: func(there engine.Stored) (*state.Document, error) {
		return there.Document, l.Confirm(there.Document, addresses)
	}}
}

// edit changes the state, and says that it did.
func (a *app) edit(ctx context.Context, l *engine.Loaded, e engine.StateChange) error {
	serial, err := l.Edit(ctx, e)
	if err == nil {
		a.stdout().Say("The state is at serial %d.", serial)
	}
	return err
}

func runStateList(ctx context.Context, a *app, l *engine.Loaded, _ []string) error {
	d, err := l.Stored(ctx)
	if err != nil {
		return err
	}
	a.stdout().Page(view.Addresses(d))
	return nil
}

func runStateShow(ctx context.Context, a *app, l *engine.Loaded, args []string) error {
	d, err := l.Stored(ctx)
	if err != nil {
		return err
	}
	at, err := engine.Records(d, args[0])
	if err != nil {
		return err
	}
	for _, i := range at {
		a.stdout().Page(view.Record(d.Grants[i]))
	}
	return nil
}

func runStatePull(ctx context.Context, a *app, l *engine.Loaded, _ []string) error {
	d, err := l.Stored(ctx)
	if err != nil {
		return err
	}
	_, err = a.out.Write(ledger.EscapeJSON(d.Encode()))
	return err
}
