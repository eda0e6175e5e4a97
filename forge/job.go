package forge

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/usher-cli/usher/ledger"
)

// Kind is a kind of forge.
type Kind string

// The forges.
const (
	GitHub Kind = "github"
	GitLab Kind = "gitlab"
	Azure  Kind = "azure"
	Gitea  Kind = "gitea"
)

// Job is what a pipeline says of itself.
type Job struct {
	Kind       Kind
	API        string // address, without a slash at its end
	Repository string // as the API names it
	Project    string // of Azure DevOps
	Token      string
	Basic      bool // the token is a password, of Azure DevOps
	Number     int  // of the pull request; 0 where the job is about none
	Commit     string
	Branch     string // that the job runs on; "" for none
	URL        string // where people see the job; "" where nobody knows
	Author     string // the account of the token; "" to ask the forge
}

// Limit is how many bytes a comment may have. Sources: the API references of GitHub
// (65,536 characters, of which some count more than once), GitLab (1,000,000) and Azure
// DevOps (150,000), each with some room. Gitea has no limit that is written down.
func (k Kind) Limit() int {
	return map[Kind]int{GitHub: 60_000, GitLab: 900_000, Azure: 140_000, Gitea: 60_000}[k]
}

// ErrNoForge means that the environment is not that of a job of any forge.
var ErrNoForge = errors.New("this is no job of GitHub, GitLab, Azure DevOps or Gitea: their variables are not set")

// Detect reads the environment of a job. ReadFile reads the event of a job of GitHub.
//
// Gitea sets the variables of GitHub as well, so it comes first.
func Detect(env func(string) string, readFile func(string) ([]byte, error)) (Job, error) {
	switch {
	case env("GITEA_ACTIONS") == "true", env("FORGEJO_ACTIONS") == "true":
		j := fromActions(env, readFile)
		j.Kind, j.Token = Gitea, first(env, "GITEA_TOKEN", "FORGEJO_TOKEN", "GITHUB_TOKEN")
		return j.check("GITEA_TOKEN")
	case env("GITHUB_ACTIONS") == "true":
		j := fromActions(env, readFile)
		j.Kind, j.Token = GitHub, first(env, "GITHUB_TOKEN", "GH_TOKEN")
		return j.check("GITHUB_TOKEN")
	case env("GITLAB_CI") == "true":
		number, _ := strconv.Atoi(env("CI_MERGE_REQUEST_IID"))
		return Job{Kind: GitLab, API: env("CI_API_V4_URL"), Repository: env("CI_PROJECT_ID"), Token: env("GITLAB_TOKEN"), Number: number,
			Commit: env("CI_COMMIT_SHA"), Branch: env("CI_COMMIT_BRANCH"), URL: env("CI_JOB_URL")}.check("GITLAB_TOKEN")
	case strings.EqualFold(env("TF_BUILD"), "true"):
		return fromAzure(env).check("SYSTEM_ACCESSTOKEN")
	}
	return Job{}, ErrNoForge
}

// pullRef is the ref of a pull request at GitHub and Gitea.
var pullRef = regexp.MustCompile(`^refs/pull/([1-9][0-9]*)/`)

// fromActions reads what GitHub and Gitea set.
func fromActions(env func(string) string, readFile func(string) ([]byte, error)) Job {
	j := Job{API: env("GITHUB_API_URL"), Repository: env("GITHUB_REPOSITORY")}
	if env("GITHUB_EVENT_NAME") == "push" { // other events carry a commit that another pull request brought
		j.Commit = env("GITHUB_SHA")
	}
	if run := env("GITHUB_RUN_ID"); run != "" && env("GITHUB_SERVER_URL") != "" {
		j.URL = fmt.Sprintf("%s/%s/actions/runs/%s", env("GITHUB_SERVER_URL"), j.Repository, run)
	}
	if branch, is := strings.CutPrefix(env("GITHUB_REF"), "refs/heads/"); is {
		j.Branch = branch
	}
	if m := pullRef.FindStringSubmatch(env("GITHUB_REF")); m != nil {
		j.Number, _ = strconv.Atoi(m[1])
		return j
	}
	text, err := readFile(env("GITHUB_EVENT_PATH"))
	if err != nil { // an event without a file is about no pull request
		return j
	}
	var event struct {
		PullRequest struct {
			Number int `json:"number"`
		} `json:"pull_request"`
	}
	if json.Unmarshal(text, &event) == nil {
		j.Number = event.PullRequest.Number
	}
	return j
}

// fromAzure reads what Azure Pipelines set.
func fromAzure(env func(string) string) Job {
	j := Job{Kind: Azure, API: strings.TrimSuffix(env("SYSTEM_COLLECTIONURI"), "/"), Repository: env("BUILD_REPOSITORY_ID"),
		Project: env("SYSTEM_TEAMPROJECT"), Token: env("SYSTEM_ACCESSTOKEN"), Commit: env("BUILD_SOURCEVERSION")}
	if j.Token == "" {
		j.Token, j.Basic = env("AZURE_DEVOPS_EXT_PAT"), true
	}
	j.Number, _ = strconv.Atoi(env("SYSTEM_PULLREQUEST_PULLREQUESTID"))
	if branch, is := strings.CutPrefix(env("BUILD_SOURCEBRANCH"), "refs/heads/"); is {
		j.Branch = branch
	}
	if id := env("BUILD_BUILDID"); id != "" {
		j.URL = fmt.Sprintf("%s/%s/_build/results?buildId=%s", j.API, url.PathEscape(j.Project), url.QueryEscape(id))
	}
	return j
}

// first is the first of some variables that has a value.
func first(env func(string) string, names ...string) string {
	for _, n := range names {
		if v := env(n); v != "" {
			return v
		}
	}
	return ""
}

// check refuses a job that lacks something. The token goes to the address that the forge
// itself set, and not where others on the way can read it.
func (j Job) check(token string) (Job, error) {
	j.API = strings.TrimSuffix(j.API, "/")
	u, err := url.Parse(j.API)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return j, fmt.Errorf("the job does not say where the API of %s is", j.Kind)
	case u.Scheme == "http" && !ledger.OnThisMachine(u.Hostname()):
		return j, fmt.Errorf("http://%s would carry the token for everybody on the way to read: use https", u.Host)
	case j.Repository == "" || j.Kind == Azure && j.Project == "":
		return j, fmt.Errorf("the job does not say which repository of %s it is about", j.Kind)
	case j.Token == "":
		return j, fmt.Errorf("there is no token for the forge: hand %s to the job", token)
	}
	return j, nil
}
