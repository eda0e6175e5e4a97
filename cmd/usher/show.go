package main

import (
	"github.com/spf13/cobra"

	"github.com/usher-cli/usher/catalog"
	"github.com/usher-cli/usher/plan"
)

type showOptions struct {
	format
}

func newShow(a *app) *cobra.Command {
	o := &showOptions{}
	cmd := &cobra.Command{
		Use: "show PLAN", Short: "Show a saved plan", Args: argCount(1, 1), ValidArgsFunction: suggestFiles,
		RunE: func(_ *cobra.Command, args []string) error { return runShow(a, o, args[0]) },
	}
	o.planFormatFlag(cmd)
	a.redactFlag(cmd)
	a.layoutFlags(cmd)
	return cmd
}

func runShow(a *app, o *showOptions, path string) error {
	p, err := a.savedPlan(path)
	if err != nil {
		return err
	}
	return a.show(o.format, a.words().Plan(p, 0))
}

// savedPlan reads a plan, and the names of service plans that it is told with.
func (a *app) savedPlan(path string) (*plan.Plan, error) {
	p, err := a.world().OpenPlan(a.path(path), nil)
	if err != nil {
		return nil, err
	}
	known, err := catalog.Load()
	if err != nil {
		return nil, err
	}
	a.servicePlans = known.ServicePlanNames()
	return p, nil
}
