package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/usher-cli/usher/engine"
	"github.com/usher-cli/usher/plan"
)

type planOptions struct {
	inputs
	planOutput
	refresh bool
	planFlags
}

// planOutput are the options of what becomes of a plan, of plan and of undo.
type planOutput struct {
	out string
	format
	detailed bool
}

func (o *planOutput) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.out, "out", "", "save the plan in `FILE`, for usher apply FILE")
	o.planFormatFlag(cmd)
	cmd.Flags().BoolVar(&o.detailed, "detailed-exitcode", false, "exit with 2 where there are steps")
	cmd.Flags().Bool("input", true, "as of apply; nothing is asked here")
	planLockFlag(cmd)
}

func newPlan(a *app) *cobra.Command {
	o := &planOptions{planFlags: planFlags{suggestTargets: a.suggestAddresses(true)}}
	cmd := &cobra.Command{
		Use: "plan", Short: "Show what apply would do", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runPlan(cmd.Context(), a, o) },
	}
	o.tenant(cmd)
	o.baseFlag(cmd)
	o.planFlags.flags(cmd)
	o.planOutput.flags(cmd)
	a.redactFlag(cmd)
	a.layoutFlags(cmd)
	cmd.Flags().BoolVar(&o.Simulate, "simulate", false,
		"ask no tenant and no store: plan for a tenant that has everybody and everything the files name")
	cmd.Flags().BoolVar(&o.refresh, "refresh", true, "read people from the tenant; -refresh=false trusts the state")
	return cmd
}

func runPlan(ctx context.Context, a *app, o *planOptions) (err error) {
	a.documents = o.isJSON()
	c, err := o.choices(a)
	if err != nil {
		return err
	}
	if o.Simulate && (o.out != "" || o.expect != "" || c.drift != "" || !o.refresh) {
		return errors.New("-simulate shows whether the files fit, and no such plan can be saved, expected or narrowed to drift")
	}
	scope := engine.Scope{Targets: c.targets, Blocks: c.blocks, Drift: c.drift, Expected: c.expected, TrustState: !o.refresh}
	present, err := a.look(ctx, o.inputs, engine.Access{}, scope)
	if err != nil {
		return err
	}
	defer present.Close(&err)
	return o.offer(a, present, present.Plan(c.Choices))
}

// offer shows a plan, saves it where that is asked for, and says how to exit.
func (o *planOutput) offer(a *app, present *engine.Present, p *plan.Plan) error {
	if err := a.show(o.format, a.words().Plan(p, present.Config.Tenant.Writes)); err != nil {
		return err
	}
	if o.out != "" && len(p.Errors()) == 0 {
		if err := present.SavePlan(a.path(o.out), p); err != nil {
			return err
		}
		if o.isText() {
			a.stdout().Say("Saved the plan in %s. To do what it says, run usher apply %s", o.out, o.out)
		}
	}
	if err := verdict(p); err != nil {
		return err
	}
	switch {
	case o.detailed && p.Waiting():
		return exitWaiting
	case o.detailed && !p.Empty():
		return exitSteps
	}
	return nil
}
