package tenant_test

import (
	"context"
	"testing"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/tenant"
)

// scratch is somebody whose licenses a conformance run may change, and a
// product that costs nothing.
type scratch struct{ person, sku string }

// conformance is what usher relies on of a tenant, whichever it is: the
// simulated one always, and a real one behind the build tag "live".
func conformance(t *testing.T, tn *tenant.Tenant, s scratch) {
	t.Run("reading", func(t *testing.T) { readsWhole(t, tn) })
	if s.person == "" {
		t.Log("read only: no scratch person is named")
		return
	}
	t.Run("scratch", func(t *testing.T) { givesAndTakes(t, tn, s) })
}

// readsWhole: everything is read, each id in small letters and each person
// once.
func readsWhole(t *testing.T, tn *tenant.Tenant) *tenant.Reading {
	r, err := tn.Read(context.Background(), tenant.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Supply) == 0 || r.Tenant == "" {
		t.Errorf("the tenant %q has %d products", r.Tenant, len(r.Supply))
	}
	for _, u := range r.Unread {
		t.Errorf("unread: %s: %s", u.Address(), u.Reason)
	}
	seen := map[ledger.Key]bool{}
	for _, g := range r.Grants {
		if seen[g.Key()] {
			t.Errorf("%s is read twice", g.Address())
		}
		seen[g.Key()] = true
		for _, c := range g.Holder.ID {
			if c >= 'A' && c <= 'Z' && g.Holder.Kind == ledger.User {
				t.Fatalf("the id %s is not in small letters", g.Holder.ID)
			}
		}
	}
	return r
}

// givesAndTakes gives a person a seat and takes it away, each twice: the second
// time changes nothing and is a success all the same.
func givesAndTakes(t *testing.T, tn *tenant.Tenant, s scratch) {
	h := ledger.Holder{Kind: ledger.User, ID: s.person}
	item := ledger.Item{Kind: ledger.Seat, ID: s.sku}
	one := &ledger.Value{Units: 1}
	has := func() bool {
		for _, g := range readsWhole(t, tn).Grants {
			if g.Key() == (ledger.Key{Kind: ledger.User, Holder: s.person, Item: s.sku}) {
				return true
			}
		}
		return false
	}
	if has() {
		t.Fatalf("%s has %s already: name somebody else, or another product", s.person, s.sku)
	}
	give := ledger.Call{ID: 1, Holder: h, Steps: []ledger.Step{{Op: ledger.Add, Holder: h, Item: item, After: one}}}
	take := ledger.Call{ID: 2, Holder: h, Steps: []ledger.Step{{Op: ledger.Remove, Holder: h, Item: item, Before: one}}}
	for _, c := range []ledger.Call{give, give, take, take} {
		if res := run(tn, c); res.Outcome != ledger.Done {
			t.Errorf("call %d: %s: %s", c.ID, res.Outcome, res.Message)
		}
	}
	if has() {
		t.Error("what was taken is still there")
	}
}

// TestConformance holds the simulated tenant to it.
func TestConformance(t *testing.T) {
	tn, _ := open(t, "")
	conformance(t, tn, scratch{ada, "f30db892-07e9-47e9-837c-80727f46fd3d"})
}
