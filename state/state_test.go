package state_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/state"
)

func sample() *state.Document {
	d := state.New("tenant")
	d.Serial = 7
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	ada := ledger.Grant{Holder: ledger.Holder{Kind: ledger.User, ID: "id-ada", Name: "ada \"x\"\n@contoso.com"},
		Item: ledger.Item{Kind: ledger.Seat, ID: "sku", Name: "SPE_E5"}, Value: ledger.Value{Units: 1, Without: ledger.Plans{"p"}}}
	env := ledger.Grant{Holder: ledger.Holder{Kind: ledger.Environment, ID: "id-env", Name: "Contoso (default)"},
		Item: ledger.Item{Kind: ledger.Capacity, ID: "AI", Name: "ai_builder"}, Value: ledger.Value{Units: 5}}
	none := ada
	none.Without = ledger.Plans{}
	d.Grants = []state.Record{{Grant: env, Since: "2026-01-01"}, {Grant: ada, Since: "2026-01-02"}}
	d.Claims = &state.Claims{Digest: "sha256:x", At: at, Grants: []ledger.Grant{none}}
	d.Recent = []ledger.Recent{{Grant: ada, At: at, Before: &ledger.Value{Units: 1}}}
	d.Pending = []state.Pending{{Grant: env, Since: at, Why: "waits"}}
	d.Confirmed = []state.Confirmation{{Address: "user/x:Y", At: at}}
	return d
}

func TestDocumentSurvivesWriting(t *testing.T) {
	want := sample()
	got, err := state.Decode(want.Encode())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	want.Grants = []state.Record{} // then the first list of grants is that of the claims
	if got, err = state.Decode(want.Encode()); err != nil || cmp.Diff(want, got) != "" {
		t.Errorf("%v\n%s", err, cmp.Diff(want, got))
	}
}

// TestVersionOneStaysReadable reads a document as the first version wrote it.
func TestVersionOneStaysReadable(t *testing.T) {
	text, err := os.ReadFile("testdata/v1.json")
	if err != nil {
		t.Fatal(err)
	}
	d, err := state.Decode(text)
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Grants) != 2 || d.Claims == nil || len(d.Recent) != 1 || len(d.Pending) != 1 || len(d.Confirmed) != 1 {
		t.Errorf("version 1 is read as %+v", d)
	}
	if !bytes.Equal(d.Encode(), text) {
		t.Errorf("version 1 is written otherwise:\n%s", d.Encode())
	}
}

// FuzzDecode: no document panics, and what can be read is written and read
// back the same.
func FuzzDecode(f *testing.F) {
	f.Add(sample().Encode())
	f.Add([]byte(`{"version":1,"lineage":"a","serial":1,"tenant":"t","grants":[{"address":"user/a:b","holder":"h","item":"i","units":1,"without":null}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		d, err := state.Decode(text)
		if err != nil {
			return
		}
		again, err := state.Decode(d.Encode())
		if err != nil {
			t.Fatalf("what was read cannot be read again: %v\n%s", err, d.Encode())
		}
		if !bytes.Equal(d.Encode(), again.Encode()) {
			t.Errorf("%s\nbecame\n%s", d.Encode(), again.Encode())
		}
	})
}

// TestStores is the suite that every store passes.
func TestStores(t *testing.T) {
	stores := map[string]func(t *testing.T) state.Store{
		"file": func(t *testing.T) state.Store {
			return state.NewFileStore(filepath.Join(t.TempDir(), "usher.state.json"))
		},
	}
	for name, open := range stores {
		t.Run(name+"/begins_empty", func(t *testing.T) { beginsEmpty(t, open(t)) })
		t.Run(name+"/refuses_what_moved", func(t *testing.T) { refusesWhatMoved(t, open(t)) })
		t.Run(name+"/locks_once", func(t *testing.T) { locksOnce(t, open(t)) })
	}
}

func beginsEmpty(t *testing.T, s state.Store) {
	ctx := context.Background()
	d, etag, err := s.Read(ctx)
	if d != nil || etag != "" || err != nil {
		t.Fatalf("an empty store gives %v, %q, %v", d, etag, err)
	}
	d = state.New("tenant")
	etag, err = s.Write(ctx, d, "")
	if err != nil || d.Serial != 1 {
		t.Fatalf("the first write gives serial %d, %v", d.Serial, err)
	}
	got, gotTag, err := s.Read(ctx)
	if err != nil || gotTag != etag || got.Serial != 1 || got.Lineage != d.Lineage {
		t.Fatalf("reading gives %+v, %q, %v", got, gotTag, err)
	}
}

func refusesWhatMoved(t *testing.T, s state.Store) {
	ctx := context.Background()
	first := state.New("tenant")
	etag, err := s.Write(ctx, first, "")
	if err != nil {
		t.Fatal(err)
	}
	second := *first
	if _, err := s.Write(ctx, &second, etag); err != nil {
		t.Fatal(err)
	}
	for _, old := range []string{etag, ""} {
		late := *first
		if _, err := s.Write(ctx, &late, old); !errors.Is(err, state.ErrMoved) || late.Serial != first.Serial {
			t.Errorf("writing over another version gives serial %d, %v", late.Serial, err)
		}
	}
	if d, _, err := s.Read(ctx); err != nil || d.Serial != second.Serial {
		t.Errorf("after refusals the store has %+v, %v", d, err)
	}
}

func locksOnce(t *testing.T, s state.Store) {
	ctx := context.Background()
	info := state.LockInfo{ID: "one", Who: "ada@host", PID: 1, Since: time.Unix(0, 0).UTC(), Operation: "apply"}
	lease, err := s.Lock(ctx, info, 0)
	if err != nil {
		t.Fatal(err)
	}
	var locked *state.LockedError
	if _, err := s.Lock(ctx, state.LockInfo{ID: "two"}, 50*time.Millisecond); !errors.As(err, &locked) || locked.Holder == nil || *locked.Holder != info {
		t.Errorf("a second lock gives %v", err)
	}
	if err := s.ForceUnlock(ctx, "one"); err == nil {
		t.Error("the lock of a living process was taken from it")
	}
	if err := lease.Release(); err != nil {
		t.Fatal(err)
	}
	again, err := s.Lock(ctx, state.LockInfo{ID: "three"}, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Release(); err != nil {
		t.Fatal(err)
	}
}

// TestFileStoreKeepsTheVersionBefore: after a write the backup is the version
// that was replaced, to the byte.
func TestFileStoreKeepsTheVersionBefore(t *testing.T) {
	s := state.NewFileStore(filepath.Join(t.TempDir(), "s.json"))
	d := state.New("tenant")
	etag, err := s.Write(context.Background(), d, "")
	if err != nil {
		t.Fatal(err)
	}
	before := d.Encode()
	if _, err := s.Write(context.Background(), d, etag); err != nil {
		t.Fatal(err)
	}
	if kept, err := os.ReadFile(s.BackupPath()); err != nil || !bytes.Equal(kept, before) {
		t.Errorf("the backup is %s, %v", kept, err)
	}
}
