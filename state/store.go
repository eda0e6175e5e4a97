package state

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Store keeps one state: documents, and who may write them, over the bytes
// of a Backend. It never replaces a version that it was not told about.
type Store struct {
	backend Backend
	opts    Options
	sealed  bool // what was read last was encrypted
	plain   bool // and may be written in plain
}

// Options are what a store needs beside its backend.
type Options struct {
	Now  func() time.Time
	Seal *Seal // how documents and log are encrypted; nil for not
}

// NewStore makes a store on a backend.
func NewStore(b Backend, o Options) *Store {
	return &Store{backend: b, opts: o}
}

// String names the store for people.
func (s *Store) String() string { return s.backend.String() }

// Backend is where the store keeps its bytes.
func (s *Store) Backend() Backend { return s.backend }

// Read returns the current version and its etag; nil and "" where there is no
// state yet. The error wraps ErrNewer, ErrDamaged or ErrSealed where there is
// one that cannot be read, and ErrGone where there is none any more.
func (s *Store) Read(ctx context.Context) (*Document, string, error) {
	d, etag, err := s.Look(ctx)
	if err == nil && d == nil {
		err = s.missed(ctx)
	}
	return d, etag, err
}

// Look is Read for whoever puts a state in the place of one that is gone.
func (s *Store) Look(ctx context.Context) (*Document, string, error) {
	text, etag, err := s.backend.Get(ctx)
	if err != nil {
		return nil, "", fmt.Errorf("the state %s cannot be read: %w", s, err)
	}
	if text == nil {
		return nil, "", nil
	}
	s.sealed = sealedHead().Match(text[:min(len(text), 64)])
	d, err := s.opts.Seal.Decode(text)
	if err != nil {
		return nil, "", fmt.Errorf("%s: %w%s", s, err, s.hint(err))
	}
	return d, etag, nil
}

// Damaged looks at a state that Read calls damaged: its etag, and what can be seen
// of its header, which stands at the beginning. The error wraps ErrNewer where it
// is whole, and only has a field that this usher does not know.
func (s *Store) Damaged(ctx context.Context) (etag string, seen Header, err error) {
	text, etag, err := s.backend.Get(ctx)
	if err != nil {
		return "", Header{}, fmt.Errorf("the state %s cannot be read: %w", s, err)
	}
	if _, err := s.opts.Seal.Decode(text); err != nil && strings.Contains(err.Error(), "unknown field") { // which has no type
		return "", Header{}, fmt.Errorf("%s: %w, or edited by hand: %w", s, ErrNewer, err)
	}
	text = text[:min(len(text), 1000)]
	field := func(name, value string) string {
		if found := regexp.MustCompile(`"` + name + `": ?` + value).FindSubmatch(text); found != nil {
			return string(found[1])
		}
		return ""
	}
	seen.Lineage, seen.Tenant = field("lineage", `"([^"]*)"`), field("tenant", `"([^"]*)"`)
	if serial, err := strconv.ParseInt(field("serial", `([0-9]+)`), 10, 64); err == nil && serial < math.MaxInt64 {
		seen.Serial = uint64(serial)
	}
	return etag, seen, nil
}

// ErrPlain means that something encrypted would be written for everybody to read.
var ErrPlain = errors.New("the state is encrypted, and the configuration names no recipients, so usher does not write it in plain text: " +
	"put the encryption block back, or run usher state rewrite -plain to end the encryption")

// EndEncryption allows to write what is encrypted in plain from now on.
func (s *Store) EndEncryption() { s.plain = true }

// MayWrite makes sure that what was read encrypted is not written in plain, and
// that what will be written encrypted can be read again.
func (s *Store) MayWrite() error {
	switch {
	case s.Sealing():
		return s.opts.Seal.readsItself()
	case s.sealed && !s.plain:
		return ErrPlain
	}
	return nil
}

// Decode reads a document of a file, encrypted or not.
func (s *Store) Decode(text []byte) (*Document, error) { return s.opts.Seal.Decode(text) }

// Wrap encrypts what is plain as the store does.
func (s *Store) Wrap(h Header, plain []byte) ([]byte, error) {
	if err := s.MayWrite(); err != nil {
		return nil, err
	}
	return s.opts.Seal.Wrap(h, plain)
}

// Sealing reports whether what the store writes is encrypted.
func (s *Store) Sealing() bool { return s.opts.Seal.Sealing() }

// hint says what to do about a document that is there and cannot be read.
func (s *Store) hint(err error) string {
	kept, ok := s.backend.(interface{ BackupPath() string })
	switch {
	case errors.Is(err, ErrDamaged) && ok:
		return "; nothing was changed, and the version before it may be in " + kept.BackupPath() +
			": usher state push -force puts a good one in its place"
	case errors.Is(err, ErrDamaged):
		return "; nothing was changed: usher state push -force puts a good copy in its place"
	}
	return ""
}

// Write replaces the version that has the etag, durably, and returns the new
// etag. It raises d.Serial by one. The error wraps ErrMoved where another
// version is there.
func (s *Store) Write(ctx context.Context, d *Document, etag string) (string, error) {
	if err := s.MayWrite(); err != nil {
		return "", err
	}
	if d.Serial >= math.MaxInt64 {
		return "", fmt.Errorf(
			"the state %s has the serial %d, and nothing comes after it: push a copy with a smaller one under another name",
			s,
			d.Serial,
		)
	}
	next := *d
	next.Serial++
	text, err := s.opts.Seal.Encode(&next)
	if err == nil {
		_, err = s.opts.Seal.Decode(text) // never leave behind what cannot be read
	}
	if err != nil {
		return "", fmt.Errorf("the new state is not readable, so it is not written: %w", err)
	}
	tag, err := s.put(ctx, text, etag)
	if err != nil {
		return "", fmt.Errorf("the state %s is not written: %w", s, err)
	}
	d.Serial = next.Serial
	return tag, nil
}

// A write whose outcome is not known is tried so often, with pauses that grow.
const (
	mostWrites = 5
	firstPause = 200 * time.Millisecond
)

// put writes, and lets a reading settle what an error leaves open: whether the
// new version is there, the old one, or somebody else's.
func (s *Store) put(ctx context.Context, text []byte, etag string) (string, error) {
	for n := 1; ; n++ {
		tag, err := s.backend.Put(ctx, text, etag)
		late := n > 1 && errors.Is(err, ErrMoved) // by our own earlier try, perhaps
		if err == nil || errors.Is(err, ErrMoved) && !late || errors.Is(err, ErrLost) || errors.Is(err, ErrUnprepared) {
			return tag, err
		}
		if !pause(ctx, firstPause<<(n-1)) {
			return "", err
		}
		current, found, readErr := s.backend.Get(ctx)
		switch {
		case readErr != nil && n < mostWrites:
		case readErr != nil:
			return "", err
		case bytes.Equal(current, text):
			return found, nil
		case found != etag:
			return "", ErrMoved
		case n == mostWrites:
			return "", err
		}
	}
}

// pause waits, and reports whether it could.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// Lock takes the state for one run, waiting for at most the timeout. The error
// is a *LockedError where somebody else keeps it.
func (s *Store) Lock(ctx context.Context, info LockInfo, timeout time.Duration) (*Lease, error) {
	var waited time.Duration
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, 2*time.Second) {
		asked := s.opts.Now()
		hold, err := s.backend.Lock(ctx, info)
		if err == nil {
			return newLease(info, hold, asked, s.opts.Now), nil
		}
		var locked *LockedError
		if !errors.As(err, &locked) {
			return nil, fmt.Errorf("the state %s cannot be locked: %w", s, err)
		}
		wait = min(wait, timeout-waited)
		if wait <= 0 || !pause(ctx, wait) {
			return nil, err
		}
		waited += wait
	}
}

// LockedBy returns who has the lock; nil where nobody has.
func (s *Store) LockedBy(ctx context.Context) (*LockInfo, error) {
	h, err := s.backend.LockedBy(ctx)
	if err != nil {
		return nil, fmt.Errorf("the holder of the lock of %s cannot be read: %w", s, err)
	}
	return h, nil
}

// ForceUnlock removes the lock with this id, if nobody holds it any more.
func (s *Store) ForceUnlock(ctx context.Context, id string) error {
	holder, err := s.LockedBy(ctx)
	switch {
	case err != nil:
		return err
	case holder == nil:
		return fmt.Errorf("%s: %w", s, ErrNotLocked)
	case holder.ID != id:
		return fmt.Errorf("the lock of %s has the id %s, not %s", s, holder.ID, id)
	}
	return s.backend.ForceUnlock(ctx, id)
}
