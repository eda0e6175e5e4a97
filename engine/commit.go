package engine

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

var commitName = regexp.MustCompile(`^[0-9a-f]{40}([0-9a-f]{24})?$`)

// headCommit is the commit that is checked out where a directory is; "" where
// none can be told. Whether files were changed since does not show in it.
func headCommit(dir string) string {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return ""
	}
	for {
		if git := gitDirectory(filepath.Join(dir, ".git")); git != "" {
			return commitOf(git)
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return ""
		}
		dir = parent
	}
}

// gitDirectory is what .git stands for: itself, or in a worktree or a submodule
// what is written in it.
func gitDirectory(path string) string {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return ""
	case info.IsDir():
		return path
	}
	target, ok := strings.CutPrefix(line(path), "gitdir: ")
	if ok && !filepath.IsAbs(target) {
		target = filepath.Join(filepath.Dir(path), target)
	}
	return target
}

// commitOf follows the head of a repository: to a commit, or to a branch whose
// commit is in a file of its own or in the list of packed ones.
func commitOf(git string) string {
	head := line(filepath.Join(git, "HEAD"))
	branch, ok := strings.CutPrefix(head, "ref: ")
	if !ok {
		return commitName.FindString(head)
	}
	common := git
	if shared := line(filepath.Join(git, "commondir")); shared != "" {
		common = filepath.Join(git, shared)
	}
	if c := commitName.FindString(line(filepath.Join(common, filepath.FromSlash(branch)))); c != "" {
		return c
	}
	packed, err := os.ReadFile(filepath.Join(common, "packed-refs"))
	if err != nil {
		return ""
	}
	for text := range strings.Lines(string(packed)) {
		if name, ref, _ := strings.Cut(strings.TrimSpace(text), " "); ref == branch {
			return commitName.FindString(name)
		}
	}
	return ""
}

// line is what a small file has; "" where it cannot be read.
func line(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}
