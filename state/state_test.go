package state_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/google/go-cmp/cmp"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/state"
)

func sample() *state.Document {
	d := state.New("tenant")
	d.Serial = 7
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	ada := ledger.Grant{Holder: ledger.Holder{Kind: ledger.User, ID: "id-ada", Name: "ada \"x\"\n@contoso.com"},
		Item: ledger.Item{Kind: ledger.Seat, ID: "sku", Name: "SPE_E5"}, Value: ledger.Value{Units: 1, Without: ledger.ServicePlanIDs{"p"}}}
	env := ledger.Grant{Holder: ledger.Holder{Kind: ledger.Environment, ID: "id-env", Name: "Contoso (default)"},
		Item: ledger.Item{Kind: ledger.Capacity, ID: "AI", Name: "ai_builder"}, Value: ledger.Value{Units: 5}}
	none := ada
	none.Without = ledger.ServicePlanIDs{}
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
	f.Add(
		[]byte(
			`{"version":1,"lineage":"a","serial":1,"tenant":"t","grants":[{"address":"user/a:b","holder":"h","item":"i","units":1,"without":null}]}`,
		),
	)
	f.Add(
		[]byte(
			`{"version":1,"lineage":"a","serial":1,"tenant":"t","grants":[],"confirmed":[{"address":"user/x:Y","at":"2026-03-01T12:00:00+24:00"}]}`,
		),
	)
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

// TestFileStoreKeepsTheVersionBefore: after a write the backup is the version
// that was replaced, to the byte.
func TestFileStoreKeepsTheVersionBefore(t *testing.T) {
	file := state.NewFile(filepath.Join(t.TempDir(), "s.json"))
	s := state.NewStore(file, state.Options{Now: time.Now})
	d := state.New("tenant")
	etag, err := s.Write(context.Background(), d, "")
	if err != nil {
		t.Fatal(err)
	}
	before := d.Encode()
	if _, err := s.Write(context.Background(), d, etag); err != nil {
		t.Fatal(err)
	}
	if kept, err := os.ReadFile(file.BackupPath()); err != nil || !bytes.Equal(kept, before) {
		t.Errorf("the backup is %s, %v", kept, err)
	}
}

// TestDamageEndsNoEncryption: an encrypted state that is cut off is still one that
// nobody writes over in plain.
func TestDamageEndsNoEncryption(t *testing.T) {
	ctx, path := context.Background(), filepath.Join(t.TempDir(), "s.json")
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	seal := must(state.NewSeal([]string{key.Recipient().String()}, key.String()))(t)
	text := must(seal.Encode(state.New("tenant")))(t)
	if err := os.WriteFile(path, text[:len(text)-40], 0o600); err != nil {
		t.Fatal(err)
	}
	s := state.NewStore(state.NewFile(path), state.Options{Now: time.Now, Seal: must(state.NewSeal(nil, key.String()))(t)})
	if _, _, err := s.Read(ctx); !errors.Is(err, state.ErrDamaged) {
		t.Errorf("reading gives %v", err)
	}
	if err := s.MayWrite(); !errors.Is(err, state.ErrPlain) {
		t.Errorf("writing is %v", err)
	}
}
