package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/usher-cli/usher/engine"
)

type requestOptions struct {
	inputs
	format
	changeOptions
	engine.Request
}

func newRequest(a *app) *cobra.Command {
	o := &requestOptions{}
	cmd := &cobra.Command{
		Use: "request", Short: "Ask for a license in the files, on a branch or in a pull request; exits with 3 if there is no seat for it",
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runRequest(cmd.Context(), a, o) },
	}
	o.tenant(cmd)
	o.formatFlag(cmd, "the request")
	flags := cmd.Flags()
	flags.StringVar(&o.User, "user", "", "who is to get the license: a user principal `NAME` or an id")
	flags.StringVar(&o.License, "license", "", "the `LABEL` of a license block, or its product")
	flags.StringVar(&o.From, "from", "", "the first `DAY`, as YYYY-MM-DD; today if it is left out")
	flags.StringVar(&o.Until, "until", "", "the last `DAY`, as YYYY-MM-DD; without an end if it is left out")
	flags.StringVar(&o.Reason, "reason", "", "what the license is for, in a `TEXT` for those who decide")
	o.flags(cmd)
	return cmd
}

func runRequest(ctx context.Context, a *app, o *requestOptions) (err error) {
	a.documents = o.isJSON()
	if _, _, err := o.client(a); err != nil { // before anything is read
		return err
	}
	p, err := a.look(ctx, o.inputs, engine.Access{}, engine.Scope{})
	if err != nil {
		return err
	}
	defer p.Close(&err)
	c, err := p.Request(o.Request)
	if err != nil {
		return err
	}
	wrong := len(c.Plan.Errors()) > len(c.Before.Errors())
	if !wrong && len(c.Files) > 0 {
		if err := o.land(ctx, a, p, c, a.words().Proposal(c.Change)); err != nil {
			return err
		}
	} else {
		c.Files = nil
	}
	if err := a.show(o.format, a.words().Requested(c.Change)); err != nil {
		return err
	}
	switch {
	case wrong:
		return exitError
	case !c.Fits():
		return exitRefused
	}
	return nil
}
