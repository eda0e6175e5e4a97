package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/usher-cli/usher/catalog"
	"github.com/usher-cli/usher/engine"
	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/view"
)

type showOptions struct {
	json bool
}

func newShow(a *app) *cobra.Command {
	o := &showOptions{}
	cmd := &cobra.Command{
		Use: "show PLAN", Short: "Show a saved plan", Args: argCount(1, 1),
		RunE: func(_ *cobra.Command, args []string) error { return runShow(a, o, args[0]) },
	}
	cmd.Flags().BoolVar(&o.json, "json", false, "print the plan as JSON")
	return cmd
}

func runShow(a *app, o *showOptions, path string) error {
	p, err := a.world().OpenPlan(a.path(path))
	if err != nil {
		return err
	}
	if o.json {
		return p.Encode(a.out)
	}
	known, err := catalog.Load()
	if err != nil {
		return err
	}
	a.plans = known.PlanNames()
	a.stdout().Plan(p)
	return nil
}

type driftOptions struct {
	inputs
	json bool
}

func newDrift(a *app) *cobra.Command {
	o := &driftOptions{}
	cmd := &cobra.Command{
		Use: "drift", Short: "Show changes that somebody made by hand; exits with 2 if there are any", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runDrift(cmd.Context(), a, o) },
	}
	o.tenant(cmd)
	cmd.Flags().BoolVar(&o.json, "json", false, "print the drift as JSON")
	return cmd
}

func runDrift(ctx context.Context, a *app, o *driftOptions) (err error) {
	p, err := a.look(ctx, o.inputs, engine.Access{Low: true}, engine.Scope{}) // nobody waits for it
	if err != nil {
		return err
	}
	defer p.Close(&err)
	drift, problems := p.Drift()
	if len(problems) > 0 {
		a.stdout().WithFiles(p.Config.Files).Notices(problems)
		return exitError
	}
	have := p.Reading.Have
	if o.json {
		err = view.JSON(a.out, view.NewDriftReport(have, drift))
	} else {
		a.printUnread(have.Unread)
		a.stdout().Drift(drift, len(have.Unread) == 0)
	}
	switch {
	case err != nil:
		return err
	case len(have.Unread) > 0:
		return exitPartial
	case len(drift) > 0:
		return exitSteps
	}
	return nil
}

type usageOptions struct {
	inputs
	json  bool
	users bool
}

func newUsage(a *app) *cobra.Command {
	o := &usageOptions{}
	cmd := &cobra.Command{
		Use: "usage", Short: "Show the units purchased, assigned and available", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runUsage(cmd.Context(), a, o) },
	}
	o.tenant(cmd)
	cmd.Flags().BoolVar(&o.json, "json", false, "print the usage as JSON")
	cmd.Flags().BoolVar(&o.users, "users", false, "list each person with the source of each license")
	return cmd
}

func runUsage(ctx context.Context, a *app, o *usageOptions) (err error) {
	p, err := a.look(ctx, o.inputs, engine.Access{}, engine.Scope{Everything: true})
	if err != nil {
		return err
	}
	defer p.Close(&err)
	have := p.Reading.Have
	usage := ledger.UsageOf(have)
	if o.json {
		err = view.JSON(a.out, view.NewUsageReport(have, usage, o.users))
	} else {
		a.printUnread(have.Unread)
		a.stdout().Usage(usage, o.users)
	}
	if err == nil && len(have.Unread) > 0 {
		return exitPartial
	}
	return err
}

// look opens everything and reads it, for commands that change nothing.
func (a *app) look(ctx context.Context, in inputs, access engine.Access, scope engine.Scope) (*engine.Present, error) {
	l, err := a.load(in, engine.Whole())
	if err != nil {
		return nil, err
	}
	opened, err := l.Open(access)
	if err != nil {
		return nil, err
	}
	p, err := a.read(ctx, opened, scope)
	if err != nil {
		opened.Close(&err)
		return nil, err
	}
	return p, nil
}

func (a *app) printUnread(unread []ledger.Unread) {
	var notices []ledger.Notice
	for _, u := range unread {
		notices = append(notices,
			ledger.Notice{Code: "unread", Severity: ledger.Warning, Address: u.Address(), Text: "could not be read completely: " + u.Reason})
	}
	a.stdout().Notices(notices)
}
