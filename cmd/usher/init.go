package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/state"
	"github.com/usher-cli/usher/view"
)

func newInit(a *app) *cobra.Command {
	o := &checkOptions{}
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Check the store of the state: reached, writable, and with a state of this tenant or none",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return politely(cmd.Context(), func(ctx context.Context) error { return runInit(ctx, a, o) })
		},
	}
	o.flags(cmd)
	return cmd
}

func runInit(ctx context.Context, a *app, o *checkOptions) error {
	if err := o.check("a store"); err != nil {
		return err
	}
	s, err := a.loadSettings(o.inputs)
	if err != nil {
		return err
	}
	checks := s.checkReading(ctx)
	if o.purpose == "apply" && checks[0].Verdict == ledger.Fine {
		checks = append(checks, s.checkWriting(ctx))
	}
	return o.tell(a, checks)
}

func (s *session) checkReading(ctx context.Context) []ledger.Check {
	d, _, err := s.store.Read(ctx)
	read := ledger.Check{Verdict: ledger.Fine, About: "reading the state", Text: s.store.String()}
	if err != nil {
		read.Verdict, read.Text = ledger.Missing, err.Error()
		return []ledger.Check{read}
	}
	whose := ledger.Check{Verdict: ledger.Fine, About: "the state"}
	switch {
	case d == nil:
		whose.Text = "there is none yet: the first usher apply makes it"
	case s.cfg.Tenant.ID != "" && d.Tenant != s.cfg.Tenant.ID:
		whose.Verdict, whose.Text = ledger.Missing, fmt.Sprintf(
			"it is about the tenant %s, and the configuration points at %s",
			d.Tenant,
			s.cfg.Tenant.ID,
		)
		whose.Remedy = "use the state of that tenant, or correct the tenant block"
	default:
		whose.Text = fmt.Sprintf("serial %d, %s of the tenant %s", d.Serial, view.Count(len(d.Grants), "grant"), d.Tenant)
	}
	return []ledger.Check{read, whose}
}

// checkWriting takes the lock, opens the history, looks whether more is in the
// way where the store can tell, and gives the lock back.
func (s *session) checkWriting(ctx context.Context) ledger.Check {
	c := ledger.Check{Verdict: ledger.Fine, About: "locking and writing the state"}
	lease, err := s.store.Lock(ctx, s.a.lockInfo("init"), 0)
	var locked *state.LockedError
	switch {
	case errors.As(err, &locked):
		c.Verdict, c.Text = ledger.Unclear, err.Error()
		c.Remedy = "run usher init again when that run is over"
	case err != nil:
		c.Verdict, c.Text = ledger.Missing, err.Error()
		c.Remedy = "where this identity is only to read, and to plan: usher init -for=plan"
	default:
		if err := errors.Join(s.mayWrite(ctx), lease.Release()); err != nil {
			c.Verdict, c.Text = ledger.Missing, err.Error()
		}
	}
	return c
}

func (s *session) mayWrite(ctx context.Context) error {
	d, _, err := s.store.Read(ctx)
	if err == nil {
		_, err = s.store.Journal(ctx, d, "init")
	}
	if p, ok := s.store.Backend().(state.Prober); ok && err == nil {
		err = p.Probe(ctx)
	}
	return err
}
