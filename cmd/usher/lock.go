package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/usher-cli/usher/state"
	"github.com/usher-cli/usher/view"
)

// lock takes the state for the run.
func (s *session) lock(ctx context.Context, operation string, timeout time.Duration) (*state.Lease, error) {
	return s.a.lock(ctx, s.store, operation, timeout)
}

// lock takes a state, and says what to do where somebody else has it.
func (a *app) lock(ctx context.Context, store *state.Store, operation string, timeout time.Duration) (*state.Lease, error) {
	lease, err := store.Lock(ctx, a.lockInfo(operation), timeout)
	var locked *state.LockedError
	switch {
	case !errors.As(err, &locked):
		return lease, err
	case ctx.Err() != nil:
		return nil, errInterrupted
	case timeout > 0:
		err = fmt.Errorf("%w (waited %s)", err, timeout)
	}
	way := "if that run is over, remove its lock with usher force-unlock"
	if _, ok := store.Backend().(*state.File); ok { // whose lock ends with its process
		way = "end that process"
	}
	return nil, fmt.Errorf("%w: wait for it with a longer -lock-timeout, or %s", err, way)
}

// release gives a lock back, whatever became of the run.
func (s *session) release(lease *state.Lease, err *error) {
	if problem := lease.Release(); problem != nil && *err == nil { // what was done is done, and on record
		s.a.stderr().
			Line("Warning: the lock of the state could not be given back: %s. If the next run finds the state locked, run usher "+
				"force-unlock.", view.Safe(problem.Error()))
	}
}
