package state_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/sas"
	"github.com/jackc/pgx/v5"

	"github.com/usher-cli/usher/state"
	"github.com/usher-cli/usher/state/azblob"
	"github.com/usher-cli/usher/state/httpstate"
	"github.com/usher-cli/usher/state/postgres"
	"github.com/usher-cli/usher/test/stateserver"
)

// TestAskingWhoseTheLockIs takes the lock for a moment: a run that begins then is
// not refused.
func TestAskingWhoseTheLockIs(t *testing.T) {
	served, asked := stateserver.New(t.TempDir()), make(chan bool)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == "UNLOCK" {
			select {
			case asked <- true: // and is held until the run has asked for it
				time.Sleep(150 * time.Millisecond)
			default:
			}
		}
		served.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	open := func() *state.Store {
		return state.NewStore(must(httpstate.New(httpstate.Options{Address: server.URL + "/state"}))(t), state.Options{Now: time.Now})
	}
	told := make(chan error, 1)
	go func() {
		_, err := open().LockedBy(context.Background())
		told <- err
	}()
	<-asked
	lease, err := open().Lock(context.Background(), lockInfo(lockOne), 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := <-told; err != nil {
		t.Error(err)
	}
	if err := lease.Release(); err != nil {
		t.Error(err)
	}
}

// TestStoresProbe: an identity that may write the states and not their history is
// found out before a run.
func TestStoresProbe(t *testing.T) {
	if os.Getenv("USHER_TEST_SERVICES") == "" {
		t.Skip("it takes a blob service and a database")
	}
	t.Run("postgres", func(t *testing.T) { probesRole(t, os.Getenv("USHER_TEST_POSTGRES")) })
	t.Run("azblob", func(t *testing.T) { probesSignature(t, os.Getenv("USHER_TEST_AZBLOB")) })
}

func probesRole(t *testing.T, connection string) {
	ctx := context.Background()
	postgresPlace(connection)(t)
	owner := must(pgx.Connect(ctx, connection))(t)
	t.Cleanup(func() { _ = owner.Close(ctx) })
	for _, statement := range []string{"DROP OWNED BY usher_half", "DROP ROLE usher_half"} {
		_, _ = owner.Exec(ctx, statement) // of an earlier test
	}
	for _, statement := range []string{
		"CREATE ROLE usher_half LOGIN",
		"GRANT USAGE ON SCHEMA usher TO usher_half",
		"GRANT SELECT ON ALL TABLES IN SCHEMA usher TO usher_half",
		"GRANT INSERT, UPDATE ON usher.states TO usher_half",
	} {
		if _, err := owner.Exec(ctx, statement); err != nil {
			t.Fatal(err)
		}
	}
	options := postgres.Options{Schema: "usher", Name: "half", TTL: time.Second}
	options.Connection = strings.Replace(connection, "user=postgres", "user=usher_half", 1)
	half := must(postgres.New(ctx, options))(t)
	t.Cleanup(half.Close)
	if err := half.Probe(ctx); err == nil || !strings.Contains(err.Error(), "history") {
		t.Errorf("what is in the way is %v", err)
	}
	if _, err := owner.Exec(ctx, "GRANT INSERT ON usher.history TO usher_half"); err != nil {
		t.Fatal(err)
	}
	if err := half.Probe(ctx); err != nil {
		t.Errorf("nothing is in the way, and it says %v", err)
	}
}

// probesSignature: a signature for the state alone, and one that allows the lock
// and nothing else.
func probesSignature(t *testing.T, endpoint string) {
	ctx, o := context.Background(), blobOptions(t, endpoint)
	whole := must(azblob.New(o))(t)
	if _, err := whole.Put(ctx, []byte("{}"), ""); err != nil {
		t.Fatal(err)
	}
	for range 2 { // without a history and with one
		if err := whole.Probe(ctx); err != nil {
			t.Errorf("nothing is in the way, and it says %v", err)
		}
		if _, mark, err := whole.Log(ctx, state.Mark{}); err != nil {
			t.Fatal(err)
		} else if _, err := whole.Append(ctx, mark, [][]byte{[]byte("line")}); err != nil {
			t.Fatal(err)
		}
	}
	if lines, _, err := whole.Log(ctx, state.Mark{}); err != nil || len(lines) != 2 {
		t.Errorf("after looking the history has %d lines, %v", len(lines), err)
	}
	for name, permissions := range map[string]sas.ContainerPermissions{"only reads": {Read: true}, "locks": {Read: true, Delete: true}} {
		half := o
		half.SAS = signed(t, o.Container, permissions)
		if err := must(azblob.New(half))(t).Probe(ctx); err == nil || !strings.Contains(err.Error(), "add, create and write") {
			t.Errorf("what is in the way of a signature that %s is %v", name, err)
		}
	}
}

// TestStoresForgetTheHolder: who had a lock is in a storage account's metadata
// while it is held, and not after.
func TestStoresForgetTheHolder(t *testing.T) {
	endpoint := os.Getenv("USHER_TEST_AZBLOB")
	if endpoint == "" {
		t.Skip("it takes a blob service")
	}
	ctx, o := context.Background(), blobOptions(t, endpoint)
	b := must(azblob.New(o))(t)
	client := must(blob.NewClientWithNoCredential(b.String()+"?"+o.SAS, nil))(t)
	hold, err := b.Lock(ctx, lockInfo(lockOne))
	if err != nil {
		t.Fatal(err)
	}
	if p := must(client.GetProperties(ctx, nil))(t); len(p.Metadata) != 1 {
		t.Errorf("while it is locked the blob has %v", p.Metadata)
	}
	if h := must(b.LockedBy(ctx))(t); h == nil || h.Until.Before(time.Now().Add(30*time.Second)) ||
		h.Until.After(time.Now().Add(90*time.Second)) {
		t.Errorf("the holder is %v", h)
	}
	if err := hold.Release(ctx); err != nil {
		t.Fatal(err)
	}
	if p := must(client.GetProperties(ctx, nil))(t); len(p.Metadata) != 0 {
		t.Errorf("after the lock the blob has %v", p.Metadata)
	}
}
