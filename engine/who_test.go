package engine

import (
	"strings"
	"testing"
)

// TestPipelines recognises the three kinds of pipeline by what each puts into
// the environment of its jobs.
func TestPipelines(t *testing.T) {
	for name, c := range map[string]struct {
		env              map[string]string
		run, commit, who string
	}{
		"GitHub": {map[string]string{"GITHUB_ACTIONS": "true", "GITHUB_SERVER_URL": "https://github.com",
			"GITHUB_REPOSITORY": "contoso/licenses", "GITHUB_RUN_ID": "7", "GITHUB_SHA": "ab12", "GITHUB_ACTOR": "ada"},
			"https://github.com/contoso/licenses/actions/runs/7", "ab12", "ada@"},
		"Azure DevOps": {map[string]string{"TF_BUILD": "True", "SYSTEM_COLLECTIONURI": "https://dev.azure.com/contoso/",
			"SYSTEM_TEAMPROJECT": "Our licenses", "BUILD_BUILDID": "7", "BUILD_SOURCEVERSION": "ab12", "BUILD_REQUESTEDFOREMAIL": "ada@contoso.com"},
			"https://dev.azure.com/contoso/Our%20licenses/_build/results?buildId=7", "ab12", "ada@contoso.com@"},
		"GitLab": {map[string]string{"GITLAB_CI": "true", "CI_JOB_URL": "https://gitlab.com/contoso/licenses/-/jobs/7",
			"CI_COMMIT_SHA": "ab12", "GITLAB_USER_LOGIN": "ada"}, "https://gitlab.com/contoso/licenses/-/jobs/7", "ab12", "ada@"},
		"a person": {map[string]string{}, "", "", "@"},
	} {
		w := &World{Env: func(k string) string { return c.env[k] }, Dir: t.TempDir()}
		if p := w.pipeline(); p.run != c.run || p.commit != c.commit || !strings.Contains(w.Who(), c.who) {
			t.Errorf("%s: %+v by %s", name, p, w.Who())
		}
	}
}
