package main

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/usher-cli/usher/engine"
	"github.com/usher-cli/usher/state"
)

func runLockInfo(ctx context.Context, a *app, l *engine.Loaded, _ []string) error {
	holder, err := l.Store.LockedBy(ctx)
	switch {
	case err != nil:
		return err
	case holder == nil:
		a.stdout().Say("The state is not locked.")
	default:
		a.tellHolder(ctx, l, holder)
	}
	return nil
}

// tellHolder says who has the lock. Where the server keeps little of that, the
// history knows which run began since, and has not ended.
func (a *app) tellHolder(ctx context.Context, l *engine.Loaded, holder *state.LockInfo) {
	a.stdout().Say("The state is locked by %s.", holder.String())
	if holder.Run != "" || holder.PID != 0 {
		return
	}
	told, err := l.History(ctx)
	if err != nil {
		return // it only informs
	}
	runs := state.Runs(told.Entries)
	if len(runs) == 0 {
		return
	}
	if last := runs[len(runs)-1]; last.Ended == nil && last.By.Who == holder.Who && !last.Began.Before(holder.Since) {
		a.stdout().Say("It is the run %s of the history, an %s%s.", last.ID, last.By.Operation,
			strings.TrimSuffix(" in "+last.By.Where, " in "))
	}
}

func runStateInit(ctx context.Context, a *app, l *engine.Loaded, _ []string) error {
	if p, ok := l.Store.Backend().(state.Preparer); ok {
		if err := p.Prepare(ctx); err != nil {
			return err
		}
		a.stdout().Say("The store %s is ready.", l.Store.String())
		return nil
	}
	a.stdout().Say("Nothing has to be made at %s. Run usher init to see whether it is reached and can be written.",
		l.Store.String())
	return nil
}

func newStateRewrite(a *app) *cobra.Command {
	var plain bool
	var timeout time.Duration
	cmd := newStateVerb(a, "rewrite", "Write the state again, for the recipients of the encryption block", noArgs,
		func(ctx context.Context, a *app, l *engine.Loaded, _ []string) error {
			return runStateRewrite(ctx, a, l, plain, timeout)
		})
	cmd.Flags().BoolVar(&plain, "plain", false, "end the encryption: the configuration has no encryption block any more")
	cmd.Flags().DurationVar(&timeout, "lock-timeout", 0, "how long to wait for the state's lock")
	return cmd
}

// runStateRewrite writes the state as it is; twice where it is encrypted or ends
// to be, so that the version that some stores keep back is as well.
func runStateRewrite(ctx context.Context, a *app, l *engine.Loaded, plain bool, timeout time.Duration) error {
	same := engine.StateChange{Operation: "state rewrite", Timeout: timeout, Change: func(there engine.Stored) (*state.Document, error) {
		if there.Document == nil {
			return nil, engine.ErrNoState
		}
		return there.Document, nil
	}}
	switch {
	case plain && l.Store.Sealing():
		return errors.New("-plain ends the encryption, and the configuration has an encryption block: take that out first")
	case plain:
		l.Store.EndEncryption()
	}
	if err := a.edit(ctx, l, same); err != nil || !l.Store.Sealing() && !plain {
		return err
	}
	return a.edit(ctx, l, same)
}
