package main

import (
	"net/url"
	"os"
	"os/user"

	"github.com/google/uuid"

	"github.com/usher-cli/usher/state"
)

// pipeline is the run of a pipeline that usher is part of, and the commit of the
// configuration. On a person's own machine there is no run.
type pipeline struct{ run, commit string }

// pipeline recognises GitHub Actions, Azure DevOps and GitLab by what each puts
// into the environment.
func (a *app) pipeline() pipeline {
	switch {
	case a.env("GITHUB_ACTIONS") == "true":
		return pipeline{
			a.env("GITHUB_SERVER_URL") + "/" + a.env("GITHUB_REPOSITORY") + "/actions/runs/" + a.env("GITHUB_RUN_ID"),
			a.env("GITHUB_SHA"),
		}
	case a.env("TF_BUILD") != "":
		return pipeline{
			a.env("SYSTEM_COLLECTIONURI") + url.PathEscape(a.env("SYSTEM_TEAMPROJECT")) + "/_build/results?buildId=" + a.env("BUILD_BUILDID"),
			a.env("BUILD_SOURCEVERSION"),
		}
	case a.env("GITLAB_CI") != "":
		return pipeline{a.env("CI_JOB_URL"), a.env("CI_COMMIT_SHA")}
	}
	return pipeline{commit: headCommit(a.chdir)}
}

func (a *app) who() string {
	who := a.firstEnv("GITHUB_ACTOR", "BUILD_REQUESTEDFOREMAIL", "GITLAB_USER_LOGIN")
	if who == "" {
		who = a.env("USER")
		if u, err := user.Current(); err == nil {
			who = u.Username
		}
	}
	host, _ := os.Hostname()
	return who + "@" + host
}

func (a *app) lockInfo(operation string) state.LockInfo {
	return state.LockInfo{
		ID:        uuid.NewString(),
		Who:       a.who(),
		PID:       os.Getpid(),
		Since:     a.now().UTC(),
		Operation: operation,
		Run:       a.pipeline().run,
	}
}

// by is what the history says of whoever does something.
func (a *app) by(operation string) state.By {
	p := a.pipeline()
	return state.By{Who: a.who(), Operation: operation, Where: p.run, Commit: p.commit, Usher: version}
}
