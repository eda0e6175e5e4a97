package state

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
	"github.com/natefinch/atomic"
)

// FileStore keeps a state in a file. An operating-system lock on a file
// beside it decides who may write, so that a killed process leaves nothing
// locked; the information beside that only informs.
type FileStore struct{ path string }

// NewFileStore makes a store of a path. Its directory must exist.
// A symbolic link is followed first, so that two paths to one state exclude
// each other.
func NewFileStore(path string) *FileStore {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	return &FileStore{path}
}

var _ Store = (*FileStore)(nil)

// String implements Store.
func (s *FileStore) String() string { return s.path }

// BackupPath is where the previous version is kept.
func (s *FileStore) BackupPath() string { return s.path + ".backup" }

func (s *FileStore) lockPath() string { return s.path + ".lock" }

func (s *FileStore) infoPath() string { return s.path + ".lock.info" }

// Read implements Store.
func (s *FileStore) Read(_ context.Context) (*Document, string, error) {
	text, err := os.ReadFile(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", fmt.Errorf("the state cannot be read: %w", err)
	}
	d, err := Decode(text)
	if err != nil {
		hint := ""
		if errors.Is(err, ErrDamaged) {
			hint = "; nothing was changed, and the version before it may be in " + s.BackupPath()
		}
		return nil, "", fmt.Errorf("%s: %w%s", s.path, err, hint)
	}
	return d, etagOf(text), nil
}

func etagOf(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// Write implements Store. The new version is on the disk before it replaces
// the old one, and the old one stays as a backup.
func (s *FileStore) Write(_ context.Context, d *Document, etag string) (string, error) {
	current, err := os.ReadFile(s.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if etag != "" {
			return "", fmt.Errorf("%s: %w: it is gone", s.path, ErrMoved)
		}
	case err != nil:
		return "", fmt.Errorf("the state cannot be read before it is written: %w", err)
	case etagOf(current) != etag:
		return "", fmt.Errorf("%s: %w", s.path, ErrMoved)
	default:
		if err := s.backup(); err != nil {
			return "", fmt.Errorf("the previous state cannot be kept: %w", err)
		}
	}
	next := *d
	next.Serial++
	text := next.Encode()
	if _, err := Decode(text); err != nil { // never leave behind what cannot be read
		return "", fmt.Errorf("the new state is not readable, so it is not written: %w", err)
	}
	if err := atomic.WriteFile(s.path, bytes.NewReader(text)); err != nil {
		return "", fmt.Errorf("the state cannot be written: %w", err)
	}
	syncDir(filepath.Dir(s.path))
	d.Serial = next.Serial
	return etagOf(text), nil
}

// backup makes the current version the backup, by a second name for the same
// bytes: the rename that follows in Write leaves them under the first.
func (s *FileStore) backup() error {
	next := s.BackupPath() + ".next"
	if err := os.Remove(next); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Link(s.path, next); err != nil {
		text, err := os.ReadFile(s.path) // a file system without hard links
		if err != nil {
			return err
		}
		return atomic.WriteFile(s.BackupPath(), bytes.NewReader(text))
	}
	return os.Rename(next, s.BackupPath())
}

// syncDir makes a rename durable where the system offers that.
func syncDir(dir string) {
	if d, err := os.Open(dir); err == nil {
		_ = d.Sync()
		_ = d.Close()
	}
}

// Lock implements Store.
func (s *FileStore) Lock(ctx context.Context, info LockInfo, timeout time.Duration) (*Lease, error) {
	lock := flock.New(s.lockPath())
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	locked, err := lock.TryLock()
	if err == nil && !locked && timeout > 0 {
		locked, err = lock.TryLockContext(ctx, 100*time.Millisecond)
	}
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return nil, fmt.Errorf("the state cannot be locked: %w", err)
	}
	if !locked {
		return nil, &LockedError{Store: s.path, Holder: s.readInfo(), Waited: timeout}
	}
	if text, err := json.Marshal(info); err == nil {
		_ = os.WriteFile(s.infoPath(), append(text, '\n'), 0o600) // it only informs
	}
	return &Lease{Info: info, Lost: make(chan struct{}), release: func() error {
		_ = os.Remove(s.infoPath())
		return lock.Unlock()
	}}, nil
}

func (s *FileStore) readInfo() *LockInfo {
	text, err := os.ReadFile(s.infoPath())
	info := &LockInfo{}
	if err != nil || json.Unmarshal(text, info) != nil {
		return nil
	}
	return info
}

// ForceUnlock implements Store. A lock whose process lives cannot be taken
// from it: the process must be ended.
func (s *FileStore) ForceUnlock(_ context.Context, id string) error {
	info := s.readInfo()
	if info == nil {
		return fmt.Errorf("the state %s is not locked", s.path)
	}
	if info.ID != id {
		return fmt.Errorf("the lock of %s has the id %s, not %s", s.path, info.ID, id)
	}
	lock := flock.New(s.lockPath())
	free, err := lock.TryLock()
	if err != nil {
		return fmt.Errorf("the lock of %s cannot be tested: %w", s.path, err)
	}
	if !free {
		return fmt.Errorf("%w; that process still runs, so end it first", &LockedError{Store: s.path, Holder: info})
	}
	_ = os.Remove(s.infoPath())
	return lock.Unlock()
}
