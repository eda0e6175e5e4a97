package engine

import (
	"os"
	"path/filepath"
	"testing"
)

// TestHeadCommit finds the commit that is checked out in every way in which git
// may keep it.
func TestHeadCommit(t *testing.T) {
	const commit = "4f2c9d0000000000000000000000000000000001"
	for name, files := range map[string]map[string]string{
		"a branch": {".git/HEAD": "ref: refs/heads/main\n", ".git/refs/heads/main": commit + "\n"},
		"a packed branch": {".git/HEAD": "ref: refs/heads/main\n", ".git/packed-refs": "# pack-refs with: peeled\n" +
			"00" + commit[2:] + " refs/heads/other\n" + commit + " refs/heads/main\n"},
		"a commit": {".git/HEAD": commit + "\n"},
		"a worktree": {".git": "gitdir: main/worktrees/one\n", "main/worktrees/one/HEAD": "ref: refs/heads/one\n",
			"main/worktrees/one/commondir": "../..\n", "main/refs/heads/one": commit + "\n"},
		"not a commit":     {".git/HEAD": "ref: refs/heads/main\n", ".git/refs/heads/main": "../../secret\n"},
		"an unborn branch": {".git/HEAD": "ref: refs/heads/main\n"},
	} {
		dir := t.TempDir()
		for path, text := range files {
			path = filepath.Join(dir, path)
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want := commit
		if name == "not a commit" || name == "an unborn branch" {
			want = ""
		}
		below := filepath.Join(dir, "licenses", "contoso")
		if err := os.MkdirAll(below, 0o700); err != nil {
			t.Fatal(err)
		}
		if got := headCommit(below); got != want {
			t.Errorf("%s: the commit is %q, want %q", name, got, want)
		}
	}
	if got := headCommit(t.TempDir()); got != "" {
		t.Errorf("without a repository the commit is %q", got)
	}
}
