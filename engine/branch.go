package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Commit puts a change onto a new branch of the repository around the files, on top of the
// commit that is checked out. The working tree, its index and its branch stay as they are.
//
// A branch that has the same files already is taken as it is: somebody may have asked before,
// or a run was killed behind this step.
func (p *Present) Commit(ctx context.Context, c *Change, branch, message string) error {
	r, err := p.repository(c)
	if err != nil {
		return err
	}
	if _, err := r.git(nil, "check-ref-format", "--branch", branch); err != nil {
		return fmt.Errorf("%q is no name of a branch: name one with -branch=NAME", branch)
	}
	tree, err := r.treeOf(c)
	if err != nil {
		return fmt.Errorf("the change cannot be committed: %w", err)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	ref := "refs/heads/" + branch
	none := strings.Repeat("0", len(r.commit)) // nobody else has made it in between
	if there, err := r.git(nil, "rev-parse", "--verify", "--quiet", "--end-of-options", ref); err == nil {
		if !r.merged(ref, trimmed(there)) {
			c.Branch, c.Commit = branch, trimmed(there)
			return r.same(ref, tree, branch)
		}
		none = trimmed(there)
	}
	var as []string
	if _, err := r.git(nil, "var", "GIT_COMMITTER_IDENT"); err != nil { // a job has no name of its own
		as = []string{"-c", "user.name=usher", "-c", "user.email=usher@localhost"}
	}
	commit, err := r.git(strings.NewReader(message), append(as, "commit-tree", tree, "-p", r.commit)...)
	if err != nil {
		return fmt.Errorf("the change cannot be committed: %w", err)
	}
	if _, err := r.git(nil, "update-ref", ref, trimmed(commit), none); err != nil {
		return fmt.Errorf("the branch %s cannot be made: %w", branch, err)
	}
	c.Branch, c.Commit = branch, trimmed(commit)
	return nil
}

// merged reports whether a branch of an earlier change was merged, and can go on from there. Nobody
// has it checked out, and its name is one that usher gives: a branch of anybody else never moves.
func (r *revision) merged(ref, commit string) bool {
	name := strings.TrimPrefix(ref, "refs/heads/")
	if own, _, _ := strings.Cut(name, "/"); !slices.Contains([]string{"request", "reclaim", "gone"}, own) {
		return false
	}
	tree, err := r.git(nil, "for-each-ref", "--format=%(worktreepath)", "--", ref)
	if err != nil || trimmed(tree) != "" {
		return false
	}
	into := r.commit
	if main, err := r.git(nil, "rev-parse", "--verify", "--quiet", "refs/remotes/origin/HEAD"); err == nil {
		into = trimmed(main) // what is checked out may rest on a branch that is still to be merged
	}
	_, err = r.git(nil, "merge-base", "--is-ancestor", commit, into)
	return err == nil
}

// Push brings the branch of a change to the remote repository origin. One that is there, with the
// same files, stays as it is.
func (p *Present) Push(c *Change) error {
	r, err := p.repository(c)
	if err != nil {
		return err
	}
	ref := "refs/heads/" + c.Branch
	if _, err = r.git(nil, "push", "--quiet", "origin", ref+":"+ref); err == nil {
		return nil
	}
	if _, failed := r.git(nil, "fetch", "--quiet", "--no-tags", "origin", ref); failed != nil {
		return fmt.Errorf("the branch %s cannot be pushed: %w", c.Branch, err)
	}
	tree, failed := r.git(nil, "rev-parse", c.Commit+"^{tree}")
	if failed != nil {
		return failed
	}
	return r.same("FETCH_HEAD", trimmed(tree), c.Branch)
}

// repository is the commit that is checked out around the files. Where somebody has edited the
// configuration and not committed it, a change is refused: it was tried on top of the edits, and in a
// file with edits they would become part of it. That goes for files that Git is told to ignore, too.
func (p *Present) repository(c *Change) (*revision, error) {
	r, err := openRepository(p.Dir)
	if err != nil {
		return nil, fmt.Errorf("a new branch %w", err)
	}
	commit, err := r.git(nil, "rev-parse", "--verify", "HEAD^{commit}")
	if err != nil {
		return nil, errors.New("a new branch rests on a commit, and the repository has none: commit the files first")
	}
	r.commit = trimmed(commit)
	status := []string{"--literal-pathspecs", "status", "--porcelain", "--ignored", "--untracked-files=all", "-z", "--"}
	edited, err := r.git(nil, append(status, p.read(c)...)...)
	if err != nil {
		return nil, err
	}
	if len(edited) > 0 {
		files := strings.Split(strings.TrimRight(string(edited), "\x00"), "\x00")
		return nil, fmt.Errorf("%s has edits that nobody has committed, and the change would rest on them: commit them, or put them aside",
			strings.TrimSpace(files[0][2:]))
	}
	return r, nil
}

// read are the files that a change rests on: those of the configuration, with its lists, and those
// that it changes.
func (p *Present) read(c *Change) []string {
	names := map[string]bool{}
	for name := range p.Config.Files {
		names[name] = true
	}
	for i := range p.Config.Wants {
		for _, o := range p.Config.Wants[i].Origins {
			names[o.File] = true
		}
	}
	for i := range p.Config.Selections {
		for _, e := range p.Config.Selections[i].Except {
			names[e.Origin.File] = true
		}
	}
	for _, name := range c.Files {
		names[name] = true
	}
	return slices.Sorted(maps.Keys(names))
}

// treeOf writes the files of the commit with those of a change into the objects of the repository.
func (r *revision) treeOf(c *Change) (string, error) {
	scratch, err := os.MkdirTemp("", "usher-")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(scratch) }() // it holds names of files and nothing else
	index := *r
	index.index = filepath.Join(scratch, "index")
	if _, err := index.git(nil, "read-tree", r.commit); err != nil {
		return "", err
	}
	for _, name := range c.Files {
		blob, err := index.git(bytes.NewReader(c.draft.Text(name)), "hash-object", "-w", "--stdin", "--path="+r.prefix+name)
		if err != nil {
			return "", err
		}
		mode := "100644"
		if entry, err := index.git(nil, "--literal-pathspecs", "ls-files", "--stage", "--full-name", "--", name); err == nil && len(entry) > 0 {
			mode, _, _ = strings.Cut(string(entry), " ")
		}
		entry := fmt.Sprintf("%s,%s,%s", mode, trimmed(blob), r.prefix+name)
		if _, err := index.git(nil, "update-index", "--add", "--cacheinfo", entry); err != nil {
			return "", err
		}
	}
	tree, err := index.git(nil, "write-tree")
	return trimmed(tree), err
}

// same makes sure that a branch has the files of a change.
func (r *revision) same(ref, tree, branch string) error {
	there, err := r.git(nil, "rev-parse", ref+"^{tree}")
	if err == nil && trimmed(there) != tree {
		err = fmt.Errorf("there is another branch %s already: look at its request, or name a new one with -branch=NAME", branch)
	}
	return err
}

// trimmed is an answer of one line, without the end of the line.
func trimmed(text []byte) string { return strings.TrimRight(string(text), "\r\n") }

// owned adds to the files of a change where they are in the repository, and leaves out those whose
// owner CODEOWNERS names already.
func (p *Present) owned(c *Change) {
	r, err := openRepository(p.Dir)
	if err != nil {
		return
	}
	var lines []string
	for _, place := range []string{".github/CODEOWNERS", ".gitlab/CODEOWNERS", "docs/CODEOWNERS", "CODEOWNERS"} {
		text, err := os.ReadFile(filepath.Join(r.top, filepath.FromSlash(place)))
		if err == nil {
			lines = append(lines, strings.Split(string(text), "\n")...)
		}
	}
	for i := range c.Owners {
		c.Owners[i].File = r.prefix + c.Owners[i].File
	}
	known := func(file string) bool {
		return slices.ContainsFunc(lines, func(l string) bool {
			fields := strings.Fields(l)
			return len(fields) > 0 && strings.TrimPrefix(fields[0], "/") == file
		})
	}
	left := c.Owners[:0]
	for _, o := range c.Owners {
		if !known(o.File) {
			left = append(left, o)
		}
	}
	c.Owners = left
}
