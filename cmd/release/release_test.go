package main

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

var only = flag.String("platforms", "linux/amd64", "platforms to build for")

// TestTwoClonesOneRelease: the release of a commit has the same bytes wherever it is built,
// with nothing left of an earlier build, and what is in it fits together.
func TestTwoClonesOneRelease(t *testing.T) {
	key := filepath.Join(t.TempDir(), "key")
	run(t, "", nil, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key)
	t.Setenv("USHER_RELEASE_KEY_FILE", key)
	t.Setenv("GOFLAGS", "")
	var clones, outs []string
	for i := range 2 {
		clone := filepath.Join(t.TempDir(), fmt.Sprintf("clone-%d", i), strings.Repeat("deeper/", i)+"usher")
		run(t, "", nil, "git", "clone", "-q", "../..", clone)
		if i == 1 {
			t.Setenv("GOCACHE", filepath.Join(t.TempDir(), "cache"))
		}
		r := &release{repository: clone, out: filepath.Join(t.TempDir(), "dist"), url: "https://example.com"}
		if err := r.build(strings.Split(*only, ","), false); err != nil {
			t.Fatal(err)
		}
		clones, outs = append(clones, clone), append(outs, r.out)
	}
	first, second := filesIn(t, outs[0]), filesIn(t, outs[1])
	for name, text := range first {
		if !bytes.Equal(text, second[name]) {
			t.Errorf("%s is another one: %d and %d bytes", name, len(text), len(second[name]))
		}
	}
	if len(first) != len(second) || len(first) < 8 {
		t.Errorf("%d and %d files", len(first), len(second))
	}
	for _, name := range []string{"homebrew/usher.rb", "SHA256SUMS.sig", "allowed_signers"} {
		if len(first[name]) == 0 || bytes.Contains(first[name], []byte("{{")) {
			t.Errorf("%s is %q", name, first[name])
		}
	}
	run(t, outs[0], first["SHA256SUMS"], "ssh-keygen",
		"-q", "-Y", "verify", "-f", "allowed_signers", "-I", "usher", "-n", "file", "-s", "SHA256SUMS.sig")
	run(t, outs[0], nil, "sha256sum", "--quiet", "-c", "SHA256SUMS")
	imageFits(t, first)
	versionKnowsItsCommit(t, outs[0], strings.TrimSpace(run(t, clones[0], nil, "git", "rev-parse", "HEAD")))

	if err := os.WriteFile(filepath.Join(clones[0], "LICENSE"), []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := &release{repository: clones[0], out: filepath.Join(t.TempDir(), "dist")}
	if err := r.build([]string{"linux/amd64"}, false); err == nil || !strings.Contains(err.Error(), "nobody could build this again") {
		t.Errorf("a release of changed files: %v", err)
	}
}

// TestNothingElseIsDeleted: a release that is sent to a wrong directory leaves it alone.
func TestNothingElseIsDeleted(t *testing.T) {
	r := &release{out: t.TempDir()}
	for _, name := range []string{"SHA256SUMS", "usher_1.0.0_linux_amd64.tar.gz"} {
		if err := os.WriteFile(filepath.Join(r.out, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.clear(); err != nil || len(filesIn(t, r.out)) > 0 {
		t.Errorf("an earlier release: %v, and %d files are left", err, len(filesIn(t, r.out)))
	}
	mine := filepath.Join(r.out, "thesis.txt")
	if err := os.WriteFile(mine, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := r.clear(); err == nil || !strings.Contains(err.Error(), "has thesis.txt, which no release makes") {
		t.Errorf("a directory of somebody else: %v", err)
	}
	if _, err := os.Stat(mine); err != nil {
		t.Error(err)
	}
}

// filesIn are the files of a directory, by name.
func filesIn(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			all[name], err = os.ReadFile(filepath.Join(dir, name))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// imageFits follows the digests of the image from the index to the layers.
func imageFits(t *testing.T, all map[string][]byte) {
	t.Helper()
	parts := map[string][]byte{}
	for name, text := range all {
		if !strings.HasSuffix(name, "_image.tar") {
			continue
		}
		for r := tar.NewReader(bytes.NewReader(text)); ; {
			h, err := r.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if parts[h.Name], err = io.ReadAll(r); err != nil {
				t.Fatal(err)
			}
		}
	}
	type part struct {
		descriptor
		Manifests, Layers []descriptor
		Config            json.RawMessage
	}
	seen := 0
	var follow func(text []byte)
	follow = func(text []byte) {
		var p part
		if err := json.Unmarshal(text, &p); err != nil {
			t.Fatal(err)
		}
		next := append(p.Manifests, p.Layers...)
		var config descriptor
		if json.Unmarshal(p.Config, &config) == nil && config.Digest != "" {
			next = append(next, config)
		}
		for _, d := range next {
			seen++
			blob := parts["blobs/sha256/"+strings.TrimPrefix(d.Digest, "sha256:")]
			if digestOf(blob) != d.Digest || len(blob) != d.Size {
				t.Errorf("%s of the image is not there", d.MediaType)
			}
			if d.MediaType == indexType || d.MediaType == manifestType {
				follow(blob)
			}
		}
	}
	follow(parts["index.json"])
	if seen < 4 {
		t.Errorf("the image has %d parts", seen)
	}
}

// versionKnowsItsCommit asks the program of this machine, where there is one.
func versionKnowsItsCommit(t *testing.T, out, commit string) {
	t.Helper()
	name := fmt.Sprintf("usher_*_%s_%s.tar.gz", runtime.GOOS, runtime.GOARCH)
	found, err := filepath.Glob(filepath.Join(out, name))
	if err != nil || len(found) == 0 {
		t.Logf("there is no %s", name)
		return
	}
	dir := t.TempDir()
	run(t, dir, nil, "tar", "xzf", found[0])
	said := run(t, dir, nil, "./usher", "version", "-json")
	if !strings.Contains(said, commit) || !strings.Contains(said, `"modified": false`) {
		t.Errorf("the program says %s, and is of %s", said, commit)
	}
	for _, name := range []string{"man/usher.1", "man/usher-plan.1", "completions/usher.bash", "completions/_usher", "LICENSE"} {
		if text, err := os.ReadFile(filepath.Join(dir, name)); err != nil || len(text) < 300 {
			t.Errorf("%s: %d bytes, %v", name, len(text), err)
		}
	}
}

func run(t *testing.T, dir string, in []byte, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Stdin = dir, bytes.NewReader(in)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
	return string(out)
}
