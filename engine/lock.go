package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/usher-cli/usher/state"
)

// Lock takes the state for an operation.
func (l *Loaded) Lock(ctx context.Context, operation string, timeout time.Duration) (*state.Lease, error) {
	return l.LockStore(ctx, l.Store, operation, timeout)
}

// LockStore takes a state, and says what to do where somebody else has it.
func (w *World) LockStore(ctx context.Context, store *state.Store, operation string, timeout time.Duration) (*state.Lease, error) {
	lease, err := store.Lock(ctx, w.lockInfo(operation), timeout)
	var locked *state.LockedError
	switch {
	case !errors.As(err, &locked):
		return lease, err
	case ctx.Err() != nil:
		return nil, ErrInterrupted
	case timeout > 0:
		err = fmt.Errorf("%w (waited %s)", err, timeout)
	}
	way := "if that run is over, remove its lock with usher force-unlock"
	if _, ok := store.Backend().(*state.File); ok { // whose lock ends with its process
		way = "end that process"
	}
	return nil, fmt.Errorf("%w: wait for it with a longer -lock-timeout, or %s", err, way)
}

// Release gives a lock back, whatever became of the run. That it cannot is a warning
// after a good run: what was done is done, and on record.
func (w *World) Release(lease *state.Lease, err *error) {
	if problem := lease.Release(); problem != nil && *err == nil {
		w.warn(fmt.Sprintf("the lock of the state could not be given back: %s. "+
			"If the next run finds the state locked, run usher force-unlock.", problem))
	}
}
