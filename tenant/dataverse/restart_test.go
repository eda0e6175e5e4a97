package dataverse

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/tenant/wire"
)

// organisation answers for one flow: what it says to being turned on, and what it
// shows after that.
type organisation struct {
	turnOn, read int // statuses
	state        string
	turned       bool // on again
}

// Do implements policy.Transporter.
func (o *organisation) Do(req *http.Request) (*http.Response, error) {
	status, body := http.StatusOK, `{"value":[]}`
	switch {
	case req.Method == http.MethodPatch:
		text, err := io.ReadAll(req.Body)
		if err != nil {
			return nil, err
		}
		if status, body = http.StatusNoContent, ""; bytes.Contains(text, []byte(`1`)) {
			status, o.turned = o.turnOn, true
		}
	case strings.Contains(req.URL.Path, "workflows") && o.turned:
		status, body = o.read, `{"value":[{"statecode":`+o.state+`}]}`
	case strings.Contains(req.URL.Path, "workflows"):
		body = `{"value":[{"statecode":1,"clientdata":""}]}`
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: req}, nil
}

// TestRestartSaysWhatIsKnown: a flow is said to be off only where the service shows that.
func TestRestartSaysWhatIsKnown(t *testing.T) {
	const ok, refuses, fails = http.StatusNoContent, http.StatusBadRequest, http.StatusNotImplemented
	for name, c := range map[string]struct {
		turnOn, read int
		state        string
		want         ledger.Outcome
		says         string
	}{
		"comes back":              {ok, http.StatusOK, "1", ledger.Done, ""},
		"unclear, and shown on":   {fails, http.StatusOK, "1", ledger.Done, ""},
		"refused":                 {refuses, http.StatusOK, "0", ledger.Failed, "IT IS OFF"},
		"refused, and shown on":   {refuses, http.StatusOK, "1", ledger.Done, ""},
		"refused, and not shown":  {refuses, fails, "0", ledger.Unknown, "could not see whether it is on"},
		"accepted, and shown off": {ok, http.StatusOK, "0", ledger.Unknown, "IT IS OFF"},
		"accepted, and not shown": {ok, fails, "0", ledger.Unknown, "could not see whether it is on"},
		"unclear, and not shown":  {fails, fails, "0", ledger.Unknown, "could not see whether it is on"},
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			w := wire.New(wire.Options{Base: "https://contoso.example", Version: "0", RetryDelay: time.Millisecond, Now: time.Now,
				Transport: &organisation{turnOn: c.turnOn, read: c.read, state: c.state}})
			env := ledger.Holder{Kind: ledger.Environment, ID: "e", Name: "E"}
			client := New(w, env, func(string) ledger.Item { return ledger.Item{} })
			client.pause = time.Millisecond
			flow := ledger.Within(env, ledger.Flow, "x", "x")
			got := client.Restart(context.Background(), ledger.Call{Holder: flow, Steps: []ledger.Step{{Op: ledger.Restart, Holder: flow}}})
			if got.Outcome != c.want || !strings.Contains(got.Message, c.says) || c.want == ledger.Done && got.Message != "" {
				t.Errorf("it is %s: %s", got.Outcome, got.Message)
			}
			if c.says != "IT IS OFF" && strings.Contains(got.Message, "IT IS OFF") {
				t.Errorf("it is said to be off: %s", got.Message)
			}
		})
	}
}
