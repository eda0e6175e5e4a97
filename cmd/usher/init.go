package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/usher-cli/usher/engine"
)

func newInit(a *app) *cobra.Command {
	o, starter := &checkOptions{}, &starterOptions{}
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Check the store of the state, or write a configuration to begin with",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return politely(cmd.Context(), func(ctx context.Context) error { return runInit(ctx, a, o, starter) })
		},
	}
	o.store(cmd)
	o.flags(cmd)
	cmd.Flags().StringVar(&starter.kind, "starter", "",
		"in a directory without a configuration, write one for a `TENANT`: sandbox or microsoft")
	cmd.Flags().StringVar(&starter.tenant, "tenant-id", "", "the `ID` of the tenant of -starter=microsoft")
	return cmd
}

func runInit(ctx context.Context, a *app, o *checkOptions, starter *starterOptions) error {
	if err := starter.check(); err != nil {
		return err
	}
	if err := a.offerStarter(ctx, starter); err != nil {
		return err
	}
	if starter.kind != "" {
		return writeStarter(a, *starter)
	}
	if err := o.check("a store"); err != nil {
		return err
	}
	l, err := a.load(o.inputs, engine.Settings())
	if err != nil {
		return err
	}
	return o.tell(a, l.CheckStore(ctx, o.purpose == "apply"))
}
