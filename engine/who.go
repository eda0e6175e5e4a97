package engine

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
//
// The link leads from a line of the history to the log of the job and to the pull request,
// where the reason is. Gitea sets the variables of GitHub Actions.
func (w *World) pipeline() pipeline {
	switch {
	case w.Env("GITHUB_ACTIONS") == "true":
		return pipeline{
			w.Env("GITHUB_SERVER_URL") + "/" + w.Env("GITHUB_REPOSITORY") + "/actions/runs/" + w.Env("GITHUB_RUN_ID"),
			w.Env("GITHUB_SHA"),
		}
	case w.Env("TF_BUILD") != "":
		return pipeline{
			w.Env("SYSTEM_COLLECTIONURI") + url.PathEscape(w.Env("SYSTEM_TEAMPROJECT")) + "/_build/results?buildId=" + w.Env("BUILD_BUILDID"),
			w.Env("BUILD_SOURCEVERSION"),
		}
	case w.Env("GITLAB_CI") != "":
		return pipeline{w.Env("CI_JOB_URL"), w.Env("CI_COMMIT_SHA")}
	}
	return pipeline{commit: headCommit(w.Dir)}
}

// Who is the person or the account that runs usher, with the machine.
func (w *World) Who() string {
	name := w.FirstEnv("GITHUB_ACTOR", "BUILD_REQUESTEDFOREMAIL", "GITLAB_USER_LOGIN")
	if name == "" {
		name = w.Env("USER")
		if u, err := user.Current(); err == nil {
			name = u.Username
		}
	}
	host, _ := os.Hostname()
	return name + "@" + host
}

// lockInfo says for others who takes a lock, and for what.
//
// The process id helps on the machine of the holder only, and a run of a pipeline
// everywhere: whoever waits for a lock sees which job to look at.
func (w *World) lockInfo(operation string) state.LockInfo {
	return state.LockInfo{
		ID:        uuid.NewString(),
		Who:       w.Who(),
		PID:       os.Getpid(),
		Since:     w.Now().UTC(),
		Operation: operation,
		Run:       w.pipeline().run,
	}
}

// by is what the history says of whoever does something.
func (w *World) by(operation string) state.By {
	p := w.pipeline()
	return state.By{Who: w.Who(), Operation: operation, Where: p.run, Commit: p.commit, Usher: w.Version}
}
