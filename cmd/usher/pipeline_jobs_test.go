package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
	"go.yaml.in/yaml/v3"
)

// step is a step of a pipeline, of any forge.
type step struct {
	ID       string            `yaml:"id"`
	If       string            `yaml:"if"`
	Uses     string            `yaml:"uses"`
	With     map[string]string `yaml:"with"`
	Run      string            `yaml:"run"`
	Bash     string            `yaml:"bash"`
	Template string            `yaml:"template"` // of Azure, as are these
	Task     string            `yaml:"task"`
	Inputs   map[string]string `yaml:"inputs"`
	Env      map[string]string `yaml:"env"`
}

// job is a job of a pipeline, as far as the stories need it.
type job struct {
	If          string            `yaml:"if"`
	Permissions map[string]string `yaml:"permissions"`
	Environment string            `yaml:"environment"`
	Env         map[string]string `yaml:"env"`
	Steps       []step            `yaml:"steps"`
	Extends     string            `yaml:"extends"` // of GitLab, as are these
	Before      []string          `yaml:"before_script"`
	Script      []string          `yaml:"script"`
	Variables   map[string]string `yaml:"variables"`
}

// sources are the files with the jobs of each forge, which the examples call.
var sources = map[string]string{
	"github": "../../.github/workflows/licences.yml",
	"gitlab": "../../templates/licences.yml",
	"azure":  "../../templates/licences.azure.yml",

	"request": "../../examples/pipelines/request.github.yml",
}

// parameter is one that a template has a value for.
var parameter = regexp.MustCompile(`\$\[\[ inputs\.([a-z0-9-]+) \]\]|\$\{\{ (?:parameters|inputs)\.([A-Za-z0-9-]+) \}\}`)

// filled puts values in the place of the parameters of a template.
func filled(text string, values map[string]string) string {
	return parameter.ReplaceAllStringFunc(text, func(found string) string {
		m := parameter.FindStringSubmatch(found)
		if value, has := values[m[1]+m[2]]; has {
			return value
		}
		return found
	})
}

// jobOf finds a job in the file of a forge, with the values of its parameters.
func jobOf(kind, name string, values map[string]string) (job, error) {
	text, err := os.ReadFile(sources[kind])
	if err != nil {
		return job{}, err
	}
	whole := filled(string(text), values)
	switch kind {
	case "github", "request":
		var file struct {
			Jobs map[string]job `yaml:"jobs"`
		}
		err = yaml.Unmarshal([]byte(whole), &file)
		if j, found := file.Jobs[name]; found || err != nil {
			return j, err
		}
	case "gitlab":
		_, jobs, _ := strings.Cut(whole, "\n---\n")
		file := map[string]job{}
		err = yaml.Unmarshal([]byte(jobs), &file)
		if j, found := file[name]; found || err != nil {
			return extended(file, j), err
		}
	case "azure":
		return azureJob(whole, name)
	}
	return job{}, fmt.Errorf("%s has no job %s", kind, name)
}

// extended is a job of GitLab with what those have that it extends.
func extended(file map[string]job, j job) job {
	for from := j.Extends; from != ""; from = file[from].Extends {
		j.Variables = merged(file[from].Variables, j.Variables)
		if j.Before == nil {
			j.Before = file[from].Before
		}
	}
	return j
}

// azureJob is the one job of a stage. A stage in a condition is there.
func azureJob(text, name string) (j job, err error) {
	type stage struct {
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
		Due []yaml.Node `yaml:"${{ if parameters.due }}"`
	}
	var file struct {
		Stages []stage `yaml:"stages"`
	}
	if err := yaml.Unmarshal([]byte(text), &file); err != nil {
		return job{}, err
	}
	for _, s := range file.Stages {
		for _, node := range s.Due {
			var inner stage
			if err := node.Decode(&inner); err != nil {
				return job{}, err
			}
			file.Stages = append(file.Stages, inner)
		}
	}
	for _, s := range file.Stages {
		if s.Stage == name {
			j.Steps = append(s.Jobs[0].Steps, s.Jobs[0].Strategy.RunOnce.Deploy.Steps...)
			return j, nil
		}
	}
	return j, fmt.Errorf("azure has no stage %s", name)
}

// script is what a step runs; "" for nothing.
func (s step) script() string { return s.Run + s.Bash + s.Inputs["inlineScript"] }

// inside are the steps that a step stands for: of the action, or of a template.
func (s step) inside(values map[string]string) ([]step, error) {
	path, steps := "", []step{s}
	switch {
	case strings.HasPrefix(s.Uses, "usher-cli/usher@"):
		path = "../../action.yml"
	case s.Template != "":
		path = "../../templates/" + s.Template
	default:
		return steps, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var file struct {
		Steps []step `yaml:"steps"`
		Runs  struct {
			Steps []step `yaml:"steps"`
		} `yaml:"runs"`
	}
	err = yaml.Unmarshal([]byte(filled(string(text), values)), &file)
	steps = append(file.Steps, file.Runs.Steps...)
	for i := range steps {
		if steps[i].If == "inputs.run != ''" {
			return steps[:i], err // nothing is given to run
		}
	}
	return steps, err
}

// runner runs the steps of a job in a story.
type runner struct {
	ts   *testscript.TestScript
	kind string
	home string // of the files by which steps hand something on
	log  string
}

// runJob KIND JOB [NAME=VALUE...] runs a job of the pipelines to copy in the present folder, with
// values of its inputs, as the forge would: each step in a shell of its own, with what the job sets. usher is installed from a
// release that the story serves. A digest that a job hands on is in DIGEST, and what it says
// in job.txt.
func runJob(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: job KIND JOB [NAME=VALUE...]")
	}
	values := map[string]string{"directory": ".", "plan-client-id": "", "apply-client-id": "", "planConnection": "",
		"applyConnection": "", "arguments": "", "environment": "licences", "version": "v0.1.0", "sha256": "", "releases": releases(ts)}
	for _, arg := range args[2:] {
		name, value, _ := strings.Cut(arg, "=")
		values[name] = value
	}
	j, err := jobOf(args[0], args[1], values)
	ts.Check(err)
	if len(j.Script) > 0 {
		j.Steps = []step{{Run: strings.Join(append(j.Before, j.Script...), "\n")}}
	}
	r := &runner{ts: ts, kind: args[0], home: ts.Getenv("WORK")}
	for _, name := range []string{"outputs.txt", "path.txt"} {
		ts.Check(os.WriteFile(filepath.Join(r.home, name), nil, 0o600))
	}
	here, err := filepath.Abs("../..")
	ts.Check(err)
	ts.Setenv("GITHUB_ACTION_PATH", here)
	ts.Setenv("GITHUB_OUTPUT", filepath.Join(r.home, "outputs.txt"))
	ts.Setenv("GITHUB_PATH", filepath.Join(r.home, "path.txt"))
	ts.Setenv("CI_PROJECT_DIR", ts.MkAbs("."))
	before := ts.Getenv("PATH")
	failed := false
	for _, outer := range j.Steps {
		steps, err := outer.inside(values)
		ts.Check(err)
		for _, s := range steps {
			if !failed && s.script() != "" {
				failed = !r.step(j, s)
			}
		}
	}
	ts.Setenv("PATH", before)
	for _, name := range []string{"USHER_ENCRYPTION_KEY", "USHER_BACKEND_PASSWORD", "PGPASSWORD"} { // which are the job's
		ts.Setenv(name, "")
	}
	if text, err := os.ReadFile(ts.MkAbs("plan.env")); err == nil { // the report of GitLab
		r.collect(string(text))
	}
	ts.Check(os.WriteFile(filepath.Join(r.home, "job.txt"), []byte(r.log), 0o600))
	if failed != neg {
		ts.Fatalf("job %s of %s failed: %t", args[1], args[0], failed)
	}
}

// step runs one step, and reports whether it succeeded.
func (r *runner) step(j job, s step) bool {
	for name, value := range merged(j.Env, j.Variables, s.Env) {
		r.ts.Setenv(name, r.resolved(value))
	}
	err := r.ts.Exec("bash", append(shellOf(r.kind), "-c", s.script())...)
	said := r.ts.ReadFile("stdout")
	r.log += said + r.ts.ReadFile("stderr")
	for _, text := range []string{said, r.ts.ReadFile(filepath.Join(r.home, "outputs.txt"))} {
		r.collect(text)
	}
	path := r.ts.ReadFile(filepath.Join(r.home, "path.txt"))
	if m := regexp.MustCompile(`(?m)^##vso\[task\.prependpath\](.+)$`).FindStringSubmatch(said); m != nil {
		path = m[1]
	}
	if path = strings.TrimSpace(path); path != "" {
		r.ts.Setenv("PATH", path+string(os.PathListSeparator)+r.ts.Getenv("PATH"))
	}
	return err == nil
}

// collect takes a digest that a job hands on.
func (r *runner) collect(text string) {
	if m := regexp.MustCompile(`(?m)(?:^digest=|^DIGEST=|isOutput=true\])(sha256:[0-9a-f]{64})$`).FindStringSubmatch(text); m != nil {
		r.ts.Setenv("DIGEST", m[1])
	}
}

// expressions are the values that a forge puts in, as far as the files use them.
var expressions = regexp.MustCompile(`\$\{\{ *([^}]+?(?:\{0\}[^}]*?)?) *\}\}|\$\(([A-Za-z_.]+)\)`)

// resolved puts the values of a forge into a text.
func (r *runner) resolved(text string) string {
	return expressions.ReplaceAllStringFunc(text, func(found string) string {
		m := expressions.FindStringSubmatch(found)
		switch name := m[1] + m[2]; name {
		case "github.token":
			return r.ts.Getenv("GITHUB_TOKEN")
		case "System.AccessToken":
			return r.ts.Getenv("SYSTEM_ACCESSTOKEN")
		case "needs.merged.outputs.digest", "digest":
			return r.ts.Getenv("DIGEST")
		case "inputs.directory == '.' && 'usher' || inputs.directory":
			return "usher"
		case "inputs.directory == '.' && 'run' || format('run {0}', inputs.directory)":
			return "run"
		case "USHER_ENCRYPTION_KEY", "USHER_BACKEND_PASSWORD", "PGPASSWORD": // Azure leaves what nobody set as it is
			return found
		default:
			if !strings.HasPrefix(name, "secrets.") && !strings.HasPrefix(name, "vars.") {
				r.ts.Fatalf("the story knows no %s", name)
			}
			return ""
		}
	})
}

// shellOf are the options of the shell that a forge runs scripts in. That of Azure
// Pipelines stops at no error.
func shellOf(kind string) []string {
	if kind == "azure" {
		return nil
	}
	return []string{"-eo", "pipefail"}
}
