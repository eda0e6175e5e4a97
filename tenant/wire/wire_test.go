package wire_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/usher-cli/usher/tenant/wire"
)

// TestErrorShapes reads every shape in which the services report errors.
func TestErrorShapes(t *testing.T) {
	for name, c := range map[string]struct{ body, code, message, request string }{
		"graph": {`{"error":{"code":"Request_BadRequest","message":"No.",` +
			`"innerError":{"date":"2025-07-14T16:14:05","request-id":"r1"}}}`, "Request_BadRequest", "No.", "r1"},
		"missing permission": {
			`{"code":"Forbidden","innererror":{"code":"InsufficientDelegatedPermissions",` +
				`"message":"The caller is missing one of: [Licensing.Allocations.Read]"}}`,
			"Forbidden", "The caller is missing one of: [Licensing.Allocations.Read]", "",
		},
		"purchase": {`{"errorCode":"Forbidden","reason":"No."}`, "Forbidden", "No.", ""},
		"nested":   {`{"error":{"code":"X","message":"No.","innererror":{"request-id":"r2"}}}`, "X", "No.", "r2"},
		"gateway": {`{"code":"ForbiddenAccess","message":"Caller is not an authorized ` +
			`app."}`, "ForbiddenAccess", "Caller is not an authorized app.", ""},
		"problem": {`{"type":"t","title":"Storage","status":400,"detail":"Full.","instance":"i"}`, "Storage", "Full.", ""},
		"validation": {`[{"key":"k","code":"InvalidRequest","message":"Error converting ` +
			`value"}]`, "InvalidRequest", "Error converting value", ""},
		"text":    {"Supported API versions are: 2024-10-01\n", "", "Supported API versions are: 2024-10-01", ""},
		"nothing": {"", "", "", ""},
		"long":    {strings.Repeat("x", 10000), "", strings.Repeat("x", 500) + "…", ""},
	} {
		e := wire.ParseError(400, http.Header{}, []byte(c.body))
		if e.Code != c.code || e.Message != c.message || e.RequestID != c.request {
			t.Errorf("%s is read as %+v", name, e)
		}
	}
}

// TestLinksStayHome: a link to another host is not followed, and nothing is
// sent there.
func TestLinksStayHome(t *testing.T) {
	away := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the request left for another host") }))
	defer away.Close()
	home := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("{}")) }))
	defer home.Close()
	c := wire.New(wire.Options{Base: home.URL, Version: "0"})
	if err := c.Get(context.Background(), away.URL+"/v1.0/users", nil); err == nil || !strings.Contains(err.Error(), "another host") {
		t.Errorf("a link to another host gives %v", err)
	}
	if err := c.Get(context.Background(), home.URL+"/v1.0/users", nil); err != nil {
		t.Errorf("a link to the same host gives %v", err)
	}
}

// TestDoubtIsRemembered: a refusal that follows an unanswered try leaves open
// what that try did.
func TestDoubtIsRemembered(t *testing.T) {
	n := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if n++; n == 1 {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		w.WriteHeader(http.StatusForbidden)
	}))
	defer s.Close()
	c := wire.New(wire.Options{Base: s.URL, Version: "0", RetryDelay: time.Millisecond})
	var e *wire.Error
	if err := c.JSON(context.Background(), http.MethodPatch, "/x", struct{}{}, nil); !errors.As(err, &e) || e.Status != http.StatusForbidden ||
		!e.Ambiguous() {
		t.Errorf("a refusal after a doubtful try is %+v", e)
	}
}

// TestLowPriority: readings that nobody waits for say so, and writes do not;
// every request has a name of its own.
func TestLowPriority(t *testing.T) {
	seen := map[string]string{}
	names := map[string]bool{}
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		seen[r.Method] = r.Header.Get("x-ms-throttle-priority")
		names[r.Header.Get("client-request-id")] = true
	}))
	defer s.Close()
	c := wire.New(wire.Options{Base: s.URL, Version: "0", Low: true})
	if err := c.Get(context.Background(), "/x", nil); err != nil {
		t.Fatal(err)
	}
	if err := c.JSON(context.Background(), http.MethodPost, "/x", struct{}{}, nil); err != nil {
		t.Fatal(err)
	}
	if seen["GET"] != "low" || seen["POST"] != "" || len(names) != 2 || names[""] {
		t.Errorf("priorities %v, names %v", seen, names)
	}
}

// once signs in one time, and never again.
type once struct{ used bool }

// GetToken implements azcore.TokenCredential.
func (o *once) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	if o.used {
		return azcore.AccessToken{}, errors.New("the secret has expired")
	}
	o.used = true
	return azcore.AccessToken{Token: "t", ExpiresOn: time.Now().Add(time.Millisecond)}, nil
}

// TestDoubtOutlivesTheToken: where signing in fails after an unanswered try,
// nobody can tell what that try did.
func TestDoubtOutlivesTheToken(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }))
	defer s.Close()
	c := wire.New(wire.Options{Base: s.URL, Version: "0", RetryDelay: 20 * time.Millisecond, Credential: &once{}, Scope: "x"})
	var e *wire.Error
	if err := c.JSON(context.Background(), http.MethodPost, "/x", struct{}{}, nil); !errors.As(err, &e) || !e.Ambiguous() {
		t.Errorf("it is %v", err)
	}
	if err := c.JSON(context.Background(), http.MethodPost, "/x", struct{}{}, nil); !errors.As(err, &e) || e.Ambiguous() {
		t.Errorf("what was never sent is in doubt: %v", err)
	}
}

// TestPaceIsNoPartOfATry: however long the pace holds a write back, it is sent
// once, and in no doubt.
func TestPaceIsNoPartOfATry(t *testing.T) {
	n := 0
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { n++ }))
	defer s.Close()
	pace := wire.NewPace(20, time.Now)
	c := wire.New(wire.Options{Base: s.URL, Version: "0", Pace: pace, Timeout: 50 * time.Millisecond})
	for range 3 {
		pace.Heed(0, 1, http.Header{"Retry-After": {"0.3"}})
	}
	doubt := false
	if err := c.JSON(wire.WithDoubt(context.Background(), &doubt), http.MethodPost, "/x", struct{}{}, nil); err != nil || n != 1 || doubt {
		t.Errorf("%v after %d requests, in doubt: %t", err, n, doubt)
	}
}

// TestGate: a write is not tried again once it may not be made any more, and
// reads are none of the gate's business.
func TestGate(t *testing.T) {
	tries := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		tries++
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	t.Cleanup(s.Close)
	shut := errors.New("the lock was lost")
	c := wire.New(wire.Options{Base: s.URL, Version: "0", RetryDelay: time.Millisecond, Gate: func(context.Context) error {
		if tries > 0 {
			return shut
		}
		return nil
	}})
	if err := c.JSON(context.Background(), http.MethodPatch, "/x", nil, nil); !errors.Is(err, shut) || tries != 1 {
		t.Errorf("%d tries, and %v", tries, err)
	}
	if err := c.Get(context.Background(), "/x", nil); errors.Is(err, shut) || tries < 3 {
		t.Errorf("a read: %d tries, and %v", tries, err)
	}
}

// TestReadingsOfEndedTokens: a reading is asked for again where its token was
// not taken, and a few times only.
func TestReadingsOfEndedTokens(t *testing.T) {
	for refusals, want := range map[int]int{1: 2, 2: 3, 9: 3} {
		asked := 0
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if asked++; asked <= refusals {
				w.WriteHeader(http.StatusUnauthorized)
			}
		}))
		err := wire.New(wire.Options{Base: s.URL, Version: "0"}).Get(context.Background(), "/x", nil)
		if s.Close(); asked != want || (err == nil) != (refusals < want) {
			t.Errorf("refused %d times it asks %d times: %v", refusals, asked, err)
		}
	}
}
