package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/usher-cli/usher/engine"
	"github.com/usher-cli/usher/state"
)

func newForceUnlock(a *app) *cobra.Command {
	o := &inputs{}
	cmd := &cobra.Command{Use: "force-unlock [ID]", Short: "Remove a lock that a process left behind", Args: argCount(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return politely(cmd.Context(), func(ctx context.Context) error { return runForceUnlock(ctx, a, o, args) })
		}}
	o.store(cmd)
	return cmd
}

func runForceUnlock(ctx context.Context, a *app, o *inputs, args []string) error {
	l, err := a.load(*o, engine.Settings())
	if err != nil {
		return err
	}
	id := ""
	if len(args) == 1 {
		id = args[0]
	} else if id, err = a.askForLock(ctx, l); err != nil {
		return err
	}
	if err := l.Store.ForceUnlock(ctx, id); err != nil {
		return err
	}
	a.stdout().Say("The state is unlocked.")
	return nil
}

// askForLock shows who has the lock and has its id typed: whoever removes the
// lock of a run that still goes on lets two write at once.
func (a *app) askForLock(ctx context.Context, l *engine.Loaded) (string, error) {
	holder, err := l.Store.LockedBy(ctx)
	if err != nil {
		return "", err
	}
	if holder == nil {
		return "", fmt.Errorf("%s: %w", l.Store, state.ErrNotLocked)
	}
	a.tellHolder(ctx, l, holder)
	fmt.Fprint(a.out, "Make sure that this run is over. Type the lock's id to remove it: ")
	id, err := a.answer(ctx)
	if err != nil {
		return "", fmt.Errorf("no id was typed, and nothing was done: %w", err)
	}
	if id == "" {
		return "", errors.New("no id was typed, and nothing was done")
	}
	return id, nil
}
