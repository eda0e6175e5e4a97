package state

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Backend keeps the bytes of one state, its log and its lock. What the bytes
// mean it does not know: a Store does. Each speaks to one kind of place, and
// one suite of tests runs over all of them.
type Backend interface {
	// Get returns the current version and its etag; nil and "" where there is
	// none yet.
	Get(ctx context.Context) (text []byte, etag string, err error)
	// Put replaces the version that has the etag, durably, and returns the new
	// one's; "" is for where there was none. It asks once: after an error that
	// is not ErrMoved it is not known what is there now.
	Put(ctx context.Context, text []byte, etag string) (string, error)
	// Lock takes the state for one run, without waiting. The error is a
	// *LockedError where somebody else keeps it.
	Lock(ctx context.Context, info LockInfo) (*Hold, error)
	// LockedBy returns who has the lock; nil where nobody has.
	LockedBy(ctx context.Context) (*LockInfo, error)
	// ForceUnlock removes the lock with this id. The error is ErrNotLocked
	// where nobody has it.
	ForceUnlock(ctx context.Context, id string) error
	// Log returns the lines of the log after a mark, and the mark behind the
	// last of them.
	Log(ctx context.Context, after Mark) ([][]byte, Mark, error)
	// Append adds lines behind a mark that Log or Append returned. The error
	// is ErrMoved where the log goes on behind it.
	Append(ctx context.Context, at Mark, lines [][]byte) (Mark, error)
	// String names the place for people, without any secret.
	String() string
}

// Preparer is a Backend whose place has to be made before its first use.
type Preparer interface {
	// Prepare makes what is missing, and leaves what is there.
	Prepare(ctx context.Context) error
}

// Prober is a Backend that can tell whether it may be written, beyond being
// locked, without writing anything.
type Prober interface {
	// Probe returns what stands in the way.
	Probe(ctx context.Context) error
}

// Mark is a place in a log, between two lines.
type Mark struct {
	Lines int64 `json:"lines"`
	Bytes int64 `json:"bytes"`
}

// Add returns the mark behind more lines.
func (m Mark) Add(lines [][]byte) Mark {
	for _, l := range lines {
		m.Lines++
		m.Bytes += int64(len(l)) + 1
	}
	return m
}

// Hold is a lock as a backend gives it.
type Hold struct {
	// TTL is how long the lock lasts without being renewed; 0 where it lasts
	// until it is given back.
	TTL time.Duration
	// Renew makes it last for TTL again. The error is ErrLost where it belongs
	// to somebody else, or to nobody, by now.
	Renew func(ctx context.Context) error
	// Release gives it back.
	Release func(ctx context.Context) error
}

// What callers decide by.
var (
	// ErrMoved means that somebody else wrote in the meantime.
	ErrMoved = errors.New("the state was changed by somebody else in the meantime")
	// ErrLost means that a lock is not ours any more.
	ErrLost = errors.New("the lock on the state was lost")
	// ErrNotLocked means that there is no lock to remove.
	ErrNotLocked = errors.New("the state is not locked")
	// ErrUnprepared means that the place has to be made first.
	ErrUnprepared = errors.New("nothing is prepared there for states: run usher state init once, with an account that may create tables")
)

// LockInfo says who holds a lock, for people; it decides nothing.
type LockInfo struct {
	ID        string    `json:"id"`            // a GUID
	Who       string    `json:"who"`           // user@host
	PID       int       `json:"pid"`           // of the process, on its host
	Since     time.Time `json:"since"`         // when the lock was taken
	Operation string    `json:"operation"`     // the verb
	Run       string    `json:"run,omitempty"` // address of the pipeline's run
	// Until is when the lock ends by itself unless its holder renews it; the
	// zero time where it does not.
	Until time.Time `json:"until,omitzero"`
}

// ParseLockInfo reads what a holder left, whoever wrote it; nil where it names no lock.
func ParseLockInfo(text []byte) *LockInfo {
	info := &LockInfo{}
	if json.Unmarshal(text, info) != nil || info.ID == "" {
		return nil
	}
	return info
}

// UnknownID stands for the id of a lock that a store does not tell.
const UnknownID = "unknown"

// UnknownLock is what is said of a lock of which a store tells the id at most.
func UnknownLock(id string) *LockInfo { return &LockInfo{ID: id, Who: "somebody unknown"} }

// String describes the holder.
func (h LockInfo) String() string {
	s := h.Who
	if h.PID != 0 {
		s += fmt.Sprintf(" (process %d)", h.PID)
	}
	if h.Operation != "" {
		s += " for " + h.Operation
	}
	if h.Run != "" {
		s += " in " + h.Run
	}
	if !h.Since.IsZero() {
		s += " since " + h.Since.UTC().Format(time.RFC3339)
	}
	if !h.Until.IsZero() {
		s += "; unless it is renewed it ends at " + h.Until.UTC().Format(time.RFC3339)
	}
	return s + "; lock id " + h.ID
}

// LockedError says that the state is locked, and by whom as far as is known.
type LockedError struct {
	Store string
	Lock  *LockInfo // nil where its holder left no information
}

// Error implements error.
func (e *LockedError) Error() string {
	if e.Lock == nil {
		return fmt.Sprintf("the state %s is locked by an unknown process", e.Store)
	}
	return fmt.Sprintf("the state %s is locked by %s", e.Store, e.Lock)
}
