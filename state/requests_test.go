package state_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"github.com/usher-cli/usher/state"
	"github.com/usher-cli/usher/state/azblob"
	"github.com/usher-cli/usher/state/httpstate"
	"github.com/usher-cli/usher/state/postgres"
	"github.com/usher-cli/usher/test/stateserver"
)

// counted counts what it carries.
type counted struct{ n int }

func (c *counted) Do(req *http.Request) (*http.Response, error) {
	c.n++
	return http.DefaultClient.Do(req)
}

// TestStoresRequests: locking, reading and writing ask a store once each, but
// for what docs/decisions/0019 names: who has a lease is a request of its own,
// and a server that is not strict is read before it is written to.
func TestStoresRequests(t *testing.T) {
	server := httptest.NewServer(stateserver.New(t.TempDir()))
	t.Cleanup(server.Close)
	gitlab := httpstate.Options{
		Address:      server.URL + "/api/v4/projects/1/terraform/state/usher",
		LockAddress:  server.URL + "/api/v4/projects/1/terraform/state/usher/lock",
		LockMethod:   "POST",
		UnlockMethod: "DELETE",
		Strict:       true,
	}
	gitea := gitlab
	gitea.Address, gitea.LockAddress = server.URL+"/api/packages/contoso/terraform/state/usher",
		server.URL+"/api/packages/contoso/terraform/state/usher/lock"
	plain := httpstate.Options{Address: server.URL + "/state"}
	asksAsOften(t, "gitlab", 1, 1, func(c *counted) state.Backend { gitlab.Transport = c; return must(httpstate.New(gitlab))(t) })
	asksAsOften(t, "gitea", 1, 1, func(c *counted) state.Backend { gitea.Transport = c; return must(httpstate.New(gitea))(t) })
	asksAsOften(t, "http", 1, 2, func(c *counted) state.Backend { plain.Transport = c; return must(httpstate.New(plain))(t) })
	if endpoint := os.Getenv("USHER_TEST_AZBLOB"); endpoint != "" {
		o := blobOptions(t, endpoint)
		asksAsOften(t, "azblob", 2, 1, func(c *counted) state.Backend { o.Transport = c; return must(azblob.New(o))(t) })
	}
	if connection := os.Getenv("USHER_TEST_POSTGRES"); connection != "" {
		asksAsOften(t, "postgres", 1, 1, func(c *counted) state.Backend {
			o := postgres.Options{Connection: connection, Schema: "usher", Name: "requests " + t.TempDir(), TTL: postgres.DefaultTTL,
				Trace: func(string) func(error) { c.n++; return func(error) {} }}
			b := must(postgres.New(context.Background(), o))(t)
			t.Cleanup(b.Close)
			if err := b.Prepare(context.Background()); err != nil {
				t.Fatal(err)
			}
			return b
		})
	}
}

// asksAsOften locks, reads and writes a state that is there.
func asksAsOften(t *testing.T, name string, lock, write int, open func(*counted) state.Backend) {
	ctx, c := context.Background(), &counted{}
	b := open(c)
	if _, err := b.Put(ctx, (&state.Document{Lineage: "a", Serial: 1}).Encode(), ""); err != nil {
		t.Fatal(err)
	}
	count := func(what string, want int, do func() error) {
		c.n = 0
		if err := do(); err != nil {
			t.Fatal(err)
		}
		if c.n != want {
			t.Errorf("%s: %s asks %d times, want %d", name, what, c.n, want)
		}
	}
	var hold *state.Hold
	var etag string
	count("locking", lock, func() (err error) { hold, err = b.Lock(ctx, lockInfo(lockOne)); return err })
	count("reading", 1, func() (err error) { _, etag, err = b.Get(ctx); return err })
	count("writing", write, func() (err error) {
		etag, err = b.Put(ctx, (&state.Document{Lineage: "a", Serial: 2}).Encode(), etag)
		return err
	})
	count("writing again", write, func() error {
		_, err := b.Put(ctx, (&state.Document{Lineage: "a", Serial: 3}).Encode(), etag)
		return err
	})
	if err := hold.Release(ctx); err != nil {
		t.Error(err)
	}
}

// TestStoresConflict: Gitea says conflict of a serial that it has had, which is no
// lost lock.
func TestStoresConflict(t *testing.T) {
	ctx, b := context.Background(), giteaPlace(t)(t)
	hold, err := b.Lock(ctx, lockInfo(lockOne))
	if err != nil {
		t.Fatal(err)
	}
	etag, err := b.Put(ctx, (&state.Document{Lineage: "a", Serial: 1}).Encode(), "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Put(ctx, (&state.Document{Lineage: "a", Serial: 1, Tenant: "again"}).Encode(), etag); !errors.Is(err, state.ErrMoved) {
		t.Errorf("a serial that was there gives %v", err)
	}
	if err := hold.Renew(ctx); err != nil {
		t.Errorf("the lock is lost with it: %v", err)
	}
}

// TestStoresAddresses: a strict server's lock is beside its state, whatever the
// address ends with.
func TestStoresAddresses(t *testing.T) {
	for address, want := range map[string]string{
		"/state": "/state/lock", "/state/": "/state/lock", "/state?token=x": "/state/lock?token=x", "/a%2Fb": "/a%2Fb/lock",
	} {
		asked := ""
		server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { asked = r.URL.String() }))
		b := must(httpstate.New(httpstate.Options{Address: server.URL + address, Strict: true}))(t)
		if _, err := b.Lock(context.Background(), lockInfo(lockOne)); err != nil || asked != want {
			t.Errorf("%s is locked at %s: %v", address, asked, err)
		}
		server.Close()
	}
	methods := ""
	server := httptest.NewServer(
		http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { methods += r.Method + " " + r.URL.Path + " " }),
	)
	t.Cleanup(server.Close)
	b := must(httpstate.New(httpstate.Options{Address: server.URL + "/state", LockAddress: server.URL + "/elsewhere", Strict: true}))(t)
	if hold, err := b.Lock(context.Background(), lockInfo(lockOne)); err != nil || hold.Release(context.Background()) != nil ||
		methods != "POST /elsewhere DELETE /elsewhere " {
		t.Errorf("with an address of its own the lock is asked for by %s: %v", methods, err)
	}
	if _, err := httpstate.New(httpstate.Options{Address: "http://127.0.0.1/state", History: "http://127.0.0.1/state"}); err == nil {
		t.Error("the history would be written over the state")
	}
}
