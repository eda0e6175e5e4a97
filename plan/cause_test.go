package plan

import (
	"testing"
	"time"

	"github.com/usher-cli/usher/ledger"
)

// TestNarrowPlansKeepClaims: a plan that leaves a grant alone leaves open, too, whether an
// interrupted run has given it.
func TestNarrowPlansKeepClaims(t *testing.T) {
	item := ledger.Item{Kind: ledger.Seat, ID: "e5", Name: "SPE_E5"}
	ada := ledger.Holder{Kind: ledger.User, ID: "1", Name: "ada@contoso.com"}
	ben := ledger.Holder{Kind: ledger.User, ID: "2", Name: "ben@contoso.com"}
	grant := func(h ledger.Holder) ledger.Grant {
		return ledger.Grant{Holder: h, Item: item, Value: ledger.Value{Units: 1}, Origins: []ledger.Origin{{File: "a.hcl", Line: 1}}}
	}
	in := Input{Want: []ledger.Grant{grant(ben)}, Claims: []ledger.Grant{grant(ada)}, At: time.Now(), Today: "2026-11-30",
		Have: ledger.Have{Tenant: "t", Grants: []ledger.Grant{grant(ada)},
			Supply: []ledger.Supply{{Item: item, Owned: 9, Assignable: true, Used: 1}}}}
	for name, narrow := range map[string]func(*Input){
		"only a group of drift": func(in *Input) { in.Targets = []ledger.Holder{{Kind: ledger.User, Name: ben.ID}} },
		"only what is due":      func(in *Input) { in.Only = OnlyDue },
	} {
		narrowed := in
		narrow(&narrowed)
		p := New(narrowed)
		if len(p.Perhaps) != 1 || p.Perhaps[0] != grant(ada).Key() {
			t.Errorf("%s: the claims %v are left open", name, p.Perhaps)
		}
		for _, s := range p.Steps() {
			if s.Holder == ada {
				t.Errorf("%s: it has the step %+v", name, s)
			}
		}
	}
}

// TestCauses: an entry of the log names the account of the difference that it explains.
func TestCauses(t *testing.T) {
	item := ledger.Item{Kind: ledger.Seat, ID: "e5", Name: "SPE_E5"}
	at := time.Date(2026, 11, 29, 21, 0, 0, 0, time.UTC)
	drift := func(kind DriftKind, id string) Drift {
		return Drift{Kind: kind, Holder: ledger.Holder{Kind: ledger.User, ID: id, Name: id + "@contoso.com"}, Item: item}
	}
	log := []ledger.Audit{
		{At: at, By: "old@contoso.com", Person: "1", Item: "e5", Op: ledger.Remove},
		{At: at.Add(time.Hour), By: "ada@contoso.com", Person: "1", Item: "e5", Op: ledger.Remove},
		{At: at.Add(2 * time.Hour), By: "ada@contoso.com", Person: "2", Item: "e5", Op: ledger.Remove},
		{At: at.Add(3 * time.Hour), By: "ben@contoso.com", Person: "3", Item: "e3", Op: ledger.Remove},
		{At: at, By: "App", ByID: "app-1", App: true, Person: "4", Item: "e5", Op: ledger.Add},
		{At: at, By: "App", ByID: "app-2", App: true, Person: "5", Item: "e5", Op: ledger.Add},
		{At: at, By: "ada@contoso.com", Person: "6", Item: "e5", Op: ledger.Remove}, // before usher gave it again
		{At: at.Add(time.Hour), By: "usher", App: true, Person: "6", Item: "e5", Op: ledger.Add},
	}
	groups := Grouped(Caused([]Drift{drift(Gone, "1"), drift(Gone, "2"), drift(Gone, "3"), drift(Undeclared, "4"), drift(Changed, "4"),
		drift(Undeclared, "5"), drift(Gone, "6")}, log))
	want := []struct {
		by string
		n  int
	}{{"App", 1}, {"App", 1}, {"ada@contoso.com", 2}, {"", 1}, {"", 2}}
	if len(groups) != len(want) {
		t.Fatalf("%d groups: %+v", len(groups), groups)
	}
	for i, w := range want {
		if g := groups[i]; g.By != w.by || len(g.Drift) != w.n {
			t.Errorf("group %d is %d of %q, want %d of %q", i, len(g.Drift), g.By, w.n, w.by)
		}
	}
	if groups[0].ID == groups[1].ID || groups[3].ID == groups[4].ID {
		t.Error("two causes have one name")
	}
}

// TestIgnored: a rule ignores what its pattern matches, up to its last day, and is counted.
func TestIgnored(t *testing.T) {
	item := ledger.Item{Kind: ledger.Seat, ID: "e5", Name: "SPE_E5"}
	drift := []Drift{{Holder: ledger.Holder{Kind: ledger.User, Name: "ada@contoso.com"}, Item: item}}
	for _, c := range []struct {
		address, until string
		left           int
	}{
		{"user/ada@contoso.com:SPE_E5", "", 0},
		{"USER/*@CONTOSO.COM:*", "2026-11-30", 0},
		{"user/*:SPE_*", "2026-11-29", 1},
		{"user/ada@contoso.com", "", 1},
		{"user/*a*a*:*5", "", 0},
		{"user/*a*b*", "", 1},
		{"user/ada@contoso.com:SPE_E5*SPE_E5", "", 1},
	} {
		left, counts := Ignored(drift, []ledger.IgnoreRule{{Address: c.address, Until: c.until}}, "2026-11-30")
		if len(left) != c.left || counts[0].Count != 1-c.left {
			t.Errorf("%s up to %q leaves %d and counts %d", c.address, c.until, len(left), counts[0].Count)
		}
	}
}
