package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/state"
	"github.com/usher-cli/usher/tenant"
)

// CheckStore looks whether the store of the state can be read and, for an apply, be
// locked and written.
func (l *Loaded) CheckStore(ctx context.Context, apply bool) []ledger.Check {
	checks := l.checkReading(ctx)
	if apply && checks[0].Verdict == ledger.Fine {
		checks = append(checks, l.checkWriting(ctx))
	}
	return checks
}

// Examine looks what the identity may do, and what it lacks for the configuration.
func (o *Opened) Examine(ctx context.Context, apply bool) []ledger.Check {
	nothingRead := &Present{Opened: o}
	return o.Tenant.Examine(ctx, o.needs(apply, nothingRead.units()))
}

// checkReading looks whether the state can be read, and whose it is.
func (l *Loaded) checkReading(ctx context.Context) []ledger.Check {
	d, _, err := l.Store.Read(ctx)
	read := ledger.Check{Verdict: ledger.Fine, About: "reading the state", Text: l.Store.String()}
	if err != nil {
		read.Verdict, read.Text = ledger.Missing, err.Error()
		return []ledger.Check{read}
	}
	whose := ledger.Check{Verdict: ledger.Fine, About: "the state"}
	switch {
	case d == nil:
		whose.Text = "there is none yet: the first usher apply makes it"
	case l.Config.Tenant.ID != "" && d.Tenant != l.Config.Tenant.ID:
		whose.Verdict, whose.Text = ledger.Missing, fmt.Sprintf(
			"it is about the tenant %s, and the configuration points at %s",
			d.Tenant,
			l.Config.Tenant.ID,
		)
		whose.Remedy = "use the state of that tenant, or correct the tenant block"
	default:
		whose.Text = fmt.Sprintf("serial %d, %s of the tenant %s", d.Serial, ledger.Count(len(d.Grants), "grant"), d.Tenant)
	}
	return []ledger.Check{read, whose}
}

// checkWriting takes the lock, opens the history, looks whether more is in the
// way where the store can tell, and gives the lock back.
//
// A lock that was taken and given back proves more than any list of permissions: a store can
// allow the reading of the state and not its lock.
func (l *Loaded) checkWriting(ctx context.Context) ledger.Check {
	c := ledger.Check{Verdict: ledger.Fine, About: "locking and writing the state"}
	lease, err := l.Store.Lock(ctx, l.lockInfo("init"), 0)
	if err == nil {
		err = errors.Join(l.mayWrite(ctx), lease.Release())
	}
	var locked *state.LockedError
	switch {
	case errors.As(err, &locked):
		c.Verdict, c.Text = ledger.Unclear, err.Error()
		c.Remedy = "run usher init again when that run is over"
	case err != nil:
		c.Verdict, c.Text = ledger.Missing, err.Error()
		c.Remedy = "where this identity is only to read, and to plan: usher init -for=plan"
	}
	return c
}

// mayWrite finds what stands in the way of a write, as far as the store can tell.
func (l *Loaded) mayWrite(ctx context.Context) error {
	d, _, err := l.Store.Read(ctx)
	if err == nil {
		_, err = l.Store.Journal(ctx, d, "init")
	}
	if p, ok := l.Store.Backend().(state.Prober); ok && err == nil {
		err = p.Probe(ctx)
	}
	return err
}

// needs are what the configuration uses of the tenant.
func (o *Opened) needs(apply, units bool) tenant.Needs {
	n := tenant.Needs{Apply: apply, FlowCapacity: o.Config.FlowCapacity, Units: units && !o.skipsUnits()}
	for _, p := range o.Config.Items {
		n.Restarts = n.Restarts || p.Refresh == ledger.RefreshForce
	}
	for i := range o.Config.Wants {
		w := &o.Config.Wants[i]
		n.Groups = n.Groups || w.Kind == ledger.Group
		n.SelfService = n.SelfService || w.Kind == ledger.SelfService
		n.Locations = n.Locations || w.Location != "" || w.Kind == ledger.Group
	}
	for i := range o.Config.Selections {
		n.Locations = n.Locations || o.Config.Selections[i].Location != ""
	}
	for _, p := range o.Config.Environments {
		n.Environments = append(n.Environments, p.Environment.Name)
	}
	return n
}
