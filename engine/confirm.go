package engine

import (
	"fmt"
	"slices"
	"time"

	"github.com/hashicorp/go-multierror"

	"github.com/usher-cli/usher/catalog"
	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/state"
)

// Confirm records what a person vouches for: that a step was done by hand, or
// that a grant which an interrupted run may have made is usher's.
//
// No service lists what a person gave by hand, such as the unit of a per-flow plan, and
// nobody but a person knows whether a killed run or somebody else made a grant. Whatever
// can be seen in the tenant needs no word of anybody, and is refused.
func (l *Loaded) Confirm(d *state.Document, addresses []string) error {
	if d == nil {
		return ErrNoState
	}
	edit := state.NewEdit()
	var problems *multierror.Error
	for _, text := range addresses {
		if err := l.confirmOne(d, edit, text); err != nil {
			problems = multierror.Append(problems, err)
			continue
		}
		d.Confirmed = append(d.Confirmed, state.Confirmation{Address: text, At: l.Now().UTC().Truncate(time.Second)})
	}
	edit.Apply(d)
	return problems.ErrorOrNil()
}

// confirmOne confirms what waits at one address.
//
// A claim comes first: once it is a record, usher may also take it away again. Then flows
// that were being turned off and on, which are to stay as they are, and steps by hand last.
func (l *Loaded) confirmOne(d *state.Document, edit *state.Edit, text string) error {
	if _, _, _, err := ledger.Address(text).Split(); err != nil {
		return err
	}
	restarts := d.FindRestart(ledger.Address(text))
	claims, pending := d.FindClaim(ledger.Address(text)), d.FindPending(ledger.Address(text))
	switch {
	case len(claims) > 0:
		i, err := oneOf(claims, text, func(i int) string { return d.Claims.Grants[i].Holder.ID })
		if err != nil {
			return err
		}
		edit.Put(d.Claims.Grants[i], l.Today(), nil)
		d.DropClaim(i)
	case len(restarts) > 0: // the flow is to stay as it is
		i, err := oneOf(restarts, text, func(i int) string { return d.Restarts[i].Holder.ID })
		if err != nil {
			return err
		}
		d.Restarts = slices.Delete(d.Restarts, i, i+1)
	case len(pending) > 0:
		i, err := oneOf(pending, text, func(i int) string { return d.Pending[i].Grant.Holder.ID })
		if err != nil {
			return err
		}
		g := d.Pending[i].Grant
		switch {
		case g.Item.ID != catalog.PerFlow:
			return fmt.Errorf("%s needs no confirmation: the next usher plan sees by itself if it is done", text)
		case g.Units > 0:
			edit.Put(g, l.Today(), nil)
		default:
			edit.Drop(g.Key())
		}
		d.Pending = slices.Delete(slices.Clone(d.Pending), i, i+1)
	default:
		return fmt.Errorf("nothing at %s waits for a confirmation: usher plan lists the steps by hand", text)
	}
	return nil
}
