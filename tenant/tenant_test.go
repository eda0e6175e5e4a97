package tenant_test

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/usher-cli/usher/catalog"
	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/tenant"
)

// Ids of the small tenant.
const (
	ada = "0392f5df-9768-419b-aa0a-46991f222553"
	e3  = "05e9a617-0261-4cee-bb44-138d3ef5d965"
	e5  = "06ebc4ee-1bb5-47dd-8120-11324bc54e06"
	env = "52a57ebf-cbb3-47e0-a58a-5f135db7d291"
)

// open runs the small tenant with faults, and logs its requests.
func open(t *testing.T, faults string) (*tenant.Tenant, *bytes.Buffer) {
	t.Helper()
	return openOf(t, "small", faults)
}

// openOf is open for a tenant of another name.
func openOf(t *testing.T, name, faults string) (*tenant.Tenant, *bytes.Buffer) {
	t.Helper()
	text, err := os.ReadFile("../cmd/usher/testdata/tenants/" + name + ".tenant.json")
	if err != nil {
		t.Fatal(err)
	}
	return openText(t, strings.Replace(string(text), `"users":`, `"faults": [`+faults+`], "users":`, 1))
}

// openText is open for the text of a tenant file.
func openText(t *testing.T, text string) (*tenant.Tenant, *bytes.Buffer) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "small.json")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cat, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	tn, err := tenant.Open(
		tenant.Settings{
			File:    file,
			Version: "0.0.0",
			Catalog: cat,
			Now:     time.Now,
			Log:     &log,
			Retry:   time.Millisecond,
			Timeout: 300 * time.Millisecond,
		},
	)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := tn.Close(); err != nil {
			t.Error(err)
		}
	})
	return tn, &log
}

// move is Ada's call from E3 to E5.
func move() ledger.Call {
	h := ledger.Holder{Kind: ledger.User, ID: ada, Name: "ada@contoso.com"}
	one := &ledger.Value{Units: 1}
	return ledger.Call{ID: 1, Holder: h, Steps: []ledger.Step{
		{Op: ledger.Remove, Holder: h, Item: ledger.Item{Kind: ledger.Seat, ID: e3}, Before: one},
		{Op: ledger.Add, Holder: h, Item: ledger.Item{Kind: ledger.Seat, ID: e5}, After: one},
	}}
}

// located is move of somebody whose usage location is set first.
func located() ledger.Call {
	call := move()
	call.Location = "DE"
	return call
}

// TestOutcomes runs one call against a tenant that misbehaves. The outcome
// must be what the tenant did: Failed only where it certainly did nothing.
func TestOutcomes(t *testing.T) {
	raise := ledger.Call{ID: 1, Holder: ledger.Holder{Kind: ledger.Environment, ID: env, Name: "production"}}
	raise.Steps = []ledger.Step{{Op: ledger.Change, Holder: raise.Holder, Item: ledger.Item{Kind: ledger.Capacity, ID: "PAHostedRPA"},
		Before: &ledger.Value{}, After: &ledger.Value{Units: 1}}}
	cases := []struct {
		name, faults string
		call         ledger.Call
		want         ledger.Outcome
		says         string
	}{
		{"nothing wrong", ``, move(), ledger.Done, ""},
		{"the answer is lost", `{"path":"$batch","loseReply":true,"times":1}`, move(), ledger.Done, ""},
		{"a part is done and answers 504", `{"path":"assignLicense","status":504,"afterWrite":true,"times":1}`, move(), ledger.Done, ""},
		{"a part is throttled", `{"path":"assignLicense","status":429,"retryAfter":"0.01","times":2}`, move(), ledger.Done, ""},
		{
			"the token ends on the way",
			`{"path":"assignLicense","status":401,"code":"InvalidAuthenticationToken","message":"x","times":1}`,
			move(),
			ledger.Done,
			"",
		},
		{
			"somebody else writes at once",
			`{"path":"assignLicense","status":409,"code":"Directory_ConcurrencyViolation","message":"x","times":1}`,
			move(),
			ledger.Done,
			"",
		},
		{
			"refused",
			`{"path":"assignLicense","status":400,"code":"Request_BadRequest","message":"License assignment cannot be done for ` +
				`user with invalid usage location."}`,
			move(),
			ledger.Failed,
			"the account has a usage location, and the service does not see it yet",
		},
		{
			"in doubt, then refused, and not to be read",
			`{"path":"assignLicense","status":504,"times":1},{"path":"$batch","status":401,"skip":1},{"method":"GET","path":"/users/","status":403}`,
			move(),
			ledger.Unknown,
			"",
		},
		{
			"in doubt, then refused, and a reading tells",
			`{"path":"assignLicense","status":504,"afterWrite":true,"times":1},{"path":"$batch","status":401,"skip":1,"times":1}`,
			move(),
			ledger.Done,
			"",
		},
		{"no answer ever comes", `{"path":"$batch","hang":true,"times":1}`, move(), ledger.Done, ""},
		{"the request never arrives", `{"path":"$batch","loseRequest":true,"times":1}`, move(), ledger.Done, ""},
		{"the answer breaks off", `{"path":"$batch","garble":true,"times":1}`, move(), ledger.Done, ""},
		{
			"the allowance is used up for good",
			`{"path":"assignLicense","status":429,"retryAfter":"0.01"}`,
			move(),
			ledger.Failed,
			"run usher again later",
		},
		{
			"made a moment ago",
			`{"path":"assignLicense","status":404,"code":"Request_ResourceNotFound","message":"x","times":2}`,
			move(),
			ledger.Done,
			"",
		},
		{
			"deleted meanwhile",
			`{"path":"assignLicense","status":404,"code":"Request_ResourceNotFound","message":"x"}`,
			move(),
			ledger.Failed,
			"it was deleted, or is too new",
		},
		{"a location meets another write", `{"path":"/users/","method":"PATCH","status":409,"times":2}`, located(), ledger.Done, ""},
		{"a location may not be set", `{"path":"/users/","method":"PATCH","status":403}`, located(), ledger.Failed, "User.ReadWrite.All"},
		{"in doubt for good, and nothing happened", `{"path":"assignLicense","status":503}`, move(), ledger.Unknown, ""},
		{"an allocation's answer is lost", `{"path":"/allocations","method":"PATCH","loseReply":true,"times":1}`, raise, ledger.Done, ""},
		{
			"an allocation is refused",
			`{"path":"/allocations","method":"PATCH","status":403}`,
			raise,
			ledger.Failed,
			"registered as a management application",
		},
		{
			"an allocation in doubt is refused",
			`{"path":"/allocations","method":"PATCH","loseReply":true,"times":1},{"path":"/allocations","method":"PATCH","status":403}`,
			raise,
			ledger.Unknown,
			"",
		},
	}
	for _, c := range cases {
		t.Run(strings.ReplaceAll(c.name, " ", "_"), func(t *testing.T) {
			t.Parallel()
			tn, log := open(t, c.faults)
			got := run(tn, c.call)
			if got.Outcome != c.want || !strings.Contains(got.Message, c.says) {
				t.Errorf("%s: %s, want %s (%s)\n%s", got.Outcome, got.Message, c.want, c.says, log)
			}
			if c.want == ledger.Done {
				effective(t, tn, c.call)
			}
		})
	}
}

// run hands a call in until it has ended.
func run(tn *tenant.Tenant, c ledger.Call) ledger.Result {
	for {
		if res := tn.Run(context.Background(), []ledger.Call{c})[0]; res.Outcome != ledger.Again {
			return res
		}
	}
}

func effective(t *testing.T, tn *tenant.Tenant, c ledger.Call) {
	t.Helper()
	r, err := tn.Read(context.Background(), tenant.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	have := map[ledger.Key]int64{}
	for _, g := range r.Grants {
		have[g.Key()] = g.Units
	}
	for _, s := range c.Steps {
		want := int64(0)
		if s.After != nil {
			want = s.After.Units
		}
		if have[s.Key()] != want {
			t.Errorf("%s has %d units, want %d", s.Holder.Name, have[s.Key()], want)
		}
	}
}

// TestReadingIsComplete reads the small tenant: every source on its own, what
// is in error left out, and one request a kind.
func TestReadingIsComplete(t *testing.T) {
	tn, log := open(t, "")
	r, err := tn.Read(context.Background(), tenant.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Inherited) != 1 || r.Inherited[0].User.Name != "donald@contoso.com" {
		t.Errorf("inherited: %+v", r.Inherited)
	}
	if len(r.Disabled) != 1 || len(r.Unread) != 0 || r.Tenant != "81db8ebb-bbc6-4c6c-aad4-a6aa92b76e0c" {
		t.Errorf("read %+v", r.Have)
	}
	if n := strings.Count(log.String(), "\n"); n != 7 {
		t.Errorf("%d requests:\n%s", n, log)
	}
}

// TestRedirectsAreNotFollowed: what a request carries stays on the host that it
// was meant for.
func TestRedirectsAreNotFollowed(t *testing.T) {
	away := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the request left for another host") }))
	defer away.Close()
	home := httptest.NewServer(http.RedirectHandler(away.URL, http.StatusTemporaryRedirect))
	defer home.Close()
	cat, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	tn, err := tenant.Open(tenant.Settings{Endpoint: home.URL, Version: "0.0.0", Catalog: cat, Now: time.Now, Retry: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	if res := tn.Run(context.Background(), []ledger.Call{move()}); res[0].Outcome == ledger.Done {
		t.Error("a redirect counts as done")
	}
}
