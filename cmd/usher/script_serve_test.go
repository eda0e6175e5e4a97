package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// serve FILE LOG CONFIG serves a tenant in a process of its own until the
// story ends, and points the configuration at it, where it says ENDPOINT.
func serveTenant(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: serve FILE LOG CONFIG")
	}
	out := startServing(ts, args[0], args[1])
	replace(ts, false, []string{"ENDPOINT", regexp.MustCompile(`http://[0-9.:]+`).FindString(out), args[2]})
}

// microsoft FILE LOG CONFIG... serves a tenant as Microsoft's: over TLS, and as
// a proxy in front of Microsoft's hosts. Each configuration gets the TLS address
// where it says ENDPOINT, and the story the variables PROXY and SSL_CERT_FILE.
func serveMicrosoft(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: microsoft FILE LOG CONFIG...")
	}
	out := startServing(ts, args[0], args[1], "-tls=127.0.0.1:0", "-authority="+ts.MkAbs("authority.pem"))
	await(ts, false, []string{"authority.pem"})
	ts.Setenv("SSL_CERT_FILE", ts.MkAbs("authority.pem"))
	ts.Setenv("PROXY", regexp.MustCompile(`http://[0-9.:]+`).FindString(out))
	ts.Setenv("TLS", regexp.MustCompile(`https://[0-9.:]+`).FindString(out))
	for _, config := range args[2:] {
		replace(ts, false, []string{"ENDPOINT", ts.Getenv("TLS"), config})
	}
}

// startServing starts usher sandbox serve, and returns what it says first: an
// address a line.
func startServing(ts *testscript.TestScript, file, log string, more ...string) string {
	cmd := exec.Command(
		"usher",
		append([]string{"sandbox", "serve", "-file=" + ts.MkAbs(file), "-log=" + ts.MkAbs(log), "-listen=127.0.0.1:0"}, more...)...)
	cmd.Env = []string{"PATH=" + ts.Getenv("PATH"), "HOME=" + ts.Getenv("HOME"), "STORY_WIRE=" + ts.Getenv("STORY_WIRE")}
	cmd.Path, _ = exec.LookPath("usher")
	out, err := cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	ts.Defer(func() { _ = cmd.Process.Signal(os.Interrupt); _ = cmd.Wait() })
	said, lines := "", 1
	if len(more) > 0 {
		lines = 2
	}
	for range lines {
		line := make([]byte, 200)
		n, err := out.Read(line)
		ts.Check(err)
		said += string(line[:n])
		if regexp.MustCompile(`https://`).MatchString(said) {
			break
		}
	}
	return said
}

// azLogin USER PASSWORD makes a program az that is signed in as a person of the served tenant. It
// gives out a token for Microsoft Graph, whatever is asked for.
func azLogin(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: azlogin USER PASSWORD")
	}
	resp, err := http.PostForm(ts.Getenv("PROXY")+"/common/oauth2/v2.0/token", url.Values{"grant_type": {"password"},
		"client_id": {"04b07795-8ddb-461a-bbee-02f9e1bf7b46"}, "username": {args[0]}, "password": {args[1]},
		"scope": {"https://graph.microsoft.com/.default"}})
	ts.Check(err)
	defer resp.Body.Close()
	var token struct {
		Text string `json:"access_token"`
	}
	ts.Check(json.NewDecoder(resp.Body).Decode(&token))
	answer := fmt.Sprintf(`{"accessToken":%q,"expires_on":%d,"tokenType":"Bearer"}`, token.Text, time.Now().Add(time.Hour).Unix())
	ts.Check(os.MkdirAll(ts.MkAbs("bin"), 0o700))
	ts.Check(os.WriteFile(ts.MkAbs("bin/az"), []byte("#!/bin/sh\necho '"+answer+"'\n"), 0o700))
	ts.Setenv("PATH", ts.MkAbs("bin")+string(os.PathListSeparator)+ts.Getenv("PATH"))
}
