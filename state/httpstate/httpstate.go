// Package httpstate keeps a state behind Terraform's http protocol, as GitLab,
// Gitea and others speak it.
//
// Reading is a GET, writing a POST (or PUT) with the lock's id, and locking a
// LOCK or whatever the server wants. The protocol has no etags and no expiry: a
// version is known by its bytes, a write without a lock is checked by reading
// first, and a lock lasts until it is given back. A password never reaches an error.
package httpstate

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/state"
)

// Options say where a state is.
type Options struct {
	Address       string
	UpdateMethod  string // default POST
	LockAddress   string // default Address, and of a strict server /lock behind it
	LockMethod    string // default LOCK, and of a strict server POST
	UnlockAddress string // default LockAddress
	UnlockMethod  string // default UNLOCK, and of a strict server DELETE
	History       string // address of the history; default Address with "-history" behind its path
	HistoryPart   int    // bytes of it after which it goes on in another document; default 1 MiB
	Username      string
	Password      string
	// Strict says that the server refuses the write of whoever does not have the
	// lock, or else a serial that it has had, as GitLab and Gitea do: then nothing
	// is read before a write under the lock. New knows their addresses.
	Strict    bool
	Version   string        // of usher, for the user agent
	TTL       time.Duration // see DefaultTTL
	Transport policy.Transporter
}

// Backend is one state behind a server.
type Backend struct {
	o        Options
	pipeline runtime.Pipeline

	mu      sync.Mutex
	held    state.LockInfo // the lock that this process has; without an id for none
	seen    string         // "=" and the etag of what was read or written while it was held
	retaken bool           // the lock was free, and what was seen is to be compared
}

var _ state.Backend = (*Backend)(nil)

// isStrict knows the addresses at which GitLab and Gitea keep states.
func isStrict(address string) bool {
	return strings.Contains(address, "/terraform/state/") &&
		(strings.Contains(address, "/api/v4/projects/") || strings.Contains(address, "/api/packages/"))
}

// New makes a backend. Nothing is asked of the server yet.
func New(o Options) (*Backend, error) {
	if o.Strict = o.Strict || isStrict(o.Address); o.Strict {
		o.LockAddress = cmp.Or(o.LockAddress, withSuffix(o.Address, "/lock"))
		o.LockMethod, o.UnlockMethod = cmp.Or(o.LockMethod, http.MethodPost), cmp.Or(o.UnlockMethod, http.MethodDelete)
	}
	o.UpdateMethod = cmp.Or(o.UpdateMethod, http.MethodPost)
	o.LockMethod, o.UnlockMethod = cmp.Or(o.LockMethod, "LOCK"), cmp.Or(o.UnlockMethod, "UNLOCK")
	o.LockAddress = cmp.Or(o.LockAddress, o.Address)
	o.UnlockAddress = cmp.Or(o.UnlockAddress, o.LockAddress)
	o.HistoryPart = cmp.Or(o.HistoryPart, largestPart)
	if o.History = cmp.Or(o.History, withSuffix(o.Address, "-history")); o.History == o.Address {
		return nil, errors.New("history_address is the address of the state: the history is kept beside it")
	}
	for _, text := range []string{o.Address, o.LockAddress, o.UnlockAddress, o.History} {
		u, err := url.Parse(text)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil {
			return nil, errors.New("an address of the http backend is not an http or https URL without a user and a password in it")
		}
		if o.Password != "" && u.Scheme == "http" && !ledger.OnThisMachine(u.Hostname()) {
			return nil, fmt.Errorf("http://%s would carry the password for everybody on the way to read: use https", u.Host)
		}
	}
	p := runtime.NewPipeline("usher", o.Version, runtime.PipelineOptions{}, &policy.ClientOptions{
		Transport: o.Transport, Telemetry: policy.TelemetryOptions{ApplicationID: "usher"},
		Retry: policy.RetryOptions{MaxRetries: 4, RetryDelay: 300 * time.Millisecond, MaxRetryDelay: 10 * time.Second, TryTimeout: time.Minute},
	})
	return &Backend{o: o, pipeline: p}, nil
}

// String implements state.Backend.
func (b *Backend) String() string {
	u, err := url.Parse(b.o.Address)
	if err != nil {
		return "http"
	}
	u.RawQuery = "" // it can hold a token
	return u.String()
}

// ask sends one request, and tries again only where that cannot write twice.
func (b *Backend) ask(ctx context.Context, method, address string, body []byte, once bool) (int, []byte, error) {
	if once {
		ctx = policy.WithRetryOptions(ctx, policy.RetryOptions{MaxRetries: -1, TryTimeout: time.Minute})
	}
	req, err := runtime.NewRequest(ctx, method, address)
	if err != nil {
		return 0, nil, errors.New("an address of the http backend is not a URL")
	}
	if b.o.Username != "" || b.o.Password != "" {
		req.Raw().SetBasicAuth(b.o.Username, b.o.Password)
	}
	if body != nil {
		if err := req.SetBody(streaming.NopCloser(bytes.NewReader(body)), "application/json"); err != nil {
			return 0, nil, err
		}
	}
	resp, err := b.pipeline.Do(req)
	if err != nil {
		return 0, nil, failure(method, err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, nil, failure(method, err)
	}
	return resp.StatusCode, text, nil
}

// failure leaves the query out of what is said.
func failure(method string, err error) error {
	var address *url.Error
	if errors.As(err, &address) {
		err = address.Err
	}
	return fmt.Errorf("%s: %w", method, err)
}

// refused is what a server answers that does not do what it was asked.
type refused struct {
	method, way string
	status      int
}

// Error implements error.
func (r *refused) Error() string {
	return fmt.Sprintf("%s: the server answers %d %s: %s", r.method, r.status, http.StatusText(r.status), r.way)
}

// refusal says what a status means and what to do.
func refusal(method string, status int) error {
	way := "see the server's log"
	switch status {
	case http.StatusUnauthorized:
		way = "set TF_HTTP_USERNAME and TF_HTTP_PASSWORD, or username and USHER_BACKEND_PASSWORD, to an account of the " +
			"server; in GitLab the job token's user is gitlab-ci-token"
	case http.StatusForbidden:
		way = "this account may not: in GitLab reading takes the Developer role, and writing and locking the Maintainer role; " +
			"in Gitea a token takes read:package, and write:package"
	case http.StatusNotFound:
		way = "is the address right?"
	case http.StatusMethodNotAllowed, http.StatusNotImplemented:
		way = "the server does not offer this method: set lock_method, unlock_method and update_method (GitLab and Gitea: POST, DELETE, POST)"
	case http.StatusUnprocessableEntity:
		way = "the server does not take this: is its address that of a state? GitLab takes a serial once: after a return to " +
			"an earlier version, remove the later ones there"
	case http.StatusBadRequest:
		way = "the server does not take this; is its address that of a state?"
	case http.StatusRequestEntityTooLarge:
		way = "the state is larger than the server allows"
	}
	return &refused{method, way, status}
}

// Get implements state.Backend.
func (b *Backend) Get(ctx context.Context) ([]byte, string, error) {
	text, err := b.get(ctx, b.o.Address)
	if err != nil {
		return nil, "", err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.held.ID != "" {
		b.seen = seenAs(text)
	}
	return text, seenAs(text)[1:], nil
}

// seenAs marks a version as seen: "=" and its etag.
func seenAs(text []byte) string {
	if text == nil {
		return "="
	}
	return "=" + state.EtagOf(text)
}

func (b *Backend) get(ctx context.Context, address string) ([]byte, error) {
	status, text, err := b.ask(ctx, http.MethodGet, address, nil, false)
	switch {
	case err != nil:
		return nil, err
	case status == http.StatusNotFound, status == http.StatusNoContent, status == http.StatusOK && len(bytes.TrimSpace(text)) == 0:
		return nil, nil
	case status != http.StatusOK:
		return nil, refusal(http.MethodGet, status)
	}
	return text, nil
}

// Put implements state.Backend. The protocol has no condition for a write, and
// not every server looks at the lock's id: so what is there is read first, unless
// the server is strict and the lock was never anybody else's.
func (b *Backend) Put(ctx context.Context, text []byte, etag string) (string, error) {
	b.mu.Lock()
	held, seen := b.held, b.seen
	strict := b.o.Strict && held.ID != "" && seen != "" && !b.retaken
	b.mu.Unlock()
	if !strict { // and what was seen stays what a run knows
		now, err := b.get(ctx, b.o.Address)
		if err != nil {
			return "", err
		}
		seen = seenAs(now)
	}
	if seen != "="+etag {
		return "", state.ErrMoved
	}
	status, err := b.post(ctx, b.o.Address, text, held.ID)
	if b.o.Strict && held.ID != "" && (status >= 500 || status == http.StatusConflict) {
		err = b.doubted(ctx, held, status, err)
	}
	if err != nil {
		return "", err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.held.ID != "" {
		b.seen = seenAs(text)
	}
	return state.EtagOf(text), nil
}

// doubted asks for the lock what a strict server's refusal means: GitLab only says
// that it broke where the lock is another one's, and Gitea has a conflict for a
// serial that it has had.
func (b *Backend) doubted(ctx context.Context, held state.LockInfo, status int, refusal error) error {
	switch err := b.renew(ctx, held); {
	case errors.Is(err, state.ErrLost):
		return state.ErrLost
	case err == nil && status == http.StatusConflict:
		return state.ErrMoved
	}
	return refusal
}

// post writes once, and returns what the server answered. One that says that
// the lock is another one's has not written.
func (b *Backend) post(ctx context.Context, address string, text []byte, id string) (status int, err error) {
	if id != "" {
		address = withID(address, id)
	}
	status, _, err = b.ask(ctx, b.o.UpdateMethod, address, text, true)
	switch {
	case err != nil:
		return status, err
	case status == http.StatusLocked || status == http.StatusConflict:
		return status, state.ErrLost
	case status < 200 || status > 299:
		return status, refusal(b.o.UpdateMethod, status)
	}
	return status, nil
}
