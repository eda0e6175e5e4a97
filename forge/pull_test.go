package forge

import (
	"strings"
	"testing"

	"github.com/usher-cli/usher/test/forgeserver"
)

// TestPulls: a branch gets one pull request, however often it is asked for, and whatever gets
// lost on the way.
func TestPulls(t *testing.T) {
	eachForge(t, func(t *testing.T, p *place) {
		wanted := Pull{Title: "SPE_E5 for ada", Body: strings.Repeat("a", p.kind.MostDescription()), Branch: "request/ada", Into: "main"}
		for _, path := range []string{"/pulls", "/pullrequests", "/merge_requests"} {
			p.server.Fail(forgeserver.Fault{Method: "POST", Path: path, Status: 502, Done: true})
		}
		p.server.PutPull(forgeserver.Pull{Title: "mine", Body: "x", Branch: "request/ada", Into: "main", Fork: true})
		p.server.PutPull(forgeserver.Pull{Title: "another", Body: "x", Branch: "request/ada", Into: "release"})
		done, first, err := p.client.Open(t.Context(), wanted)
		if err != nil || first.Number == 0 || !strings.HasPrefix(first.URL, "https://forge.example/") {
			t.Fatalf("%s %+v, %v", done, first, err)
		}
		done, again, err := p.client.Open(t.Context(), wanted)
		if err != nil || done != Unchanged || again != first {
			t.Errorf("again: %s %+v, %v; want %+v", done, again, err, first)
		}
		other := wanted
		other.Branch = "request/ben"
		if done, second, err := p.client.Open(t.Context(), other); err != nil || done != Created || second.Number == first.Number {
			t.Errorf("another: %s %+v, %v", done, second, err)
		}
		all := p.server.Pulls()[2:] // behind those of others
		made := Pull{Title: all[0].Title, Body: all[0].Body, Branch: all[0].Branch, Into: all[0].Into}
		if len(all) != 2 || made != wanted {
			t.Errorf("there is %+v", all)
		}
	})
}

// TestPullWithoutBranch: a job that is about no branch does not say into what to merge.
func TestPullWithoutBranch(t *testing.T) {
	eachForge(t, func(t *testing.T, p *place) {
		if _, _, err := p.client.Open(t.Context(), Pull{Title: "x", Body: "y", Branch: "z"}); err == nil || len(p.server.Pulls()) > 0 {
			t.Errorf("error %v, and %+v", err, p.server.Pulls())
		}
	})
	eachForge(t, func(t *testing.T, p *place) {
		if _, _, err := p.client.Open(t.Context(), Pull{Title: "x", Body: "y", Branch: "z"}); err != nil || p.server.Pulls()[0].Into != "trunk" {
			t.Errorf("error %v, and %+v", err, p.server.Pulls())
		}
	}, "GITHUB_REF", "refs/heads/trunk", "CI_COMMIT_BRANCH", "trunk", "BUILD_SOURCEBRANCH", "refs/heads/trunk")
}
