package main

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "rewrite golden files")

// TestBadInput shows usher wrong files of every kind. Each case is a txtar
// file: its comment is the command line, its files are what is wrong, and the
// last one, want, is what usher says about it. Nothing may be written.
func TestBadInput(t *testing.T) {
	t.Parallel()
	cases, err := filepath.Glob("testdata/bad/*.txtar")
	if err != nil || len(cases) < 60 {
		t.Fatalf("%d cases, %v", len(cases), err)
	}
	for _, path := range cases {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) { badInput(t, path) })
	}
}

func badInput(t *testing.T, path string) {
	archive, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	want := ""
	for _, f := range archive.Files {
		if f.Name == "want" {
			want = string(f.Data)
			continue
		}
		put(t, filepath.Join(dir, f.Name), strings.NewReplacer(`\x00`, "\x00", `\xff`, "\xff", `\x1b`, "\x1b").Replace(string(f.Data)))
	}
	small, err := os.ReadFile("testdata/tenants/small.tenant.json")
	if err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(dir, "small.tenant.json"), string(small))
	before := listing(t, dir)

	var out bytes.Buffer
	a := &app{in: strings.NewReader(""), out: &out, err: &out, now: time.Now, env: func(string) string { return "" }}
	args := strings.Fields(string(archive.Comment))
	code := a.run(append(args, "-chdir="+dir))
	got := strings.ReplaceAll(out.String(), dir, "$WORK")
	if code == 0 {
		t.Errorf("usher %s succeeded:\n%s", strings.Join(args, " "), got)
	}
	if diff := cmp.Diff(before, listing(t, dir)); diff != "" {
		t.Errorf("something was written (-before +after):\n%s", diff)
	}
	if *update && got != want {
		rewrite(t, path, archive, got)
		return
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("usher %s says something else (-want +got):\n%s", strings.Join(args, " "), diff)
	}
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// listing maps every file to its content, the files of locks left out.
func listing(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.IsDir() || strings.HasSuffix(e.Name(), ".lock") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[e.Name()] = string(text)
	}
	return files
}

func rewrite(t *testing.T, path string, archive *txtar.Archive, want string) {
	t.Helper()
	kept := archive.Files[:0]
	for _, f := range archive.Files {
		if f.Name != "want" {
			kept = append(kept, f)
		}
	}
	archive.Files = append(kept, txtar.File{Name: "want", Data: []byte(want)})
	if err := os.WriteFile(path, txtar.Format(archive), 0o600); err != nil {
		t.Fatal(err)
	}
}
