package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/usher-cli/usher/catalog"
	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
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
	p, err := a.openPlan(a.path(path))
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
	o.flags(cmd)
	cmd.Flags().BoolVar(&o.json, "json", false, "print the drift as JSON")
	return cmd
}

func runDrift(ctx context.Context, a *app, o *driftOptions) (err error) {
	s, err := a.reading(ctx, o.inputs, true)
	if err != nil {
		return err
	}
	defer s.close(&err)
	in := s.input(choices{})
	if p := (&plan.Plan{Notices: in.Notices}); len(p.Errors()) > 0 {
		a.stdout().WithFiles(s.cfg.Files).Notices(p.Errors())
		return exitError
	}
	drift := plan.Drifts(in)
	if o.json {
		err = view.JSON(a.out, view.NewDriftReport(in.Have, drift))
	} else {
		s.printUnread()
		a.stdout().Drift(drift, len(in.Have.Unread) == 0)
	}
	switch {
	case err != nil:
		return err
	case len(in.Have.Unread) > 0:
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
	o.flags(cmd)
	cmd.Flags().BoolVar(&o.json, "json", false, "print the usage as JSON")
	cmd.Flags().BoolVar(&o.users, "users", false, "list each person with the source of each license")
	return cmd
}

func runUsage(ctx context.Context, a *app, o *usageOptions) (err error) {
	s, err := a.reading(ctx, o.inputs, false)
	if err != nil {
		return err
	}
	defer s.close(&err)
	usage := ledger.UsageOf(s.reading.Have)
	if o.json {
		err = view.JSON(a.out, view.NewUsageReport(s.reading.Have, usage, o.users))
	} else {
		s.printUnread()
		a.stdout().Usage(usage, o.users)
	}
	if err == nil && len(s.reading.Unread) > 0 {
		return exitPartial
	}
	return err
}

// reading opens everything and reads it, for commands that only look: drift,
// for which nobody waits, gives way to the requests of others, and usage shows
// also what no file is about.
func (a *app) reading(ctx context.Context, in inputs, drift bool) (*session, error) {
	s, err := a.load(in)
	if err != nil {
		return nil, err
	}
	s.low, s.everything = drift, !drift
	if err := s.openTenant(); err != nil {
		return nil, err
	}
	if err := s.read(ctx, true); err != nil {
		s.close(&err)
		return nil, err
	}
	return s, nil
}

func (s *session) printUnread() {
	var notices []ledger.Notice
	for _, u := range s.reading.Unread {
		notices = append(
			notices,
			ledger.Notice{Code: "unread", Severity: ledger.Warning, Address: u.Address(), Text: "could not be read completely: " + u.Reason},
		)
	}
	s.a.stdout().Notices(notices)
}
