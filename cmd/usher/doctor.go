package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/tenant"
	"github.com/usher-cli/usher/view"
)

type doctorOptions struct {
	inputs
	purpose string
	json    bool
}

func newDoctor(a *app) *cobra.Command {
	o := &doctorOptions{}
	cmd := &cobra.Command{Use: "doctor", Short: "Say what the identity may do, and what it lacks for this configuration", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runDoctor(cmd.Context(), a, o) }}
	o.flags(cmd)
	cmd.Flags().StringVar(&o.purpose, "for", "apply", "what the identity is for: `plan` or apply")
	cmd.Flags().BoolVar(&o.json, "json", false, "print the checks as JSON")
	return cmd
}

func runDoctor(ctx context.Context, a *app, o *doctorOptions) (err error) {
	if o.purpose != "plan" && o.purpose != "apply" {
		return fmt.Errorf("-for=%s is nothing that an identity is for: it can be plan or apply", o.purpose)
	}
	s, err := a.load(o.inputs)
	if err != nil {
		return err
	}
	if err := s.openTenant(); err != nil {
		return err
	}
	defer s.close(&err)
	checks := s.tenant.Examine(ctx, s.needs(o.purpose == "apply"))
	if o.json {
		err = view.JSON(a.out, view.NewDoctor(o.purpose, checks))
	} else {
		a.stdout().Checks(checks)
	}
	if err == nil && slices.ContainsFunc(checks, func(c ledger.Check) bool { return c.Verdict == ledger.Missing }) {
		return exitError
	}
	return err
}

// needs are what the configuration uses of the tenant.
func (s *session) needs(apply bool) tenant.Needs {
	n := tenant.Needs{Apply: apply, FlowCapacity: s.cfg.FlowCapacity, Units: s.units() && !slices.Contains(s.skip, skippable)}
	for i := range s.cfg.Wants {
		w := &s.cfg.Wants[i]
		n.Groups = n.Groups || w.Kind == ledger.Group
		n.SelfService = n.SelfService || w.Kind == ledger.SelfService
		n.Locations = n.Locations || w.Location != "" || w.Kind == ledger.Group
	}
	for _, p := range s.cfg.Places {
		n.Environments = append(n.Environments, p.Environment.Name)
	}
	return n
}
