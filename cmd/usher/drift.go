package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/usher-cli/usher/engine"
)

type driftOptions struct {
	inputs
	format
	accept     []string
	undeclared string
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
	a.compactFlag(cmd)
	cmd.Flags().StringArrayVar(&o.accept, "accept", nil, "take a `GROUP` of drift into the files, or all of them: drift:GROUP or all")
	cmd.Flags().StringVar(&o.undeclared, "undeclared", string(engine.NewSeats),
		"which seats that no file declares are drift: `new` ones, or all, also those that were there before usher")
	return cmd
}

func runDrift(ctx context.Context, a *app, o *driftOptions) (err error) {
	a.documents = o.isJSON()
	if o.undeclared != string(engine.NewSeats) && o.undeclared != string(engine.AllSeats) {
		return fmt.Errorf("-undeclared is new or all, and this is %q", o.undeclared)
	}
	p, err := a.look(ctx, o.inputs, engine.Access{Low: true}, engine.Scope{}) // nobody waits for it
	if err != nil {
		return err
	}
	defer p.Close(&err)
	drift, problems := p.Drift(ctx, engine.UndeclaredSeats(o.undeclared))
	if len(problems) > 0 {
		to := a.stdout()
		if !o.isText() {
			to = a.stderr() // the document is about a drift, and there is none
		}
		to.Page(a.words().Notices(problems))
		return exitError
	}
	for i, group := range o.accept {
		o.accept[i] = a.pseudonyms.Name("drift:" + strings.TrimPrefix(group, "drift:"))
	}
	if len(o.accept) > 0 {
		if drift.Accepted, err = p.Accept(ctx, drift, o.accept); err != nil {
			return err
		}
	}
	have := p.Reading.Have
	if err := a.show(o.format, a.words().Drift(have, drift, a.now())); err != nil {
		return err
	}
	switch {
	case len(have.Unread) > 0:
		return exitPartial
	case drift.Accepted != nil && len(drift.Accepted.ByHand) > 0:
		return exitPartial
	case drift.Accepted != nil:
		return nil
	case len(drift.Groups) > 0:
		return exitSteps
	}
	return nil
}
