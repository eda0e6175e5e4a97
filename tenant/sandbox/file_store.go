package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/gofrs/flock"
	"github.com/natefinch/atomic"
)

// ErrBusy means that another process runs the tenant of this file.
var ErrBusy = errors.New("another process is running this tenant")

// change is one line of the journal: what a request left behind. Replaying
// a line twice does no harm.
type change struct {
	User        *User        `json:"user,omitempty"`
	DeletedUser *DeletedUser `json:"deletedUser,omitempty"`
	Environment *Environment `json:"environment,omitempty"`
	Group       *Group       `json:"group,omitempty"`
	Clock       *time.Time   `json:"clock,omitempty"`
	SelfService *SelfService `json:"selfService,omitempty"`
	Application *Application `json:"application,omitempty"`
	Overspend   *Overspend   `json:"overspend,omitempty"`
	Entry       *Entry       `json:"entry,omitempty"`
}

// store keeps a tenant on disk: the file as of the last orderly end, and
// beside it a journal of every write accepted since. A write is durable
// before it is answered, also when the process is killed right after.
type store struct {
	path    string
	lock    *flock.Flock
	journal *os.File
	pending bytes.Buffer
}

func journalPath(path string) string { return path + ".journal" }

// openStore loads the tenant of a file and everything its journal adds.
func openStore(path string) (*store, *Tenant, error) {
	if err := isTenantFile(path); err != nil {
		return nil, nil, err
	}
	lock := flock.New(path + ".lock")
	locked, err := lock.TryLock()
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	if !locked {
		return nil, nil, fmt.Errorf("%s: %w: end it, or point the configuration at its endpoint", path, ErrBusy)
	}
	s := &store{path: path, lock: lock}
	t, err := s.load()
	if err != nil {
		_ = lock.Unlock()
		return nil, nil, err
	}
	return s, t, nil
}

// isTenantFile makes sure that a path leads to a tenant, and that what is kept
// beside it is no link: nothing is made beside anything else.
func isTenantFile(path string) error {
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("it is not a regular file")
	}
	if err != nil {
		return fmt.Errorf("the tenant file cannot be read: %w", err)
	}
	for _, own := range []string{path + ".lock", journalPath(path)} {
		if info, err := os.Lstat(own); err == nil && !info.Mode().IsRegular() {
			return fmt.Errorf("%s is not a regular file, and the tenant keeps a file of its own there: remove it", own)
		}
	}
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("the tenant file cannot be read: %w", err)
	}
	defer f.Close()
	if _, err := Decode(f); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

func (s *store) load() (*Tenant, error) {
	f, err := os.Open(s.path)
	if err != nil {
		return nil, fmt.Errorf("the tenant file cannot be read: %w", err)
	}
	defer f.Close()
	t, err := Decode(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.path, err)
	}
	s.journal, err = os.OpenFile(journalPath(s.path), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("the tenant's journal cannot be opened: %w", err)
	}
	return t, s.replay(t)
}

// replay applies the journal to t. A torn last line was never answered: it is
// cut off.
func (s *store) replay(t *Tenant) error {
	text, err := io.ReadAll(s.journal)
	if err != nil {
		return fmt.Errorf("the tenant's journal cannot be read: %w", err)
	}
	whole := bytes.LastIndexByte(text, '\n') + 1
	if err := s.journal.Truncate(int64(whole)); err != nil {
		return fmt.Errorf("the tenant's journal cannot be repaired: %w", err)
	}
	if _, err := s.journal.Seek(int64(whole), io.SeekStart); err != nil {
		return fmt.Errorf("the tenant's journal cannot be repaired: %w", err)
	}
	x := index(t)
	for n, line := range bytes.Split(text[:whole], []byte("\n")) {
		var c change
		if len(line) == 0 {
			continue
		}
		if err := json.Unmarshal(line, &c); err != nil {
			return fmt.Errorf("%s:%d: %w: %w", journalPath(s.path), n+1, errFormat, err)
		}
		x.apply(c)
	}
	return nil
}

// add appends a change to what the next sync makes durable.
func (s *store) add(c change) {
	if s == nil {
		return
	}
	s.pending.Write(compact(c))
	s.pending.WriteByte('\n')
}

func (s *store) sync() error {
	if s == nil || s.pending.Len() == 0 {
		return nil
	}
	_, err := s.journal.Write(s.pending.Bytes())
	s.pending.Reset()
	if err == nil {
		err = s.journal.Sync()
	}
	return err
}

// close folds the journal into the file. Ended between the two steps, the
// journal is replayed once more, which changes nothing.
func (s *store) close(t *Tenant) error {
	if s == nil {
		return nil
	}
	defer s.lock.Unlock()
	defer s.journal.Close()
	info, err := s.journal.Stat()
	if err == nil && info.Size() > 0 {
		var b bytes.Buffer
		if err := t.Encode(&b); err != nil {
			return err
		}
		if err := atomic.WriteFile(s.path, &b); err != nil {
			return fmt.Errorf("the tenant file cannot be written: %w", err)
		}
	}
	return os.Remove(journalPath(s.path))
}
