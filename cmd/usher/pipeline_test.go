package main

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"go.yaml.in/yaml/v3"
)

// step is a step of a pipeline, of any forge.
type step struct {
	ID    string            `yaml:"id"`
	Name  string            `yaml:"name"`
	If    string            `yaml:"if"`
	Uses  string            `yaml:"uses"`
	Run   string            `yaml:"run"`
	Bash  string            `yaml:"bash"`
	Env   map[string]string `yaml:"env"`
	Check string            `yaml:"checkout"`
}

// job is a job of a pipeline, as far as the stories need it.
type job struct {
	If          string            `yaml:"if"`
	Permissions map[string]string `yaml:"permissions"`
	Environment string            `yaml:"environment"`
	Env         map[string]string `yaml:"env"`
	Outputs     map[string]string `yaml:"outputs"`
	Steps       []step            `yaml:"steps"`
	Script      []string          `yaml:"script"` // of GitLab
	Variables   map[string]string `yaml:"variables"`
}

func pipeline(kind string) ([]byte, error) {
	return os.ReadFile("../../examples/pipelines/" + kind + ".yml")
}

// jobOf finds a job in the file of a forge.
func jobOf(kind, name string) (job, error) {
	text, err := pipeline(kind)
	if err != nil {
		return job{}, err
	}
	var j job
	found := false
	switch kind {
	case "github":
		var file struct {
			Jobs map[string]job `yaml:"jobs"`
		}
		err = yaml.Unmarshal(text, &file)
		j, found = file.Jobs[name]
	case "gitlab":
		file := map[string]yaml.Node{}
		err = yaml.Unmarshal(text, &file)
		if node, has := file[name]; has {
			found, err = true, node.Decode(&j)
		}
	case "azure":
		var file struct {
			Stages []struct {
				Stage string `yaml:"stage"`
				Jobs  []struct {
					Steps    []step `yaml:"steps"`
					Strategy struct {
						RunOnce struct {
							Deploy struct {
								Steps []step `yaml:"steps"`
							} `yaml:"deploy"`
						} `yaml:"runOnce"`
					} `yaml:"strategy"`
				} `yaml:"jobs"`
			} `yaml:"stages"`
		}
		err = yaml.Unmarshal(text, &file)
		for _, s := range file.Stages {
			if s.Stage == name {
				found = true
				j.Steps = append(s.Jobs[0].Steps, s.Jobs[0].Strategy.RunOnce.Deploy.Steps...)
			}
		}
	}
	if err == nil && !found {
		err = fmt.Errorf("%s has no job %s", kind, name)
	}
	return j, err
}

// expressions are the values that a forge puts in, as far as the files use them.
var expressions = regexp.MustCompile(`\$\{\{ *([^}]+?) *\}\}|\$\(([A-Za-z_.]+)\)`)

// runJob KIND JOB runs the steps of a job of examples/pipelines in the present folder, as the
// forge would: each in a shell of its own, with what the job sets. A digest that it hands on
// is in DIGEST, and what it says in job.txt. Installing is left out, because usher is there.
func runJob(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: job KIND JOB")
	}
	j, err := jobOf(args[0], args[1])
	ts.Check(err)
	if len(j.Script) > 0 {
		j.Steps = []step{{Run: strings.Join(j.Script, "\n")}}
	}
	outputs := ts.MkAbs("outputs.txt")
	ts.Check(os.WriteFile(outputs, nil, 0o600))
	failed, log := false, ""
	for _, s := range j.Steps {
		script := s.Run + s.Bash
		if script == "" || strings.HasPrefix(script, "go install ") || failed && !strings.HasPrefix(s.If, "always()") {
			continue
		}
		if file := regexp.MustCompile(`hashFiles\('([^']+)'\)`).FindStringSubmatch(s.If); file != nil {
			if _, err := os.Stat(ts.MkAbs(file[1])); err != nil {
				continue
			}
		}
		for name, value := range merged(j.Env, j.Variables, s.Env) {
			ts.Setenv(name, resolved(ts, value))
		}
		ts.Setenv("GITHUB_OUTPUT", outputs)
		failed = ts.Exec("bash", append(shellOf(args[0]), "-c", script)...) != nil || failed
		log += ts.ReadFile("stdout") + ts.ReadFile("stderr")
		collect(ts, ts.ReadFile("stdout"))
	}
	collect(ts, ts.ReadFile(outputs))
	if text, err := os.ReadFile(ts.MkAbs("plan.env")); err == nil { // the report of GitLab
		collect(ts, string(text))
	}
	ts.Check(os.WriteFile(filepath.Join(ts.Getenv("WORK"), "job.txt"), []byte(log), 0o600))
	if failed != neg {
		ts.Fatalf("job %s of %s failed: %t", args[1], args[0], failed)
	}
}

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
	ts.Check(ts.Chdir(dir))
}

func merged(all ...map[string]string) map[string]string {
	sum := map[string]string{}
	for _, m := range all {
		maps.Copy(sum, m)
	}
	return sum
}

// resolved puts the values of a forge into a text.
func resolved(ts *testscript.TestScript, text string) string {
	return expressions.ReplaceAllStringFunc(text, func(found string) string {
		m := expressions.FindStringSubmatch(found)
		switch name := m[1] + m[2]; name {
		case "github.token":
			return ts.Getenv("GITHUB_TOKEN")
		case "System.AccessToken":
			return ts.Getenv("SYSTEM_ACCESSTOKEN")
		case "needs.merged.outputs.digest", "digest":
			return ts.Getenv("DIGEST")
		default:
			if strings.HasPrefix(name, "vars.") || strings.HasPrefix(name, "USHER_") {
				return ""
			}
			ts.Fatalf("the story knows no %s", name)
			return ""
		}
	})
}

// shellOf are the options of the shell that a forge runs scripts in. That of GitHub has no
// pipefail, unless the workflow names the shell; that of Azure Pipelines stops at no error.
func shellOf(kind string) []string {
	text, err := pipeline(kind)
	named := err == nil && strings.Contains(string(text), "\ndefaults:\n  run:\n    shell: bash")
	switch {
	case kind == "azure":
		return nil
	case kind == "github" && !named:
		return []string{"-e"}
	}
	return []string{"-eo", "pipefail"}
}

// collect takes a digest that a job hands on.
func collect(ts *testscript.TestScript, text string) {
	if m := regexp.MustCompile(`(?m)(?:^digest=|^DIGEST=|isOutput=true\])(sha256:[0-9a-f]{64})$`).FindStringSubmatch(text); m != nil {
		ts.Setenv("DIGEST", m[1])
	}
}

// TestPipelinesKeepTheRules: what a pull request can write into these files is little, and
// what it can reach is less.
func TestPipelinesKeepTheRules(t *testing.T) {
	text, err := pipeline("github")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		On          map[string]any    `yaml:"on"`
		Permissions map[string]string `yaml:"permissions"`
		Jobs        map[string]job    `yaml:"jobs"`
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	if _, wide := file.On["pull_request_target"]; wide || len(file.On) != 3 {
		t.Errorf("it runs on %v", file.On)
	}
	if file.Permissions == nil || len(file.Permissions) > 0 {
		t.Errorf("the workflow has the permissions %v for all jobs", file.Permissions)
	}
	for name, j := range file.Jobs {
		if j.Permissions == nil || j.Permissions["contents"] != "read" {
			t.Errorf("%s: permissions %v", name, j.Permissions)
		}
		client := j.Env["USHER_CLIENT_ID"]
		if strings.Contains(client, "APPLY") != (name == "apply") || name == "apply" && j.Environment == "" {
			t.Errorf("%s has the identity %q in the environment %q", name, client, j.Environment)
		}
		if name == "check" && (len(j.Permissions) > 1 || client != "" || len(j.Env) > 0) {
			t.Errorf("forks get %v and %v", j.Permissions, j.Env)
		}
		for _, s := range j.Steps {
			if strings.Contains(s.Run, "${{") {
				t.Errorf("%s puts an expression into a script: %s", name, s.Run)
			}
			if s.Uses != "" && !regexp.MustCompile(`@[0-9a-f]{40}$`).MatchString(s.Uses) {
				t.Errorf("%s: %s is not pinned by a commit", name, s.Uses)
			}
		}
	}
	for _, kind := range []string{"github", "gitlab", "azure"} {
		text, err := pipeline(kind)
		if err != nil {
			t.Fatal(err)
		}
		if regexp.MustCompile(`cron: "0 `).Match(text) {
			t.Errorf("%s starts at a full hour", kind)
		}
	}
}

// TestPipelinesParseInTheirShell: each script is one that a shell takes.
func TestPipelinesParseInTheirShell(t *testing.T) {
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("there is no bash")
	}
	for kind, names := range map[string][]string{"github": {"check", "plan", "merged", "apply", "night"},
		"gitlab": {"check", "plan", "merged", "apply", "night"}, "azure": {"plan", "merged", "apply", "night"}} {
		for _, name := range names {
			j, err := jobOf(kind, name)
			if err != nil {
				t.Fatal(err)
			}
			scripts := []string{strings.Join(j.Script, "\n")}
			for _, s := range j.Steps {
				scripts = append(scripts, s.Run+s.Bash)
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
