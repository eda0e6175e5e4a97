package plan_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
)

// FuzzDecode: no document panics, also not when it is fitted to a reading,
// and what can be read is written and read back the same.
func FuzzDecode(f *testing.F) {
	ada := ledger.Grant{
		Holder: ledger.Holder{Kind: ledger.User, ID: "a", Name: "ada"},
		Item:   ledger.Item{Kind: ledger.Seat, ID: "s", Name: "S"},
		Value:  ledger.Value{Units: 1},
	}
	in := plan.Input{Want: []ledger.Grant{ada}, Have: ledger.Have{Tenant: "t", Supply: []ledger.Supply{{Item: ada.Item, Owned: 1}}},
		Items: []ledger.ItemRules{{Label: "s", Item: ada.Item, Origin: ledger.Origin{File: "m", Line: 1}}}, At: time.Unix(0, 0).UTC()}
	var b bytes.Buffer
	if err := plan.New(in).Encode(&b); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := plan.Decode(text)
		if err != nil {
			return
		}
		var once, twice bytes.Buffer
		if err := p.Encode(&once); err != nil {
			t.Fatal(err)
		}
		again, err := plan.Decode(once.Bytes())
		if err != nil {
			t.Fatalf("what was read cannot be read again: %v", err)
		}
		if err := again.Encode(&twice); err != nil || !bytes.Equal(once.Bytes(), twice.Bytes()) {
			t.Errorf("%s\nbecame\n%s", once.Bytes(), twice.Bytes())
		}
		p.Renew(plan.Fresh{State: p.State, Have: ledger.Have{Tenant: p.Tenant}})
	})
}
