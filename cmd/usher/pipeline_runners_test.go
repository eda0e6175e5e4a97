package main

import (
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/usher-cli/usher/test/forgeserver"
)

var (
	actPath = flag.String("act", "", "act, which runs the workflow of GitHub in TestPipelinesInRunners")
	labPath = flag.String("gitlab-ci-local", "", "gitlab-ci-local, which runs the component of GitLab there")
)

// scratch is a repository with a merged branch, a tenant, a forge and a release of usher.
type scratch struct {
	t                *testing.T
	dir, repo        string
	forge            *forgeserver.Server
	api, releases    string
	parent, commit   string
	actions, usherAt string
}

const scratchFiles = `usher {
  backend "file" {
    path = "STATE"
  }
}

tenant "sandbox" {
  file = "TENANT"
}

license "e5" {
  sku = "SPE_E5"
}

assignment "office" {
  users = ["ada@contoso.com"]

  grant "e5" {}
}
`

// TestPipelinesInRunners: what an admin copies runs as it is, in programs that others wrote
// for that: a pull request, its merge, and the night. make test-pipelines installs both.
func TestPipelinesInRunners(t *testing.T) {
	for name, c := range map[string]struct {
		path string
		run  func(*scratch, string) (string, error)
	}{"act": {*actPath, (*scratch).act}, "gitlab-ci-local": {*labPath, (*scratch).lab}} {
		t.Run(name, func(t *testing.T) {
			if c.path == "" {
				t.Skip("make test-pipelines names it")
			}
			s := newScratch(t)
			expect := func(event, note string) {
				t.Helper()
				began := time.Now()
				out, err := c.run(s, event)
				if err != nil {
					t.Fatalf("%s: %v\n%s", event, err, out)
				}
				for _, n := range s.forge.Notes() {
					if strings.Contains(n.Body, note) {
						t.Logf("after %s, %s:\n%s", event, time.Since(began).Round(time.Second/10), n.Body)
						return
					}
				}
				t.Fatalf("after %s there is no %q in %+v\n%s", event, note, s.forge.Notes(), out)
			}
			expect("pull_request", "This branch asks for 1 of 2 steps")
			expect("push", "Apply complete: 2 calls done")
			s.usher("sandbox", "request", "-file="+filepath.Join(s.dir, "tenant.json"), "POST",
				"/v1.0/users/0392f5df-9768-419b-aa0a-46991f222553/assignLicense",
				`{"addLicenses":[],"removeLicenses":["06ebc4ee-1bb5-47dd-8120-11324bc54e06"]}`)
			expect("schedule", "took SPE\\_E5 from 1 person")
			if n := len(s.forge.Notes()); n != 3 {
				t.Errorf("%d comments and issues, want 3", n)
			}
		})
	}
}

func newScratch(t *testing.T) *scratch {
	t.Helper()
	s := &scratch{t: t, dir: t.TempDir(), forge: forgeserver.New("secret", "usher-bot")}
	text, err := archive()
	if err != nil {
		t.Fatal(err)
	}
	for into, handler := range map[*string]http.Handler{&s.api: s.forge, &s.releases: releaseHandler(text)} {
		server := httptest.NewServer(handler)
		*into = server.URL
		t.Cleanup(server.Close)
	}
	if s.usherAt, err = filepath.Abs("../.."); err != nil {
		t.Fatal(err)
	}
	tenant, err := os.ReadFile("testdata/tenants/small.tenant.json")
	if err != nil {
		t.Fatal(err)
	}
	s.repo, s.actions = filepath.Join(s.dir, "repo"), filepath.Join(s.dir, "checkout")
	put(t, filepath.Join(s.dir, "tenant.json"), string(tenant))
	s.put("checkout/action.yml", "name: checkout\nruns:\n  using: composite\n  steps:\n    - run: \"true\"\n      shell: bash\n")
	s.put("repo/.github/workflows/licences.yml", s.caller("github", "    with:\n", "      releases: "+s.releases+"\n"))
	s.put("repo/.gitlab-ci.yml", strings.Replace(s.caller("gitlab", "    inputs:\n", "      releases: "+s.releases+"\n"),
		"component: $CI_SERVER_FQDN/usher-cli/usher/licences@v0.1.0", "local: templates/licences.yml", 1))
	component, err := os.ReadFile(sources["gitlab"])
	if err != nil {
		t.Fatal(err)
	}
	s.put("repo/templates/licences.yml", string(component))
	paths := strings.NewReplacer("STATE", filepath.Join(s.dir, "usher.state.json"), "TENANT", filepath.Join(s.dir, "tenant.json"))
	files := paths.Replace(scratchFiles)
	s.put("repo/main.hcl", files)
	s.git("init", "-q", "-b", "main")
	s.git("add", ".")
	s.git("commit", "-q", "-m", "first")
	s.parent = s.git("rev-parse", "HEAD")
	s.put("repo/main.hcl", strings.Replace(files, `"ada@contoso.com"`, `"ada@contoso.com", "linus@contoso.com"`, 1))
	s.git("commit", "-q", "-a", "-m", "a seat for Linus")
	s.commit = s.git("rev-parse", "HEAD")
	s.forge.Merge[s.commit] = 12
	s.git("remote", "add", "origin", "https://gitlab.com/contoso/licences.git")
	s.git("branch", "base", s.parent)
	s.git("config", "url."+s.repo+".insteadOf", "https://gitlab.com/contoso/licences.git")
	s.git("config", "uploadpack.allowAnySHA1InWant", "true")
	return s
}

// caller is an example, with what the scratch adds to it.
func (s *scratch) caller(kind, behind, more string) string {
	s.t.Helper()
	text, err := os.ReadFile("../../examples/pipelines/" + kind + ".yml")
	if err != nil || !strings.Contains(string(text), behind) {
		s.t.Fatalf("%s: %v", kind, err)
	}
	return strings.Replace(string(text), behind, behind+more, 1)
}

func (s *scratch) put(name, text string) {
	s.t.Helper()
	path := filepath.Join(s.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		s.t.Fatal(err)
	}
	put(s.t, path, text)
}

func (s *scratch) git(args ...string) string {
	s.t.Helper()
	cmd := exec.Command("git", append([]string{"-C", s.repo, "-c", "user.name=ada", "-c", "user.email=ada@contoso.com"}, args...)...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		s.t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

func (s *scratch) usher(args ...string) {
	s.t.Helper()
	if out, err := exec.Command("usher", args...).CombinedOutput(); err != nil {
		s.t.Fatalf("usher %v: %v\n%s", args, err, out)
	}
}

// act runs the workflow for an event.
func (s *scratch) act(event string) (string, error) {
	s.put("event.json", map[string]string{"pull_request": `{"pull_request":{"number":12,"head":{"repo":{"full_name":"contoso/licences"}}},` +
		`"repository":{"full_name":"contoso/licences"}}`}[event]+map[string]string{"push": `{"ref":"refs/heads/main"}`, "schedule": `{}`}[event])
	s.git("remote", "set-url", "origin", "https://github.com/contoso/licences.git")
	cmd := exec.Command(*actPath, event, "-e", filepath.Join(s.dir, "event.json"), "-P", "ubuntu-latest=-self-hosted",
		"--local-repository", "actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8="+s.actions,
		"--local-repository", "usher-cli/usher@v"+version+"="+s.usherAt, "--action-offline-mode",
		"--env", "GITHUB_API_URL="+s.api+"/github", "-s", "GITHUB_TOKEN=secret",
		// act takes the name of the repository from the remote, and git of a step the files
		"--env", "GIT_CONFIG_COUNT=1", "--env", "GIT_CONFIG_KEY_0=url."+s.repo+".insteadOf",
		"--env", "GIT_CONFIG_VALUE_0=https://github.com/contoso/licences.git")
	cmd.Dir = s.repo
	cmd.Env = append(cmd.Environ(), "HOME="+s.dir)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// lab runs the component for an event. The job that waits for somebody is started by name.
func (s *scratch) lab(event string) (string, error) {
	// One job after the other: here they share a clone, and at GitLab each has its own.
	args := []string{"--force-shell-executor", "--concurrency=1", "--variable", "GITLAB_CI=true",
		"--variable", "CI_API_V4_URL=" + s.api + "/gitlab/api/v4",
		"--variable", "GITLAB_TOKEN=secret", "--variable", "CI_PROJECT_ID=42", "--variable", "CI_MERGE_REQUEST_SOURCE_PROJECT_ID=42",
		"--variable", "CI_MERGE_REQUEST_PROJECT_ID=42",
		"--variable", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME=base", "--variable", "CI_MERGE_REQUEST_DIFF_BASE_SHA=" + s.parent,
		"--variable", "CI_COMMIT_SHA=" + s.commit}
	switch event {
	case "pull_request":
		args = append(args, "--variable", "CI_PIPELINE_SOURCE=merge_request_event", "--variable", "CI_MERGE_REQUEST_IID=12")
	case "push":
		args = append(args, "--variable", "CI_PIPELINE_SOURCE=push", "--needs", "apply")
	default:
		args = append(args, "--variable", "CI_PIPELINE_SOURCE=schedule")
	}
	cmd := exec.Command(*labPath, args...)
	cmd.Dir = s.repo
	cmd.Env = append(cmd.Environ(), "HOME="+s.dir)
	out, err := cmd.CombinedOutput()
	return string(out), err
}
