package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/usher-cli/usher/engine"
)

func newDoctor(a *app) *cobra.Command {
	o := &checkOptions{}
	cmd := &cobra.Command{Use: "doctor", Short: "List the permissions of the identity, and the missing ones", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runDoctor(cmd.Context(), a, o) }}
	o.tenant(cmd)
	o.flags(cmd)
	return cmd
}

func runDoctor(ctx context.Context, a *app, o *checkOptions) (err error) {
	if err := o.check("an identity"); err != nil {
		return err
	}
	l, err := a.load(o.inputs, engine.Whole())
	if err != nil {
		return err
	}
	opened, err := l.Open(engine.Access{})
	if err != nil {
		return err
	}
	defer opened.Close(&err)
	return o.tell(a, opened.Examine(ctx, o.purpose == "apply"))
}
