package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"strings"

	"filippo.io/age"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/usher-cli/usher/test/stateserver"
)

// stateserver CONFIG serves states as GitLab does until the story ends, and
// points the configuration at it, where it says SERVER.
func serveStates(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: stateserver CONFIG")
	}
	ts.Check(os.Mkdir(ts.MkAbs("states"), 0o700))
	handler := stateserver.New(ts.MkAbs("states"))
	handler.User, handler.Password = "gitlab-ci-token", "job"
	server := httptest.NewServer(handler)
	ts.Defer(server.Close)
	ts.Setenv("SERVER", server.URL)
	replace(ts, false, []string{"SERVER", server.URL, args[0]})
}

// post FILE ADDRESS posts a file to the server of states, as another client would.
func post(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: post FILE ADDRESS")
	}
	req, err := http.NewRequest(http.MethodPost, args[1], strings.NewReader(ts.ReadFile(args[0])))
	ts.Check(err)
	req.SetBasicAuth("gitlab-ci-token", "job")
	resp, err := http.DefaultClient.Do(req)
	ts.Check(err)
	ts.Check(resp.Body.Close())
	if resp.StatusCode > 299 {
		ts.Fatalf("%s answers %s", args[1], resp.Status)
	}
}

// agekey FILE TEXT CONFIG makes a key and puts its public half into the
// configuration, where it says TEXT.
func makeKey(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: agekey FILE TEXT CONFIG")
	}
	var key *age.X25519Identity
	if text, err := os.ReadFile(ts.MkAbs(args[0])); err == nil {
		key, err = age.ParseX25519Identity(string(text))
		ts.Check(err)
	} else {
		key, err = age.GenerateX25519Identity()
		ts.Check(err)
		ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(key.String()), 0o600))
	}
	replace(ts, false, []string{args[1], key.Recipient().String(), args[2]})
}
