package engine

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/usher-cli/usher/config"
)

// revision is a commit of a Git repository, as the files of one of its directories.
//
// It reads what is committed, and changes nothing: no working tree, no index, no branch. Commit
// adds a branch to it.
type revision struct {
	dir    string // of the working tree, absolute
	top    string // of the repository, as the path of the directory names it
	commit string
	prefix string // of the directory in the repository, with a slash at its end; "" for the top
	index  string // the file of an index of its own, for a new commit; "" for none
}

// openRevision finds the commit that a name means in the repository around a directory.
func openRevision(dir, name string) (*revision, error) {
	r, err := openRepository(dir)
	if err != nil {
		return nil, fmt.Errorf("-base=%s %w", name, err)
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

// openRepository finds the repository around a directory, without a commit of it.
func openRepository(dir string) (*revision, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	r := &revision{dir: dir}
	return r, r.locate()
}

// locate finds the directory in the repository.
//
// A branch can put something else in the place of the directory: a repository of its own,
// with a base of its own, or a link to another directory, whose rules are weaker. Both are
// refused, because the base would be read from there.
func (r *revision) locate() error {
	top, err := r.git(nil, "rev-parse", "--show-toplevel")
	if err != nil {
		return fmt.Errorf("needs a Git repository around the configuration: %w", err)
	}
	if outer, err := r.git(nil, "rev-parse", "--show-superproject-working-tree"); err != nil || len(bytes.TrimSpace(outer)) > 0 {
		return errors.New("would be a revision of a submodule, which a branch can choose: keep the configuration in the repository itself")
	}
	prefix, err := r.git(nil, "rev-parse", "--show-prefix")
	if err != nil {
		return err
	}
	r.prefix = strings.TrimRight(string(prefix), "\r\n")
	root, err := os.Stat(strings.TrimRight(string(top), "\r\n"))
	if err != nil {
		return err
	}
	return r.linksNowhere(root)
}

// linksNowhere makes sure that each folder from the top of the repository to the directory
// is one. The top is the outermost ancestor that is it: one below can be a link to it.
func (r *revision) linksNowhere(root fs.FileInfo) error {
	for at, up := r.dir, filepath.Dir(r.dir); ; at, up = up, filepath.Dir(up) {
		if here, err := os.Stat(at); err == nil && os.SameFile(here, root) {
			r.top = at
		}
		if up == at {
			break
		}
	}
	link := errors.New("needs the directory itself, and this is a link to another one: name that with -chdir")
	rel, err := filepath.Rel(r.top, r.dir)
	if err != nil || r.top == "" || path.Clean(filepath.ToSlash(rel)) != path.Clean("./"+r.prefix) {
		return link
	}
	for at := r.dir; at != r.top; at = filepath.Dir(at) {
		if info, err := os.Lstat(at); err != nil || !info.IsDir() {
			return link
		}
	}
	return nil
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
	kind, text, err := r.object(r.commit + ":" + r.prefix + name)
	switch {
	case err != nil:
		return nil, err
	case kind == linkOut:
		return nil, errors.New("it lies outside the repository")
	case kind != "blob":
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return &blob{Reader: bytes.NewReader(text), name: path.Base(name), size: int64(len(text))}, nil
}

// What a name can mean beside a blob and a tree.
const (
	missing = "missing"
	linkOut = "symlink" // to somewhere outside of the repository
)

// object is what a name means: its kind, and its text where it is a file. A link inside
// of the repository is followed, as in the working tree.
func (r *revision) object(name string) (kind string, text []byte, err error) {
	out, err := r.git(strings.NewReader(name+"\n"), "cat-file", "--batch", "--follow-symlinks")
	if err != nil {
		return "", nil, err
	}
	head, rest, _ := bytes.Cut(out, []byte("\n"))
	fields := strings.Fields(string(head))
	switch {
	case len(fields) < 2:
		return "", nil, fmt.Errorf("git says %q of %s", head, name)
	case len(fields) == 3 && fields[1] == "blob":
		return fields[1], bytes.TrimSuffix(rest, []byte("\n")), nil
	case len(fields) == 3 && fields[1] == "tree":
		return fields[1], nil, nil
	case fields[0] == linkOut:
		return linkOut, nil, nil
	case fields[len(fields)-1] == missing:
		return missing, nil, nil
	}
	return fields[0], nil, nil // a link to nothing, or in a circle
}

// readNamed reads a file that the command line names: of the revision, where the
// repository has such a file. A branch could change the one beside it, and so the rules
// that it is judged by. A file outside of the repository, or one that nobody has
// committed, is of the job.
func (r *revision) readNamed(name string) ([]byte, error) {
	file := name
	if !filepath.IsAbs(file) {
		file = filepath.Join(r.dir, file)
	}
	inside, own := r.inRepository(file)
	switch {
	case own:
		return nil, errors.New("it lies in a repository of its own, which a branch can choose")
	case inside == "":
		return config.ReadFile(file)
	}
	kind, text, err := r.object(r.commit + ":" + inside)
	if err != nil || kind == "blob" {
		return text, err
	}
	if here, _, err := r.object("HEAD:" + inside); err != nil || here != missing {
		return nil, errors.Join(err, errors.New("the revision has no such file"))
	}
	return config.ReadFile(file)
}

// inRepository is the path of a file in the repository, by its name or where a link leads;
// "" where it lies outside. Own is a repository inside of this one.
func (r *revision) inRepository(file string) (inside string, own bool) {
	real, err := filepath.EvalSymlinks(file)
	realTop, failed := filepath.EvalSymlinks(r.top)
	for _, at := range [][2]string{{r.top, file}, {realTop, real}} {
		rel, problem := filepath.Rel(at[0], at[1])
		if problem == nil && filepath.IsLocal(rel) && inside == "" {
			inside = filepath.ToSlash(rel)
		}
	}
	if err != nil || failed != nil || inside == "" { // it is not there, and says so where it is read
		return inside, false
	}
	around := &revision{dir: filepath.Dir(real)}
	top, err := around.git(nil, "rev-parse", "--show-toplevel")
	here, failed := filepath.EvalSymlinks(strings.TrimRight(string(top), "\r\n"))
	return inside, err == nil && failed == nil && here != realTop
}

// list lists the directory.
func (r *revision) list() (fs.File, error) {
	name := r.commit + ":" + strings.TrimSuffix(r.prefix, "/")
	if kind, _, err := r.object(name); err != nil || kind == missing {
		return &tree{}, err
	}
	out, err := r.git(nil, "ls-tree", "-z", "--full-tree", name)
	if err != nil {
		return nil, err
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
	if r.index != "" {
		cmd.Env = append(cmd.Env, "GIT_INDEX_FILE="+r.index)
	}
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
