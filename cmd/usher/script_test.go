package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/usher-cli/usher/engine"
)

// TestMain lets stories run usher as a program of its own.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"usher": func() {
		a := &app{in: os.Stdin, out: os.Stdout, err: os.Stderr, now: storyClock, env: os.Getenv}
		if path := os.Getenv("STORY_WIRE"); path != "" {
			if f, err := engine.OpenLog(path); err == nil {
				a.wire = f
			}
		}
		os.Exit(a.run(os.Args[1:]))
	}})
}

// storyClock is the time, or what a story says that it is.
func storyClock() time.Time {
	if now, err := time.Parse(time.RFC3339, os.Getenv("STORY_TIME")); err == nil {
		return now
	}
	return time.Now()
}

// TestScript tells the stories: every story has a copy of the tenants beside
// its own files.
func TestScript(t *testing.T) { tellStories(t, "testdata/script") }

// tellStories tells the stories of a directory.
func tellStories(t *testing.T, dir string) {
	t.Helper()
	wire := t.TempDir()
	t.Cleanup(func() { keepsTheContract(t, wire) }) // when all stories are told
	testscript.Run(t, testscript.Params{
		Dir: dir,
		Setup: func(env *testscript.Env) error {
			root, err := filepath.Abs("../..")
			if err != nil {
				return err
			}
			env.Setenv("ROOT", root)
			env.Setenv("GOMAXPROCS", "1") // there is a story for each core
			env.Setenv("GOGC", "400")     // processes are short, and collecting is a quarter of their time
			env.Setenv("STORY_WIRE", filepath.Join(wire, filepath.Base(env.WorkDir)+".jsonl"))
			return os.CopyFS(env.WorkDir, os.DirFS("testdata/tenants"))
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "count": count, "replace": replace, "serve": serveTenant, "microsoft": serveMicrosoft, "record": record, "await": await,
			"stateserver": serveStates, "post": post, "agekey": makeKey, "hides": hides,
			"forge": serveForge, "notes": listNotes, "pulls": listPulls, "azlogin": azLogin, "job": runJob, "clone": clone,
		},
	})
}

// exits CODE COMMAND... runs a command that must exit with the code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND...")
	}
	err := ts.Exec(args[1], args[2:]...)
	code := 0
	if exit := (*exec.ExitError)(nil); err != nil {
		if !asExit(err, &exit) {
			ts.Fatalf("%v", err)
		}
		code = exit.ExitCode()
	}
	if got := fmt.Sprint(code); got != args[0] {
		ts.Fatalf("exit code %s, want %s", got, args[0])
	}
}

func asExit(err error, target **exec.ExitError) bool {
	exit, ok := err.(*exec.ExitError) //nolint:errorlint // ts.Exec returns it bare
	*target = exit
	return ok
}

// count N PATTERN FILE checks how many lines of a file match.
func count(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: count N PATTERN FILE")
	}
	pattern, n := regexp.MustCompile(args[1]), 0
	for _, line := range strings.Split(ts.ReadFile(args[2]), "\n") {
		if pattern.MatchString(line) {
			n++
		}
	}
	if fmt.Sprint(n) != args[0] {
		ts.Fatalf("%d lines of %s match %q, want %s", n, args[2], args[1], args[0])
	}
}

// replace OLD NEW FILE replaces a text that must be in the file.
func replace(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: replace OLD NEW FILE")
	}
	text := ts.ReadFile(args[2])
	unquote := strings.NewReplacer(`\n`, "\n", `\e`, "\x1b")
	old, next := unquote.Replace(args[0]), unquote.Replace(args[1])
	if !strings.Contains(text, old) {
		ts.Fatalf("%s does not contain %q", args[2], old)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), []byte(strings.ReplaceAll(text, old, next)), 0o600))
}

// await FILE waits until a file is there, as a sign of how far another process
// got.
func await(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: await FILE")
	}
	for range 1000 {
		if _, err := os.Stat(ts.MkAbs(args[0])); err == nil {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	ts.Fatalf("%s did not come", args[0])
}

// record NAME=PATTERN FILE puts what the pattern's group matches into a
// variable of the story.
func record(ts *testscript.TestScript, neg bool, args []string) {
	name, pattern, ok := strings.Cut(strings.Join(args[:1], ""), "=")
	if neg || len(args) != 2 || !ok {
		ts.Fatalf("usage: record NAME=PATTERN FILE")
	}
	found := regexp.MustCompile(pattern).FindStringSubmatch(ts.ReadFile(args[1]))
	if len(found) < 2 {
		ts.Fatalf("nothing in %s matches %q", args[1], pattern)
	}
	ts.Setenv(name, found[1])
}
