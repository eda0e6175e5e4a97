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
	return l.lock(ctx, l.Store, operation, timeout, "remove its lock with usher force-unlock")
}

// LockOther takes another state than that of the configuration.
func (w *World) LockOther(ctx context.Context, store *state.Store, operation string, timeout time.Duration) (*state.Lease, error) {
	return w.lock(ctx, store, operation, timeout, "run usher force-unlock in a directory whose backend block names that store")
}

// lock takes a state, and says what to do where somebody else has it.
func (w *World) lock(
	ctx context.Context, store *state.Store, operation string, timeout time.Duration, unlock string,
) (*state.Lease, error) {
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
	way := "if that run is over, " + unlock
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
