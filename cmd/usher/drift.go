package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/usher-cli/usher/engine"
)

type driftOptions struct {
	inputs
	format
}

func newDrift(a *app) *cobra.Command {
	o := &driftOptions{}
	cmd := &cobra.Command{
		Use: "drift", Short: "Show changes that somebody made by hand; exits with 2 if there are any", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runDrift(cmd.Context(), a, o) },
	}
	o.tenant(cmd)
	o.formatFlag(cmd, "the drift")
	a.redactFlag(cmd)
	return cmd
}

func runDrift(ctx context.Context, a *app, o *driftOptions) (err error) {
	p, err := a.look(ctx, o.inputs, engine.Access{Low: true}, engine.Scope{}) // nobody waits for it
	if err != nil {
		return err
	}
	defer p.Close(&err)
	drift, problems := p.Drift(ctx)
	if len(problems) > 0 {
		to := a.stdout()
		if !o.isText() {
			to = a.stderr() // the document is about a drift, and there is none
		}
		to.Page(a.words().Notices(problems))
		return exitError
	}
	have := p.Reading.Have
	if err := a.show(o.format, a.words().Drift(have, drift)); err != nil {
		return err
	}
	switch {
	case len(have.Unread) > 0:
		return exitPartial
	case len(drift.Groups) > 0:
		return exitSteps
	}
	return nil
}
