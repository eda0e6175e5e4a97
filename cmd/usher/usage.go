package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/usher-cli/usher/engine"
)

type usageOptions struct {
	inputs
	format
	users bool
}

func newUsage(a *app) *cobra.Command {
	o := &usageOptions{}
	cmd := &cobra.Command{
		Use: "usage", Short: "Show the units purchased, assigned and available", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runUsage(cmd.Context(), a, o) },
	}
	o.tenant(cmd)
	o.usageFormatFlag(cmd)
	a.redactFlag(cmd)
	a.compactFlag(cmd)
	cmd.Flags().BoolVar(&o.users, "users", false, "list each person with the source of each license")
	return cmd
}

func runUsage(ctx context.Context, a *app, o *usageOptions) (err error) {
	a.documents = o.isJSON()
	p, err := a.look(ctx, o.inputs, engine.Access{}, engine.Scope{Everything: true, GroupNames: o.users})
	if err != nil {
		return err
	}
	defer p.Close(&err)
	have := p.Reading.Have
	err = a.show(o.format, a.words().Usage(have, p.Usage(), p.Today(), o.users))
	if err == nil && len(have.Unread) > 0 {
		return exitPartial
	}
	return err
}
