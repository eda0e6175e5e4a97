package main

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"go.yaml.in/yaml/v3"
)

// clone BRANCH goes into a fresh clone of the folder repo, as the checkout of a forge makes
// it: of main, or of the merge of a branch with it.
func clone(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: clone BRANCH")
	}
	dir, repo := ts.MkAbs("clone"), ts.MkAbs("repo")
	ts.Check(os.RemoveAll(dir))
	ts.Check(ts.Exec("git", "clone", "-q", "-b", "main", repo, dir))
	if args[0] != "main" {
		ts.Check(ts.Exec("git", "-C", dir, "merge", "-q", "--no-ff", "--no-edit", "origin/"+args[0]))
	}
	commit, err := exec.Command("git", "-C", dir, "rev-parse", "HEAD^").Output()
	if err == nil {
		ts.Setenv("CI_MERGE_REQUEST_DIFF_BASE_SHA", strings.TrimSpace(string(commit)))
	}
	ref := "refs/heads/main"
	if args[0] != "main" {
		ref = "refs/pull/12/merge"
	}
	ts.Setenv("GITHUB_REF", ref)
	ts.Setenv("BUILD_SOURCEBRANCH", ref)
	ts.Setenv("CI_COMMIT_BRANCH", "main")
	ts.Setenv("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main")
	ts.Check(ts.Chdir(dir))
}

func merged(all ...map[string]string) map[string]string {
	sum := map[string]string{}
	for _, m := range all {
		maps.Copy(sum, m)
	}
	return sum
}

// jobNames are the jobs of each forge.
func jobNames() []string { return []string{"check", "plan", "merged", "apply", "night", "due"} }

func fileOf(t *testing.T, path string, into any) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return string(text)
}

// TestPipelinesKeepTheRules: what a pull request can write into these files is little, and
// what it can reach is less.
func TestPipelinesKeepTheRules(t *testing.T) {
	var file struct {
		On          map[string]any    `yaml:"on"`
		Permissions map[string]string `yaml:"permissions"`
		Jobs        map[string]job    `yaml:"jobs"`
	}
	fileOf(t, sources["github"], &file)
	if len(file.On) != 1 || file.On["workflow_call"] == nil {
		t.Errorf("it runs on %v", file.On)
	}
	if file.Permissions == nil || len(file.Permissions) > 0 {
		t.Errorf("the workflow has the permissions %v for all jobs", file.Permissions)
	}
	if !slices.Equal(slices.Sorted(maps.Keys(file.Jobs)), slices.Sorted(slices.Values(jobNames()))) {
		t.Errorf("it has the jobs %v", slices.Sorted(maps.Keys(file.Jobs)))
	}
	for name, j := range file.Jobs {
		writes := name == "apply" || name == "due"
		if j.Permissions == nil || j.Permissions["contents"] != "read" {
			t.Errorf("%s: permissions %v", name, j.Permissions)
		}
		client := j.Env["USHER_CLIENT_ID"]
		if strings.Contains(client, "apply") != writes || writes && j.Environment == "" {
			t.Errorf("%s has the identity %q in the environment %q", name, client, j.Environment)
		}
		if name == "check" && (len(j.Permissions) > 1 || client != "" || len(j.Env) > 1) {
			t.Errorf("forks get %v and %v", j.Permissions, j.Env)
		}
		noExpressions(t, name, j.Steps)
	}
	var action struct {
		Runs struct {
			Steps []step `yaml:"steps"`
		} `yaml:"runs"`
	}
	fileOf(t, "../../action.yml", &action)
	noExpressions(t, "the action", action.Runs.Steps)
}

// noExpressions wants scripts into which nobody can write, and actions that nobody can change.
// An action of usher itself has the tag of the same release.
func noExpressions(t *testing.T, name string, steps []step) {
	t.Helper()
	pinned := regexp.MustCompile(`@[0-9a-f]{40}$|^usher-cli/usher@v` + regexp.QuoteMeta(version) + `$`)
	for _, s := range steps {
		if strings.Contains(s.script(), "${{") || strings.Contains(s.script(), "$[[") {
			t.Errorf("%s puts an expression into a script: %s", name, s.script())
		}
		if s.Uses != "" && !pinned.MatchString(s.Uses) {
			t.Errorf("%s: %s is not pinned by a commit", name, s.Uses)
		}
	}
}

// TestConnectionsAreNamed: Azure DevOps issues a token for a service connection only to a
// stage that names it in a task, and only then asks for its approvals.
func TestConnectionsAreNamed(t *testing.T) {
	for _, name := range jobNames() {
		j, err := jobOf("azure", name, nil)
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]string{"check": "", "apply": "${{ parameters.applyConnection }}", "due": "${{ parameters.applyConnection }}"}
		connection, known := want[name]
		if !known {
			connection = "${{ parameters.planConnection }}"
		}
		for _, s := range j.Steps {
			got := s.Inputs["azureSubscription"]
			if strings.Contains(s.script(), "usher ") && (got != connection || (got != "") != (len(s.Env) > 1)) {
				t.Errorf("%s has the connection %q, and the variables %v", name, got, s.Env)
			}
		}
	}
}

// TestCallersAreShort: what an admin copies is a dozen lines or two, runs at an odd minute,
// and gives forks no more than they have.
func TestCallersAreShort(t *testing.T) {
	for _, kind := range []string{"github", "gitlab", "azure"} {
		var file struct {
			On          map[string]any    `yaml:"on"`
			Permissions map[string]string `yaml:"permissions"`
		}
		text := fileOf(t, "../../examples/pipelines/"+kind+".yml", &file)
		lines := 0
		for line := range strings.Lines(text) {
			if trimmed := strings.TrimSpace(line); trimmed != "" && !strings.HasPrefix(trimmed, "#") {
				lines++
			}
		}
		if lines > 25 {
			t.Errorf("%s has %d lines", kind, lines)
		}
		if regexp.MustCompile(`cron: "0 `).MatchString(text) {
			t.Errorf("%s starts at a full hour", kind)
		}
		if _, wide := file.On["pull_request_target"]; wide || kind == "github" && (len(file.On) != 3 || len(file.Permissions) > 0) {
			t.Errorf("%s runs on %v with %v", kind, file.On, file.Permissions)
		}
		if !strings.Contains(text, version) {
			t.Errorf("%s names another version", kind)
		}
	}
}

// TestPipelinesParseInTheirShell: each script is one that a shell takes.
func TestPipelinesParseInTheirShell(t *testing.T) {
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("there is no bash")
	}
	for _, kind := range []string{"github", "gitlab", "azure"} {
		for _, name := range jobNames() {
			j, err := jobOf(kind, name, nil)
			if err != nil {
				t.Fatal(err)
			}
			scripts := []string{strings.Join(append(j.Before, j.Script...), "\n")}
			for _, outer := range j.Steps {
				steps, err := outer.inside(nil)
				if err != nil {
					t.Fatal(err)
				}
				for _, s := range steps {
					scripts = append(scripts, s.script())
				}
			}
			for _, script := range scripts {
				path := filepath.Join(t.TempDir(), "script")
				put(t, path, script)
				if out, err := exec.Command("bash", "-n", path).CombinedOutput(); err != nil {
					t.Errorf("%s %s: %s", kind, name, out)
				}
			}
		}
	}
}
