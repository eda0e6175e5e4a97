package state

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/natefinch/atomic"
)

// errNotRegular is a pipe, a device or a directory: reading one may never end.
var errNotRegular = errors.New("is not a regular file")

// follow returns the file that a path leads to. A link is followed, so that two
// paths to one state exclude each other; one that leads to nothing is refused, because a
// write would put a file in the link's place.
func follow(path string) (string, error) {
	real, err := filepath.EvalSymlinks(path)
	if err == nil {
		info, err := os.Stat(real)
		if err == nil && !info.Mode().IsRegular() {
			err = fmt.Errorf("%s %w", path, errNotRegular)
		}
		return real, err
	}
	if info, problem := os.Lstat(path); problem == nil && info.Mode()&fs.ModeSymlink != 0 {
		return path, fmt.Errorf("%s is a link to something that is not there", path)
	}
	return path, nil
}

// beside makes sure that a file of usher's own beside a state is one: a link would
// lead what is written there to another place.
func beside(path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s %w, and usher keeps a file of its own there: remove it", path, errNotRegular)
	}
	return nil
}

// private is the mode of every file that usher keeps: a state names people.
const private fs.FileMode = 0o600

// temporary is what names of files that are being written have in them.
const temporary = ".tmp-"

// replace writes a file so that it is there as a whole or not at all, on the disk,
// and for its owner only.
func replace(path string, text []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+temporary+"*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	_, err = f.Write(text)
	err = errors.Join(err, f.Sync(), f.Close()) // else a rename could leave an empty file
	if err != nil {
		return err
	}
	if err = os.Chmod(f.Name(), private); err != nil {
		return err
	}
	return atomic.ReplaceFile(f.Name(), path)
}

// sweep removes what killed processes left of their writes of some files of one
// directory. The state's lock must be held: nobody else is writing.
func sweep(paths ...string) {
	dir := filepath.Dir(paths[0])
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		for _, path := range paths {
			if strings.HasPrefix(e.Name(), filepath.Base(path)+temporary) && e.Type().IsRegular() {
				_ = os.Remove(filepath.Join(dir, e.Name()))
			}
		}
	}
}
