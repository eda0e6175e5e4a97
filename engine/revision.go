package engine

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os/exec"
	"path"
	"strconv"
	"strings"
	"time"
)

// revision is a commit of a Git repository, as the files of one of its directories.
//
// It reads what is committed, and changes nothing: no working tree, no index, no branch.
type revision struct {
	dir    string // of the working tree
	commit string
	prefix string // of the directory in the repository, with a slash at its end; "" for the top
}

// openRevision finds the commit that a name means in the repository around a directory.
func openRevision(dir, name string) (*revision, error) {
	r := &revision{dir: dir}
	prefix, err := r.git(nil, "rev-parse", "--show-prefix")
	if err != nil {
		return nil, fmt.Errorf("-base=%s needs a Git repository around the configuration: %w", name, err)
	}
	r.prefix = strings.TrimRight(string(prefix), "\r\n")
	// A branch can put a repository of its own in the place of the directory, with a base of its own.
	if outer, err := r.git(nil, "rev-parse", "--show-superproject-working-tree"); err != nil || len(bytes.TrimSpace(outer)) > 0 {
		return nil, fmt.Errorf("-base=%s would be a revision of a submodule, which a branch can choose: keep the configuration in the "+
			"repository itself", name)
	}
	commit, err := r.git(nil, "rev-parse", "--verify", "--end-of-options", name+"^{commit}")
	if errors.Is(err, errAmbiguous) {
		return nil, fmt.Errorf("-base=%s means several revisions: write the whole name, such as refs/remotes/origin/main", name)
	}
	if err != nil {
		return nil, fmt.Errorf("-base=%s is no revision of this repository: correct it, or fetch it with git fetch first", name)
	}
	r.commit = strings.TrimSpace(string(commit))
	return r, nil
}

// behind counts the commits that the revision has and the working tree has not.
// A clone without the history in between has no count: 0.
func (r *revision) behind() int {
	text, err := r.git(nil, "rev-list", "--count", "HEAD.."+r.commit)
	if err != nil {
		return 0
	}
	n, _ := strconv.Atoi(strings.TrimSpace(string(text)))
	return n
}

// Open implements fs.FS: a file, or the directory itself.
func (r *revision) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) || strings.ContainsAny(name, "\n\r") {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	if name == "." {
		return r.list()
	}
	// A link inside of the tree is followed, as in the working tree. One that leads out is told of as such.
	out, err := r.git(strings.NewReader(r.commit+":"+r.prefix+name+"\n"), "cat-file", "--batch", "--follow-symlinks")
	if err != nil {
		return nil, err
	}
	in := bufio.NewReader(bytes.NewReader(out))
	head, err := in.ReadString('\n')
	fields := strings.Fields(head)
	if err != nil || len(fields) != 3 || fields[1] != "blob" {
		if len(fields) == 2 && fields[0] == "symlink" {
			return nil, errors.New("it lies outside the repository")
		}
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	size, err := strconv.ParseInt(fields[2], 10, 64)
	if err != nil {
		return nil, err
	}
	return &blob{Reader: io.LimitReader(in, size), name: path.Base(name), size: size}, nil
}

// list lists the directory.
func (r *revision) list() (fs.File, error) {
	out, err := r.git(nil, "ls-tree", "-z", "--full-tree", r.commit+":"+strings.TrimSuffix(r.prefix, "/"))
	if err != nil { // the revision has no such directory
		return &tree{}, nil
	}
	t := &tree{}
	for _, line := range strings.Split(string(out), "\x00") {
		kind, name, found := strings.Cut(line, "\t")
		if found {
			t.entries = append(t.entries, &blob{name: name, dir: strings.Contains(kind, " tree ")})
		}
	}
	return t, nil
}

var errAmbiguous = errors.New("the name is ambiguous")

// git runs a command of Git in the directory.
//
// A pull request can bring a directory that looks like a repository of its own, with
// commands in its settings. Git is told to look for none there.
func (r *revision) git(in io.Reader, args ...string) ([]byte, error) {
	cmd := exec.Command("git", append([]string{"-C", r.dir, "--no-replace-objects", "-c", "safe.bareRepository=explicit"}, args...)...)
	cmd.Env = append(cmd.Environ(), "LC_ALL=C", "GIT_TERMINAL_PROMPT=0", "GIT_OPTIONAL_LOCKS=0")
	cmd.Stdin = in
	var problems bytes.Buffer
	cmd.Stderr = &problems
	out, err := cmd.Output()
	first, _, _ := strings.Cut(problems.String(), "\n")
	switch {
	case strings.Contains(problems.String(), " is ambiguous"):
		return nil, errAmbiguous
	case errors.Is(err, exec.ErrNotFound):
		return nil, errors.New("the program git is not installed here")
	case err != nil && first != "":
		return nil, errors.New(strings.TrimPrefix(first, "fatal: "))
	}
	return out, err
}

// blob is a file of a revision. As its own entry and its own facts it has only a name
// and a size.
type blob struct {
	io.Reader
	name string
	size int64
	dir  bool
}

func (b *blob) Close() error               { return nil }
func (b *blob) Stat() (fs.FileInfo, error) { return b, nil }
func (b *blob) Info() (fs.FileInfo, error) { return b, nil }
func (b *blob) Name() string               { return b.name }
func (b *blob) Size() int64                { return b.size }
func (b *blob) ModTime() time.Time         { return time.Time{} }
func (b *blob) IsDir() bool                { return b.dir }
func (b *blob) Type() fs.FileMode          { return b.Mode().Type() }
func (b *blob) Sys() any                   { return nil }

// Mode implements fs.FileInfo.
func (b *blob) Mode() fs.FileMode {
	if b.dir {
		return fs.ModeDir | 0o555
	}
	return 0o444
}

// tree is the directory of a revision.
type tree struct{ entries []fs.DirEntry }

func (t *tree) Close() error               { return nil }
func (t *tree) Stat() (fs.FileInfo, error) { return &blob{name: ".", dir: true}, nil }
func (t *tree) Read([]byte) (int, error)   { return 0, errors.New("it is a directory") }

// ReadDir implements fs.ReadDirFile: it lists everything, the first time.
func (t *tree) ReadDir(int) ([]fs.DirEntry, error) {
	all := t.entries
	t.entries = nil
	return all, nil
}
