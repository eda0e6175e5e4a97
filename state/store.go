package state

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Store keeps one state. Implementations behave alike: one suite of tests
// runs over all of them.
type Store interface {
	// Read returns the current version and its etag; nil and "" where there
	// is no state yet. The error wraps ErrNewer or ErrDamaged where there is
	// one that cannot be read.
	Read(ctx context.Context) (*Document, string, error)
	// Write replaces the version that has the etag, durably, and returns the
	// new etag. It raises d.Serial by one. The error wraps ErrMoved where
	// another version is there.
	Write(ctx context.Context, d *Document, etag string) (string, error)
	// Lock takes the state for one run, waiting for at most the timeout. The
	// error is a *LockedError where somebody else keeps it.
	Lock(ctx context.Context, info LockInfo, timeout time.Duration) (*Lease, error)
	// ForceUnlock removes the lock with this id, if nobody holds it any more.
	ForceUnlock(ctx context.Context, id string) error
	// String names the store for people.
	String() string
}

// ErrMoved means that somebody else wrote the state in the meantime.
var ErrMoved = errors.New("the state was changed by somebody else in the meantime")

// LockInfo says who holds a lock, for people; it decides nothing.
type LockInfo struct {
	ID        string    `json:"id"`
	Who       string    `json:"who"`   // user@host
	PID       int       `json:"pid"`   // of the process, on its host
	Since     time.Time `json:"since"` // when the lock was taken
	Operation string    `json:"operation"`
}

// LockedError says that the state is locked, and by whom as far as is known.
type LockedError struct {
	Store  string
	Holder *LockInfo // nil where the holder left no information
	Waited time.Duration
}

// Error implements error.
func (e *LockedError) Error() string {
	if e.Holder == nil {
		return fmt.Sprintf("the state %s is locked by another process, which left no information", e.Store)
	}
	h := e.Holder
	return fmt.Sprintf("the state %s is locked by %s (process %d) for %s since %s; lock id %s", e.Store, h.Who, h.PID,
		h.Operation, h.Since.UTC().Format(time.RFC3339), h.ID)
}

// Lease is a lock that is held. Lost is closed if it stops being ours, after
// which nothing may be written.
type Lease struct {
	Info    LockInfo
	Lost    <-chan struct{}
	release func() error
}

// Release gives the lock back.
func (l *Lease) Release() error { return l.release() }
