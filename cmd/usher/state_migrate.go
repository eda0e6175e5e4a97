package main

import (
	"context"
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
	written, set, err := config.Backend{Kind: o.to}.Complete(given, l.ReadFile)
	if err != nil {
		return err
	}
	target, err := l.OpenStore(engine.StoreChoice{Kind: o.to, Written: written.Args, Set: set, Flag: given.Name})
	if err != nil {
		return err
	}
	if placeOf(target) == placeOf(l.Store) {
		return fmt.Errorf("the state is at %s already", target)
	}
	const operation = "state migrate"
	from, err := l.Lock(ctx, operation, o.lockTimeout)
	if err != nil {
		return err
	}
	defer l.Release(from, &err)
	to, err := l.LockOther(ctx, target, operation, o.lockTimeout)
	if err != nil {
		return err
	}
	defer l.Release(to, &err)
	d, err := l.Store.CopyTo(ctx, target)
	if err != nil {
		return err
	}
	a.stdout().Say("The state is at %s now, with serial %d, and was read back. Put this into the usher block:", target.String(), d.Serial)
	block := view.Code{}
	maps.Copy(set, written.Args) // a name is in one of both
	for line := range strings.Lines(config.BackendBlock(o.to, set)) {
		block = append(block, "  "+strings.TrimSuffix(line, "\n"))
	}
	a.stdout().Show(view.Break{}, block, view.Break{})
	a.stdout().Say("The old state stays at %s: remove it when nobody uses it any more.", l.Store.String())
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
