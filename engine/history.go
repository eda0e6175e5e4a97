package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/hashicorp/go-multierror"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
	"github.com/usher-cli/usher/state"
)

// History reads the history, checked against the state. One whose state cannot be
// opened is read all the same: it is wanted then.
func (l *Loaded) History(ctx context.Context) (*state.Told, error) {
	d, _, err := l.Store.Read(ctx)
	if errors.Is(err, state.ErrGone) || errors.Is(err, state.ErrDamaged) || errors.Is(err, state.ErrSealed) || errors.Is(err, state.ErrNewer) {
		l.warn(fmt.Sprintf("%s. Whether the end of the history is missing cannot be told.", err))
		d, err = nil, nil
	}
	if err != nil {
		return nil, err
	}
	return l.Store.History(ctx, d)
}

// UndoneRun is a run that is to be undone.
type UndoneRun struct {
	ID            string
	done, perhaps []ledger.Step // what it did, and what it may have done
}

// FindRun finds a run that is to be undone by its id, or the beginning of it. The
// history must vouch for it.
//
// Who may write the store could write a run into the history that never was, and have it
// undone. A run counts only where the chain of hashes is whole up to it.
func FindRun(told *state.Told, id string) (*UndoneRun, error) {
	if id == LastRun {
		id = lastChange(told)
	}
	run, err := told.Run(id)
	if err != nil {
		return nil, err
	}
	if err := told.Vouches(run); err != nil {
		return nil, err
	}
	u := &UndoneRun{ID: run.ID}
	if u.done, u.perhaps, err = run.Done(); err != nil {
		return nil, err
	}
	if len(u.done)+len(u.perhaps) == 0 {
		return nil, fmt.Errorf("the run %s changed nothing in the tenant, so there is nothing to undo", run.ID)
	}
	return u, nil
}

// LastRun stands for the last run that changed something in the tenant.
const LastRun = "last"

// lastChange is the id of that run; LastRun itself where there is none.
func lastChange(told *state.Told) string {
	for _, run := range slices.Backward(state.Runs(told.Entries)) {
		if done, perhaps, err := run.Done(); err == nil && len(done)+len(perhaps) > 0 {
			return run.ID
		}
	}
	return LastRun
}

// Scope is what has to be read to undo the run.
func (u *UndoneRun) Scope() Scope {
	s := Scope{Everything: true}
	for _, step := range slices.Concat(u.done, u.perhaps) {
		s.Undone = append(s.Undone, step.Holder)
	}
	return s
}

// Undo plans the reverse of a run. What somebody changed since is an error.
//
// An undo gives back what there was, person by person. Where somebody has changed the same
// thing since, the undo would take that away as well, so it refuses.
func (p *Present) Undo(u *UndoneRun, c Choices) (*plan.Plan, error) {
	reverse, stale := plan.NewUndo(p.input(p.Config, c), u.ID, u.done, u.perhaps)
	if len(stale) == 0 {
		return reverse, nil
	}
	problems := multierror.Append(nil, fmt.Errorf("the run %s is not undone, because its results have changed since: "+
		"first undo the later run (see usher history), or edit the files and apply", u.ID))
	for _, text := range stale {
		problems = multierror.Append(problems, errors.New(text))
	}
	return nil, problems
}
