package main

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/usher-cli/usher/test/forgeserver"
)

// forges are the forges of all stories, by address.
var forges sync.Map

// serveForge KIND [NUMBER] starts a forge, and makes the story a job of it: of the pull
// request of a number, or of a push.
func serveForge(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 || len(args) > 2 {
		ts.Fatalf("usage: forge KIND [NUMBER]")
	}
	forge := forgeserver.New("secret", "usher-bot")
	server := httptest.NewServer(forge)
	ts.Defer(func() {
		server.Close()
		if bad := forge.Bad(); len(bad) > 0 {
			ts.Fatalf("requests that no reference describes: %q", bad)
		}
	})
	forge.Merge["c0ffee"] = 12
	number := ""
	if len(args) == 2 {
		number = args[1]
	}
	ref := "refs/heads/main"
	if number != "" {
		ref = "refs/pull/" + number + "/merge"
	}
	vars := map[string][]string{
		"github": {"GITHUB_ACTIONS=true", "GITHUB_API_URL=" + server.URL + "/github", "GITHUB_REPOSITORY=contoso/licences", "GITHUB_TOKEN=secret",
			"GITHUB_SHA=c0ffee", "GITHUB_EVENT_NAME=push", "GITHUB_REF=" + ref, "GITHUB_SERVER_URL=https://github.com", "GITHUB_RUN_ID=5"},
		"gitlab": {"GITLAB_CI=true", "CI_API_V4_URL=" + server.URL + "/gitlab/api/v4", "CI_PROJECT_ID=42", "GITLAB_TOKEN=secret",
			"CI_COMMIT_SHA=c0ffee", "CI_MERGE_REQUEST_IID=" + number},
		"azure": {"TF_BUILD=True", "SYSTEM_COLLECTIONURI=" + server.URL + "/azure/contoso/", "SYSTEM_TEAMPROJECT=seats and more",
			"BUILD_REPOSITORY_ID=4c2b", "SYSTEM_ACCESSTOKEN=secret", "BUILD_SOURCEVERSION=c0ffee", "SYSTEM_PULLREQUEST_PULLREQUESTID=" + number},
	}
	for _, kind := range []string{"GITHUB_ACTIONS", "GITLAB_CI", "TF_BUILD"} {
		ts.Setenv(kind, "")
	}
	for _, v := range vars[args[0]] {
		name, value, _ := strings.Cut(v, "=")
		ts.Setenv(name, value)
	}
	ts.Setenv("FORGE", server.URL)
	forges.Store(server.URL, forge)
}

// listNotes FILE writes the comments and issues of the forge to a file, and their number to
// standard output.
func listNotes(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: notes FILE")
	}
	kept, _ := forges.Load(ts.Getenv("FORGE"))
	notes := kept.(*forgeserver.Server).Notes()
	var b strings.Builder
	for _, n := range notes {
		head, err := json.Marshal(map[string]any{"number": n.Number, "issue": n.Issue, "open": n.Open, "title": n.Title, "status": n.Status})
		ts.Check(err)
		fmt.Fprintf(&b, "== %s\n%s\n", head, n.Body)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(b.String()), 0o600))
	_, err := fmt.Fprintf(ts.Stdout(), "%d notes, %d writes\n", len(notes), kept.(*forgeserver.Server).Writes())
	ts.Check(err)
}

// listPulls FILE writes the pull requests of the forge to a file, and their number to standard output.
func listPulls(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: pulls FILE")
	}
	kept, _ := forges.Load(ts.Getenv("FORGE"))
	pulls := kept.(*forgeserver.Server).Pulls()
	var b strings.Builder
	for _, p := range pulls {
		head, err := json.Marshal(map[string]any{"branch": p.Branch, "into": p.Into, "title": p.Title})
		ts.Check(err)
		fmt.Fprintf(&b, "== %s\n%s\n", head, p.Body)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(b.String()), 0o600))
	_, err := fmt.Fprintf(ts.Stdout(), "%d pull requests\n", len(pulls))
	ts.Check(err)
}
