package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/usher-cli/usher/engine"
)

func newInit(a *app) *cobra.Command {
	o := &checkOptions{}
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Check the store of the state: reached, writable, and with a state of this tenant or none",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return politely(cmd.Context(), func(ctx context.Context) error { return runInit(ctx, a, o) })
		},
	}
	o.store(cmd)
	o.flags(cmd)
	return cmd
}

func runInit(ctx context.Context, a *app, o *checkOptions) error {
	if err := o.check("a store"); err != nil {
		return err
	}
	l, err := a.load(o.inputs, engine.Settings())
	if err != nil {
		return err
	}
	return o.tell(a, l.CheckStore(ctx, o.purpose == "apply"))
}
