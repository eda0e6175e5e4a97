package httpstate

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/usher-cli/usher/state"
)

// lockBody is what the protocol says of a lock; servers want every field.
type lockBody struct {
	ID        string    `json:"ID"`
	Operation string    `json:"Operation"`
	Info      string    `json:"Info"` // what usher knows beyond the other fields, as JSON
	Who       string    `json:"Who"`
	Version   string    `json:"Version"`
	Created   time.Time `json:"Created"`
	Path      string    `json:"Path"`
}

func (b *Backend) body(info state.LockInfo) []byte {
	extra, _ := json.Marshal(info)
	text, _ := json.Marshal(lockBody{info.ID, info.Operation, string(extra), info.Who, b.o.Version, info.Since, b.String()}) // plain data
	return text
}

// holderOf reads who has the lock out of a refusal, whoever wrote it.
func holderOf(text []byte) *state.LockInfo {
	var l lockBody
	if json.Unmarshal(text, &l) != nil || l.ID == "" {
		return nil
	}
	switch info := state.ParseLockInfo([]byte(l.Info)); {
	case info != nil && info.ID == l.ID:
		return info
	case info != nil: // GitLab: what usher asked with, beside the holder's id, name and time
		l.Operation = "something that the server does not tell"
	}
	return &state.LockInfo{ID: l.ID, Who: l.Who, Operation: l.Operation, Since: l.Created}
}

// Lock implements state.Backend.
func (b *Backend) Lock(ctx context.Context, info state.LockInfo) (*state.Hold, error) {
	for n := 0; ; n++ {
		err := b.acquire(ctx, info)
		if err == nil {
			break
		}
		if n == mostProbes || !isProbe(err) {
			return nil, err
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(100 * time.Millisecond):
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.held, b.seen = info, ""
	return &state.Hold{
		TTL:   cmp.Or(b.o.TTL, DefaultTTL),
		Renew: func(ctx context.Context) error { return b.renew(ctx, info) },
		Release: func(ctx context.Context) error {
			b.mu.Lock()
			b.held, b.seen = state.LockInfo{}, ""
			b.mu.Unlock()
			return b.release(ctx, info)
		},
	}, nil
}

// Who asks whose the lock is takes it for a moment, which nobody is to be refused
// for: so often it is asked for again.
const (
	probeID    = "00000000-0000-4000-8000-000000000000"
	mostProbes = 20
)

func isProbe(err error) bool {
	var locked *state.LockedError
	return errors.As(err, &locked) && locked.Lock != nil && locked.Lock.ID == probeID
}

func (b *Backend) acquire(ctx context.Context, info state.LockInfo) error {
	status, text, err := b.ask(ctx, b.o.LockMethod, b.o.LockAddress, b.body(info), false)
	switch {
	case err != nil: // it may have been taken all the same
		undo, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		_ = b.unlock(undo, b.body(info), info.ID)
		return err
	case status == http.StatusLocked || status == http.StatusConflict:
		if holder := holderOf(text); holder == nil || holder.ID != info.ID {
			return &state.LockedError{Store: b.String(), Lock: holder}
		} // an earlier try took it, and its answer was lost
	case status < 200 || status > 299:
		return refusal(b.o.LockMethod, status)
	}
	return nil
}

// release gives a lock back. One that is not ours is not to be given back: an
// earlier try may have done that, or somebody removed it. GitLab refuses both
// without saying whose it is.
func (b *Backend) release(ctx context.Context, info state.LockInfo) error {
	err := b.unlock(ctx, b.body(info), info.ID)
	var locked *state.LockedError
	if errors.As(err, &locked) && (b.o.Strict || locked.Lock != nil && locked.Lock.ID != info.ID) {
		return nil
	}
	return err
}

// DefaultTTL is how long a run goes on without knowing whether the lock is still
// its own. The lock itself does not end.
const DefaultTTL = 5 * time.Minute

// renew asks for the lock that this process has, and is told that it has it.
// Where somebody removed it, it is free or another's; where it was free, the
// state must be the one that was seen last.
func (b *Backend) renew(ctx context.Context, info state.LockInfo) error {
	status, text, err := b.ask(ctx, b.o.LockMethod, b.o.LockAddress, b.body(info), false)
	switch {
	case err != nil:
		return err
	case status == http.StatusLocked || status == http.StatusConflict:
		if holder := holderOf(text); holder == nil || holder.ID != info.ID {
			return state.ErrLost
		}
	case status < 200 || status > 299:
		return refusal(b.o.LockMethod, status)
	default:
		b.mu.Lock()
		b.retaken = true
		b.mu.Unlock()
	}
	return b.unchanged(ctx)
}

// unchanged compares the state with what was seen last, where the lock was
// free in between.
func (b *Backend) unchanged(ctx context.Context) error {
	b.mu.Lock()
	retaken, seen := b.retaken, b.seen
	b.mu.Unlock()
	if !retaken {
		return nil
	}
	now, err := b.get(ctx, b.o.Address)
	if err != nil {
		return err
	}
	if seen != "" && seen != seenAs(now) {
		return state.ErrLost
	}
	b.mu.Lock()
	b.retaken = false
	b.mu.Unlock()
	return nil
}

func (b *Backend) unlock(ctx context.Context, body []byte, id string) error {
	address := b.o.UnlockAddress
	if b.o.UnlockMethod == http.MethodDelete && id != "" { // whose body servers may not read
		address = withID(address, id)
	}
	status, text, err := b.ask(ctx, b.o.UnlockMethod, address, body, false)
	switch {
	case err != nil:
		return err
	case status == http.StatusLocked || status == http.StatusConflict:
		return &state.LockedError{Store: b.String(), Lock: holderOf(text)}
	case status == http.StatusNotFound: // it is given back already
		return nil
	case status < 200 || status > 299:
		return refusal(b.o.UnlockMethod, status)
	}
	return nil
}

func withID(address, id string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	q := u.Query()
	q.Set("ID", id)
	u.RawQuery = q.Encode()
	return u.String()
}

// LockedBy implements state.Backend. The protocol has no question for it: who
// tries to lock is told.
func (b *Backend) LockedBy(ctx context.Context) (*state.LockInfo, error) {
	probe := state.LockInfo{ID: probeID, Who: "usher", Operation: "lock-info", Since: time.Unix(0, 0).UTC()}
	err := b.acquire(ctx, probe)
	if err == nil {
		return nil, b.release(ctx, probe)
	}
	if locked, ok := err.(*state.LockedError); ok { //nolint:errorlint // acquire returns it bare
		if locked.Lock == nil {
			return state.UnknownLock(state.UnknownID), nil
		}
		return locked.Lock, nil
	}
	return nil, err
}

// ForceUnlock implements state.Backend. Without an id the protocol removes any.
func (b *Backend) ForceUnlock(ctx context.Context, id string) error {
	body := b.body(state.LockInfo{ID: id})
	if id == state.UnknownID {
		id, body = "", nil
	}
	err := b.unlock(ctx, body, id)
	if _, ok := err.(*state.LockedError); ok { //nolint:errorlint // unlock returns it bare
		return fmt.Errorf("the server did not give it up: %w", err)
	}
	return err
}
