package main

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/usher-cli/usher/test/program"
)

// TestDocsSayWhatHappens runs every command of the console blocks in README
// and docs, in a copy of examples/contoso, and compares what they print; a
// line of three dots stands for any lines.
func TestDocsSayWhatHappens(t *testing.T) {
	t.Parallel()
	pages, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	commands := 0
	for _, page := range append(pages, "../../README.md") {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		if err := os.CopyFS(dir, os.DirFS("../../examples/contoso")); err != nil {
			t.Fatal(err)
		}
		git := committed(t, dir)
		for _, block := range regexp.MustCompile("(?s)```console\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
			if n := strings.Count(block[1], "\n"); filepath.Base(page) == "README.md" && n > 40 {
				t.Errorf("the tour has %d lines", n)
			}
			for _, part := range strings.Split("\n"+block[1], "\n$ ")[1:] {
				command, want, _ := strings.Cut(part, "\n")
				commands++
				if strings.Contains(command, "-base=") && !git {
					continue
				}
				if got := consoleCommand(t, dir, command); !matches(got, want) {
					t.Errorf("%s: $ %s prints\n%s\nand the page says\n%s", page, command, got, want)
				}
			}
		}
	}
	if commands < 7 {
		t.Errorf("only %d commands were found", commands)
	}
}

// TestReadmeBuilds runs the build command of the README for machines without make.
func TestReadmeBuilds(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	command := regexp.MustCompile(`(?m)^go build -o bin/ (\S+)`).FindSubmatch(text)
	if command == nil {
		t.Fatal("the README does not say how to build usher without make")
	}
	build := exec.Command("go", "build", "-tags="+program.Tags, "-o", t.TempDir()+"/", string(command[1]))
	build.Dir = "../.."
	if out, err := build.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}

func consoleCommand(t *testing.T, dir, command string) string {
	t.Helper()
	args := strings.Fields(command)
	if args[0] == "cp" {
		for _, from := range args[1 : len(args)-1] {
			text, err := fs.ReadFile(os.DirFS(dir), from)
			if err != nil {
				t.Fatal(err)
			}
			put(t, filepath.Join(dir, filepath.Base(from)), string(text))
		}
		return ""
	}
	if args[0] != "usher" {
		t.Fatalf("this test cannot run %q", command)
	}
	var out bytes.Buffer
	a := &app{in: strings.NewReader(""), out: &out, err: &out, now: time.Now, env: func(string) string { return "" }}
	if code := a.run(append(args[1:], "-chdir="+dir)); code != 0 {
		t.Errorf("$ %s exits with %d:\n%s", command, code, out.String())
	}
	return out.String()
}

// committed makes a Git repository of a directory, with everything on main. It reports
// false where there is no Git.
func committed(t *testing.T, dir string) bool {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		return false
	}
	for _, args := range [][]string{{"init", "-q", "-b", "main"}, {"add", "."}, {"commit", "-q", "-m", "first"}} {
		cmd := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=ada", "-c", "user.email=ada@contoso.com"}, args...)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %s: %v: %s", args[0], err, out)
		}
	}
	return true
}

// matches compares line by line; "..." matches any lines, also none.
func matches(got, want string) bool {
	var pattern strings.Builder
	for _, line := range strings.SplitAfter(want, "\n") {
		if strings.TrimSuffix(line, "\n") == "..." {
			pattern.WriteString(`(?s:.*?)`)
		} else {
			pattern.WriteString(regexp.QuoteMeta(line))
		}
	}
	return regexp.MustCompile("^" + pattern.String() + `\n?$`).MatchString(got)
}
