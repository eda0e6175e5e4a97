package state

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
)

// File keeps a state in a file. An operating-system lock on a file beside it
// decides who may write, so that a killed process leaves nothing locked; the
// information beside that only informs.
type File struct {
	path    string
	refused error // why the path cannot be that of a state
}

// NewFile makes a backend of a path. Its directory must exist. A symbolic link
// is followed first. Every operation fails where the path leads to what is no file.
func NewFile(path string) *File {
	real, err := follow(path)
	return &File{real, err}
}

var _ Backend = (*File)(nil)

// String implements Backend.
func (f *File) String() string { return f.path }

// BackupPath is where the previous version is kept.
func (f *File) BackupPath() string { return f.path + ".backup" }

func (f *File) lockPath() string { return f.path + ".lock" }

func (f *File) infoPath() string { return f.path + ".lock.info" }

func (f *File) logPath() string { return f.path + ".history" }

// Probe implements Prober: a file beside the state is made and removed, and the
// history is opened where there is one.
func (f *File) Probe(context.Context) error {
	if err := errors.Join(f.refused, beside(f.logPath())); err != nil {
		return err
	}
	probe, err := os.CreateTemp(filepath.Dir(f.path), filepath.Base(f.path)+temporary+"*")
	if err != nil {
		return err
	}
	err = errors.Join(probe.Close(), os.Remove(probe.Name()))
	if log, problem := os.OpenFile(f.logPath(), os.O_APPEND|os.O_WRONLY, 0); problem == nil {
		err = errors.Join(err, log.Close())
	} else if !errors.Is(problem, fs.ErrNotExist) {
		err = errors.Join(err, problem)
	}
	return err
}

// Get implements Backend.
func (f *File) Get(_ context.Context) ([]byte, string, error) {
	if f.refused != nil {
		return nil, "", f.refused
	}
	text, err := os.ReadFile(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", err
	}
	return text, EtagOf(text), nil
}

// EtagOf is an etag made of the bytes themselves, for places that have none.
func EtagOf(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// Put implements Backend. The new version is on the disk before it replaces
// the old one, and the old one stays as a backup.
func (f *File) Put(ctx context.Context, text []byte, etag string) (string, error) {
	current, found, err := f.Get(ctx)
	switch {
	case err != nil:
		return "", err
	case current == nil && etag != "":
		return "", fmt.Errorf("%w: it is gone", ErrMoved)
	case found != etag:
		return "", ErrMoved
	case current != nil:
		if err := f.backup(); err != nil {
			return "", fmt.Errorf("the previous version cannot be kept: %w", err)
		}
	}
	if err := replace(f.path, text); err != nil {
		return "", err
	}
	syncDir(filepath.Dir(f.path))
	return EtagOf(text), nil
}

// backup makes the current version the backup, by a second name for the same
// bytes: the rename that follows in Put leaves them under the first.
func (f *File) backup() error {
	if err := beside(f.BackupPath()); err != nil {
		return err
	}
	if err := os.Chmod(f.path, private); err != nil &&
		!errors.Is(err, fs.ErrPermission) { // the same bytes are the backup; another account's file stays as it is
		return err
	}
	next := f.BackupPath() + temporary + "next"
	if err := os.Remove(next); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Link(f.path, next); err != nil {
		text, err := os.ReadFile(f.path) // a file system without hard links
		if err != nil {
			return err
		}
		return replace(f.BackupPath(), text)
	}
	return os.Rename(next, f.BackupPath())
}

// syncDir makes a rename durable where the system offers that.
func syncDir(dir string) {
	if d, err := os.Open(dir); err == nil {
		_ = d.Sync()
		_ = d.Close()
	}
}

// Lock implements Backend.
func (f *File) Lock(_ context.Context, info LockInfo) (*Hold, error) {
	if err := errors.Join(f.refused, beside(f.lockPath()), beside(f.infoPath()), beside(f.logPath()), beside(f.BackupPath())); err != nil {
		return nil, err
	}
	lock := flock.New(f.lockPath())
	locked, err := lock.TryLock()
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("its directory %s is not there: make it first, or correct the path", filepath.Dir(f.path))
	}
	if err != nil {
		return nil, err
	}
	if !locked {
		return nil, &LockedError{Store: f.path, Lock: f.readInfo()}
	}
	sweep(f.path, f.BackupPath())
	if text, err := json.Marshal(info); err == nil {
		_ = os.WriteFile(f.infoPath(), append(text, '\n'), 0o600) // it only informs
	}
	return &Hold{Release: func(context.Context) error {
		_ = os.Remove(f.infoPath())
		return lock.Unlock()
	}}, nil
}

func (f *File) readInfo() *LockInfo {
	text, err := os.ReadFile(f.infoPath())
	if err != nil {
		return nil
	}
	return ParseLockInfo(text)
}

// LockedBy implements Backend. What a killed process left behind is no lock.
func (f *File) LockedBy(_ context.Context) (*LockInfo, error) {
	if _, err := os.Stat(f.infoPath()); errors.Is(err, fs.ErrNotExist) { // to ask takes the lock for a moment
		return nil, nil
	}
	lock := flock.New(f.lockPath())
	free, err := lock.TryLock()
	if err != nil {
		return nil, err
	}
	if free {
		return nil, lock.Unlock()
	}
	if info := f.readInfo(); info != nil {
		return info, nil
	}
	return UnknownLock(UnknownID), nil
}

// ForceUnlock implements Backend. A lock whose process lives cannot be taken
// from it: the process must be ended.
func (f *File) ForceUnlock(_ context.Context, _ string) error {
	lock := flock.New(f.lockPath())
	free, err := lock.TryLock()
	if err != nil {
		return fmt.Errorf("the lock cannot be tested: %w", err)
	}
	if !free {
		return fmt.Errorf("%w; that process still runs, so end it first", &LockedError{Store: f.path, Lock: f.readInfo()})
	}
	return lock.Unlock()
}

// Log implements Backend. What follows the last whole line was being written
// when a process was killed, and was never there.
func (f *File) Log(_ context.Context, after Mark) ([][]byte, Mark, error) {
	if err := beside(f.logPath()); err != nil {
		return nil, after, err
	}
	file, err := os.Open(f.logPath())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, Mark{}, nil
	}
	if err != nil {
		return nil, after, err
	}
	defer file.Close()
	size, err := file.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, after, err
	}
	if size < after.Bytes || !endsLine(file, after.Bytes) { // it was cut or edited: all of it is read anew
		after = Mark{}
	}
	text, err := io.ReadAll(io.NewSectionReader(file, after.Bytes, size-after.Bytes))
	lines := WholeLines(text)
	return lines, after.Add(lines), err
}

// endsLine reports whether a line ends right before a place in a file.
func endsLine(file io.ReaderAt, at int64) bool {
	last := make([]byte, 1)
	_, err := file.ReadAt(last, max(0, at-1))
	return at == 0 || err == nil && last[0] == '\n'
}

// WholeLines cuts text into its lines; what follows the last line's end is
// left out.
func WholeLines(text []byte) [][]byte {
	var lines [][]byte
	for {
		line, rest, found := bytes.Cut(text, []byte("\n"))
		if !found {
			return lines
		}
		lines, text = append(lines, line), rest
	}
}

// JoinLines is the inverse of WholeLines.
func JoinLines(lines [][]byte) []byte {
	var b bytes.Buffer
	for _, l := range lines {
		b.Write(l)
		b.WriteByte('\n')
	}
	return b.Bytes()
}

// Append implements Backend.
func (f *File) Append(_ context.Context, at Mark, lines [][]byte) (Mark, error) {
	if err := beside(f.logPath()); err != nil {
		return at, err
	}
	file, err := os.OpenFile(f.logPath(), os.O_RDWR|os.O_CREATE, private)
	if err != nil {
		return at, err
	}
	defer file.Close()
	if err := file.Chmod(private); err != nil && !errors.Is(err, fs.ErrPermission) {
		return at, err
	}
	size, err := file.Seek(0, io.SeekEnd)
	if err != nil {
		return at, err
	}
	if size < at.Bytes {
		return at, ErrMoved
	}
	if size > at.Bytes { // a torn line, or somebody else's
		rest, err := io.ReadAll(io.NewSectionReader(file, at.Bytes, size-at.Bytes))
		if err != nil {
			return at, err
		}
		if bytes.IndexByte(rest, '\n') >= 0 {
			return at, ErrMoved
		}
	}
	if err := file.Truncate(at.Bytes); err != nil {
		return at, err
	}
	if _, err := file.WriteAt(JoinLines(lines), at.Bytes); err != nil {
		return at, err
	}
	return at.Add(lines), file.Sync()
}
