package forge

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/test/forgeserver"
)

// place is one forge with a server that stands in for it.
type place struct {
	kind   Kind
	server *forgeserver.Server
	client *Client
	paused []time.Duration
}

// jobs are the environments of jobs of each forge.
func jobs(url string) map[Kind]map[string]string {
	actions := map[string]string{"GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "contoso/licences", "GITHUB_REF": "refs/pull/12/merge",
		"GITHUB_SHA": "c0ffee", "GITHUB_EVENT_NAME": "push", "GITHUB_SERVER_URL": "https://github.com", "GITHUB_RUN_ID": "5"}
	with := func(all map[string]string, more ...string) map[string]string {
		env := map[string]string{}
		for k, v := range all {
			env[k] = v
		}
		for i := 0; i < len(more); i += 2 {
			env[more[i]] = more[i+1]
		}
		return env
	}
	return map[Kind]map[string]string{
		GitHub: with(actions, "GITHUB_API_URL", url+"/github", "GITHUB_TOKEN", "secret"),
		Gitea:  with(actions, "GITEA_ACTIONS", "true", "GITHUB_API_URL", url+"/gitea/api/v1", "GITEA_TOKEN", "secret"),
		GitLab: {"GITLAB_CI": "true", "CI_API_V4_URL": url + "/gitlab/api/v4", "CI_PROJECT_ID": "42", "GITLAB_TOKEN": "secret",
			"CI_MERGE_REQUEST_IID": "12", "CI_COMMIT_SHA": "c0ffee", "CI_JOB_URL": "https://gitlab.com/contoso/licences/-/jobs/5"},
		Azure: {"TF_BUILD": "True", "SYSTEM_COLLECTIONURI": url + "/azure/contoso/", "SYSTEM_TEAMPROJECT": "seats and more",
			"BUILD_REPOSITORY_ID": "4c2b", "SYSTEM_PULLREQUEST_PULLREQUESTID": "12", "SYSTEM_ACCESSTOKEN": "secret",
			"BUILD_SOURCEVERSION": "c0ffee", "BUILD_BUILDID": "5"},
	}
}

func noFile(string) ([]byte, error) { return nil, http.ErrMissingFile }

// eachForge runs a test at each forge. The requests are compared with its reference.
func eachForge(t *testing.T, test func(t *testing.T, p *place), more ...string) {
	t.Helper()
	for _, kind := range []Kind{GitHub, Gitea, GitLab, Azure} {
		t.Run(string(kind), func(t *testing.T) {
			me := "usher-bot"
			if kind == GitHub {
				me = "" // which tells a job nothing
			}
			p := &place{kind: kind, server: forgeserver.New("secret", me)}
			s := httptest.NewServer(p.server)
			defer s.Close()
			env := jobs(s.URL)[kind]
			for i := 0; i < len(more); i += 2 {
				env[more[i]] = more[i+1]
			}
			j, err := Detect(func(name string) string { return env[name] }, noFile)
			if err != nil {
				t.Fatal(err)
			}
			wait := func(_ context.Context, d time.Duration) error {
				p.paused = append(p.paused, d)
				return nil
			}
			now := func() time.Time { return at(60) }
			p.client = New(j, Options{Version: "0.1.0", Transport: s.Client(), Now: now, Wait: wait})
			test(t, p)
			if bad := p.server.Bad(); len(bad) > 0 {
				t.Errorf("requests that no reference describes: %q", bad)
			}
		})
	}
}

// at is some minutes past four.
func at(minutes int) time.Time { return time.Date(2026, 11, 30, 4, minutes, 0, 0, time.UTC) }

func page(minutes int, body string) Page {
	return Page{Marker: ledger.Marker{Subject: "usher", Page: "Plan", At: at(minutes), Finding: ledger.Something}, Body: body}
}

// comment posts a page, and wants an end.
func (p *place) comment(t *testing.T, page Page, want Done) {
	t.Helper()
	done, number, err := p.client.Comment(t.Context(), page)
	if err != nil || done != want || number != 12 {
		t.Fatalf("%s on %d: %v, want %s on 12", done, number, err, want)
	}
}

// TestOneCommentOfASubject: it is written once, changed in place, and left as it is where
// nothing is new, or something newer is there.
func TestOneCommentOfASubject(t *testing.T) {
	eachForge(t, func(t *testing.T, p *place) {
		for range 130 { // more than a page
			p.server.Put(forgeserver.Note{Number: 12, Thread: 70, Author: "ada", Body: "please"})
		}
		others := len(p.server.Notes())
		p.comment(t, page(1, "one\n"), Created)
		p.comment(t, page(2, "one\n"), Unchanged)
		if n := p.server.Writes(); n != 1 {
			t.Errorf("%d writes, want 1", n)
		}
		p.comment(t, page(3, "two\n"), Updated)
		p.comment(t, page(2, "one\n"), Outdated)
		other := page(4, "test\n")
		other.Subject = "test"
		p.comment(t, other, Created)
		notes := p.server.Notes()[others:]
		if len(notes) != 2 || !strings.Contains(notes[0].Body, "two") || !strings.Contains(notes[1].Body, "test") {
			t.Errorf("there is %+v", notes)
		}
	})
}

// TestCommentsAnew: what is new stands below, and what was there is folded.
func TestCommentsAnew(t *testing.T) {
	eachForge(t, func(t *testing.T, p *place) {
		anew := func(minutes int, body string) Page {
			page := page(minutes, body)
			page.Anew = true
			return page
		}
		p.comment(t, anew(1, "one\n"), Created)
		p.comment(t, anew(2, "one\n"), Unchanged)
		p.comment(t, anew(3, "two\n"), Created)
		p.comment(t, anew(4, "three\n"), Created)
		notes := p.server.Notes()
		if len(notes) != 3 || !strings.Contains(notes[2].Body, "three") || strings.Contains(notes[2].Body, "<details>") {
			t.Fatalf("there is %+v", notes)
		}
		for i, text := range []string{"one", "two"} {
			if !strings.Contains(notes[i].Body, "<details>") || !strings.Contains(notes[i].Body, text) {
				t.Errorf("the comment %d is %q", i, notes[i].Body)
			}
		}
		p.comment(t, page(5, "four\n"), Updated)
		if notes := p.server.Notes(); len(notes) != 3 || !strings.Contains(notes[2].Body, "four") {
			t.Errorf("there is %+v", notes)
		}
	})
}

// TestCommentsOfOthersStay: a marker alone makes no comment usher's.
func TestCommentsOfOthersStay(t *testing.T) {
	eachForge(t, func(t *testing.T, p *place) {
		forged := page(9999, "All is well.").text()
		p.server.Put(forgeserver.Note{Number: 12, Thread: 71, Author: "mallory", Body: forged})
		p.comment(t, page(1, "one\n"), Created)
		p.comment(t, page(2, "two\n"), Updated)
		if notes := p.server.Notes(); len(notes) != 2 || notes[0].Body != forged {
			t.Errorf("there is %+v", notes)
		}
	})
}

// TestTamperedCommentIsMended: what somebody changed in usher's own comment is written anew.
func TestTamperedCommentIsMended(t *testing.T) {
	eachForge(t, func(t *testing.T, p *place) {
		p.comment(t, page(1, "500 people lose it\n"), Created)
		was := p.server.Notes()[0]
		p.server.Put(forgeserver.Note{Number: 12, Thread: 72, Author: was.Author, Body: strings.Replace(was.Body, "500", "5", 1)})
		p.comment(t, page(2, "500 people lose it\n"), Updated)
		if notes := p.server.Notes(); len(notes) != 1 || !strings.Contains(notes[0].Body, "500") {
			t.Errorf("there is %+v", notes)
		}
	})
}

// TestLostAnswers: a comment whose answer is lost is there once. A forge that is busy says
// when to come back.
func TestLostAnswers(t *testing.T) {
	eachForge(t, func(t *testing.T, p *place) {
		p.server.Fail(forgeserver.Fault{Method: "POST", Path: "/", Status: http.StatusBadGateway, Done: true})
		p.comment(t, page(1, "one\n"), Unchanged)
		p.server.Fail(forgeserver.Fault{Method: "GET", Path: "/", Status: http.StatusTooManyRequests, Retry: "7"})
		p.server.Fail(forgeserver.Fault{Method: "GET", Path: "12", Status: http.StatusServiceUnavailable})
		p.server.Fail(forgeserver.Fault{Method: "GET", Path: "12", Status: http.StatusForbidden, Retry: "9"})
		p.client.job.Author = p.server.Notes()[0].Author // the question for it is not the matter here
		p.comment(t, page(2, "two\n"), Updated)
		if len(p.server.Notes()) != 1 || len(p.paused) < 3 {
			t.Errorf("%d comments, after the pauses %v", len(p.server.Notes()), p.paused)
		}
		for range tries {
			p.server.Fail(forgeserver.Fault{Method: "GET", Path: "12", Status: http.StatusInternalServerError})
		}
		if _, _, err := p.client.Comment(t.Context(), page(3, "three\n")); err == nil || !strings.Contains(err.Error(), "500") {
			t.Errorf("it goes on for ever, or says nothing: %v", err)
		}
	})
}

// TestPullRequestOfACommit: after the merge the job knows the commit alone.
func TestPullRequestOfACommit(t *testing.T) {
	lookup := map[Kind]string{GitHub: "GET", GitLab: "GET", Gitea: "GET", Azure: "POST"}
	eachForge(t, func(t *testing.T, p *place) {
		_, _, err := p.client.Comment(t.Context(), page(1, "one\n"))
		if err == nil || !strings.Contains(err.Error(), "no pull request brought the commit c0ffee") {
			t.Errorf("%v", err)
		}
		p.server.Merge["c0ffee"] = 12
		p.server.Fail(forgeserver.Fault{Method: lookup[p.kind], Path: "c", Status: http.StatusBadGateway}) // the lookup is tried again
		p.comment(t, page(1, "one\n"), Created)
	}, "GITHUB_REF", "refs/heads/main", "CI_MERGE_REQUEST_IID", "", "SYSTEM_PULLREQUEST_PULLREQUESTID", "")
}

// TestRefusals say what is missing, and never show the token.
func TestRefusals(t *testing.T) {
	eachForge(t, func(t *testing.T, p *place) {
		p.client.job.Author = "usher-bot"
		p.server.Fail(forgeserver.Fault{Method: "POST", Path: "12", Status: http.StatusForbidden})
		_, _, err := p.client.Comment(t.Context(), page(1, "one\n"))
		if err == nil || !strings.Contains(err.Error(), "need") || strings.Contains(err.Error(), "secret") {
			t.Errorf("%v", err)
		}
		if p.kind == GitHub {
			_, _, err = p.client.Comment(t.Context(), page(1, strings.Repeat("x", 70_000)))
			if err == nil || !strings.Contains(err.Error(), "422") {
				t.Errorf("%v", err)
			}
		}
	})
}

// TestThreadIsOpenWhereSomebodyMustAct: in Azure Repos an open thread can block the merge.
func TestThreadIsOpenWhereSomebodyMustAct(t *testing.T) {
	eachForge(t, func(t *testing.T, p *place) {
		if p.kind != Azure {
			t.Skip("it has no threads")
		}
		p.comment(t, page(1, "one\n"), Created)
		if s := p.server.Notes()[0].Status; s != "closed" {
			t.Errorf("the thread is %s", s)
		}
		refused := page(2, "two\n")
		refused.Finding = ledger.Forbidden
		p.comment(t, refused, Updated)
		if s := p.server.Notes()[0].Status; s != "active" {
			t.Errorf("the thread is %s", s)
		}
	})
}

// TestTimesToCome: a comment with the time of tomorrow keeps no newer one away.
func TestTimesToCome(t *testing.T) {
	eachForge(t, func(t *testing.T, p *place) {
		p.comment(t, page(65, "a clock that is fast\n"), Created)
		p.comment(t, page(3, "the past\n"), Outdated)
		p.comment(t, page(9999, "tomorrow\n"), Updated)
		p.comment(t, page(61, "today\n"), Updated)
	})
}

// TestDetect: what a job lacks is named.
func TestDetect(t *testing.T) {
	all := jobs("https://forge.example")
	for name, c := range map[string]struct {
		kind Kind
		set  []string
		want string
	}{
		"no job":             {GitHub, []string{"GITHUB_ACTIONS", ""}, "this is no job of"},
		"no token":           {GitHub, []string{"GITHUB_TOKEN", ""}, "hand GITHUB_TOKEN to the job"},
		"no token at Gitea":  {Gitea, []string{"GITEA_TOKEN", ""}, "hand GITEA_TOKEN to the job"},
		"no token at GitLab": {GitLab, []string{"GITLAB_TOKEN", "", "CI_JOB_TOKEN", "x"}, "hand GITLAB_TOKEN to the job"},
		"no token at Azure":  {Azure, []string{"SYSTEM_ACCESSTOKEN", ""}, "hand SYSTEM_ACCESSTOKEN to the job"},
		"no TLS":             {GitLab, []string{"CI_API_V4_URL", "http://gitlab.example/api/v4"}, "for everybody on the way to read"},
		"no address":         {GitLab, []string{"CI_API_V4_URL", ""}, "does not say where the API of gitlab is"},
		"no project":         {Azure, []string{"SYSTEM_TEAMPROJECT", ""}, "does not say which repository"},
	} {
		env := all[c.kind]
		old := map[string]string{}
		for i := 0; i < len(c.set); i += 2 {
			old[c.set[i]] = env[c.set[i]]
			env[c.set[i]] = c.set[i+1]
		}
		if _, err := Detect(func(n string) string { return env[n] }, noFile); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
		for k, v := range old {
			env[k] = v
		}
	}
	env := all[GitHub]
	env["GITHUB_REF"], env["GITHUB_EVENT_PATH"] = "refs/heads/main", "event.json"
	event := func(string) ([]byte, error) { return []byte(`{"pull_request":{"number":9}}`), nil }
	j, err := Detect(func(n string) string { return env[n] }, event)
	if err != nil || j.Number != 9 {
		t.Errorf("the event is about %d: %v", j.Number, err)
	}
}
