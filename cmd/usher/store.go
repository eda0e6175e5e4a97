package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/usher-cli/usher/config"
	"github.com/usher-cli/usher/engine"
	"github.com/usher-cli/usher/state"
	"github.com/usher-cli/usher/view"
)

func runLockInfo(ctx context.Context, a *app, l *engine.Loaded, _ []string) error {
	holder, err := l.Store.Holder(ctx)
	switch {
	case err != nil:
		return err
	case holder == nil:
		a.stdout().Line("The state is not locked.")
	default:
		a.tellHolder(ctx, l, holder)
	}
	return nil
}

// tellHolder says who has the lock. Where the server keeps little of that, the
// history knows which run began since, and has not ended.
func (a *app) tellHolder(ctx context.Context, l *engine.Loaded, holder *state.LockInfo) {
	a.stdout().Line("The state is locked by %s.", view.Safe(holder.String()))
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
		a.stdout().Line("It is the run %s of the history, an %s%s.", view.Safe(last.ID), view.Safe(last.By.Operation),
			view.Safe(strings.TrimSuffix(" in "+last.By.Where, " in ")))
	}
}

func runStateInit(ctx context.Context, a *app, l *engine.Loaded, _ []string) error {
	if p, ok := l.Store.Backend().(state.Preparer); ok {
		if err := p.Prepare(ctx); err != nil {
			return err
		}
		a.stdout().Line("The store %s is ready.", view.Safe(l.Store.String()))
		return nil
	}
	a.stdout().Line("Nothing has to be made at %s. Run usher init to see whether it is reached and can be "+
		"written.", view.Safe(l.Store.String()))
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
	same := engine.Edit{Operation: "state rewrite", Timeout: timeout, Change: func(there engine.Stored) (*state.Document, error) {
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
	a.stdout().Line("The state is unlocked.")
	return nil
}

// askForLock shows who has the lock and has its id typed: whoever removes the
// lock of a run that still goes on lets two write at once.
func (a *app) askForLock(ctx context.Context, l *engine.Loaded) (string, error) {
	holder, err := l.Store.Holder(ctx)
	if err != nil {
		return "", err
	}
	if holder == nil {
		return "", fmt.Errorf("%s: %w", l.Store, state.ErrNotLocked)
	}
	a.tellHolder(ctx, l, holder)
	fmt.Fprint(a.out, "Make sure that this run is over. Type the lock's id to remove it: ")
	id := a.answer(ctx)
	if id == "" {
		return "", errors.New("no id was typed, and nothing was done")
	}
	return id, nil
}

type migrateOptions struct {
	inputs
	to          string
	toConfig    []string
	lockTimeout time.Duration
}

func newMigrate(a *app) *cobra.Command {
	o := &migrateOptions{}
	cmd := &cobra.Command{Use: "migrate", Short: "Copy the state and its history into another store, and check the copy", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return politely(cmd.Context(), func(ctx context.Context) error { return runMigrate(ctx, a, o) })
		}}
	o.store(cmd)
	cmd.Flags().StringVar(&o.to, "to", "", "the `KIND` of backend to move to: file, azblob, http or postgres")
	cmd.Flags().StringArrayVar(&o.toConfig, "to-config", nil, "an argument of that backend: `NAME=VALUE`, or a file of such lines")
	cmd.Flags().DurationVar(&o.lockTimeout, "lock-timeout", 0, "how long to wait for the locks")
	return cmd
}

func runMigrate(ctx context.Context, a *app, o *migrateOptions) (err error) {
	if config.BackendArguments()[o.to] == nil {
		return fmt.Errorf("-to names the kind of backend to move to: %s", strings.Join(slices.Sorted(maps.Keys(config.BackendArguments())), ", "))
	}
	l, err := a.load(o.inputs, engine.Settings())
	if err != nil {
		return err
	}
	given := config.BackendFlag{Name: "-to-config", Values: o.toConfig}
	target, err := l.OpenStore(o.to, nil, given)
	if err != nil {
		return err
	}
	if placeOf(target) == placeOf(l.Store) {
		return fmt.Errorf("the state is at %s already", target)
	}
	for _, store := range []*state.Store{l.Store, target} {
		lease, err := l.LockStore(ctx, store, "state migrate", o.lockTimeout)
		if err != nil {
			return err
		}
		defer l.Release(lease, &err)
	}
	d, err := l.Store.CopyTo(ctx, target)
	if err != nil {
		return err
	}
	a.stdout().Line("The state is at %s now, with serial %d, and was read back. Put this into the usher "+
		"block:\n", view.Safe(target.String()), d.Serial)
	set, err := config.BackendSettings(o.to, given, a.path)
	if err != nil {
		return err
	}
	for line := range strings.Lines(config.BackendBlock(o.to, set)) {
		a.stdout().Line("  %s", view.Safe(strings.TrimSuffix(line, "\n")))
	}
	a.stdout().Line("\nThe old state stays at %s: remove it when nobody uses it any more.", view.Safe(l.Store.String()))
	return nil
}

// placeOf names the place of a store, a file by its whole path.
func placeOf(s *state.Store) string {
	if _, ok := s.Backend().(*state.File); ok {
		if path, err := filepath.Abs(s.String()); err == nil {
			return path
		}
	}
	return s.String()
}
