package main

import (
	"context"
	"slices"

	"github.com/spf13/cobra"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/tenant"
)

func newDoctor(a *app) *cobra.Command {
	o := &checkOptions{}
	cmd := &cobra.Command{Use: "doctor", Short: "List the permissions of the identity, and the missing ones", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runDoctor(cmd.Context(), a, o) }}
	o.flags(cmd)
	return cmd
}

func runDoctor(ctx context.Context, a *app, o *checkOptions) (err error) {
	if err := o.check("an identity"); err != nil {
		return err
	}
	s, err := a.load(o.inputs)
	if err != nil {
		return err
	}
	if err := s.openTenant(); err != nil {
		return err
	}
	defer s.close(&err)
	return o.tell(a, s.tenant.Examine(ctx, s.needs(o.purpose == "apply")))
}

// needs are what the configuration uses of the tenant.
func (s *session) needs(apply bool) tenant.Needs {
	n := tenant.Needs{Apply: apply, FlowCapacity: s.cfg.FlowCapacity, Units: s.units() && !slices.Contains(s.skip, skippable)}
	for _, p := range s.cfg.Items {
		n.Restarts = n.Restarts || p.Refresh == ledger.RefreshForce
	}
	for i := range s.cfg.Wants {
		w := &s.cfg.Wants[i]
		n.Groups = n.Groups || w.Kind == ledger.Group
		n.SelfService = n.SelfService || w.Kind == ledger.SelfService
		n.Locations = n.Locations || w.Location != "" || w.Kind == ledger.Group
	}
	for _, p := range s.cfg.Environments {
		n.Environments = append(n.Environments, p.Environment.Name)
	}
	return n
}
