package view_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
	"github.com/usher-cli/usher/view"
)

var update = flag.Bool("update", false, "rewrite golden files")

// TestPlanFitsTerminals lays a plan out for terminals of three widths, and for a log.
func TestPlanFitsTerminals(t *testing.T) {
	p := plan.New(contoso())
	for _, width := range []int{0, 60, 80, 120} {
		var b bytes.Buffer
		if err := view.Show("text", view.Output{Writer: &b, Width: width}, view.Words{}.Plan(p, 0)); err != nil {
			t.Fatal(err)
		}
		path := fmt.Sprintf("testdata/plan_%d.txt", width)
		if *update {
			if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), b.String()); diff != "" {
			t.Errorf("%d columns: %s", width, diff)
		}
	}
}

// contoso moves people between licenses, gives a group one, takes capacity from an
// environment, and asks for more than there is.
func contoso() plan.Input {
	premium := ledger.Item{Kind: ledger.Seat, ID: "p", Name: "POWERAUTOMATE_ATTENDED_RPA"}
	e3 := ledger.Item{Kind: ledger.Seat, ID: "e3", Name: "SPE_E3"}
	process := ledger.Item{Kind: ledger.Capacity, ID: "PowerAutomatePerProcess", Name: "process"}
	user := func(name string) ledger.Holder {
		return ledger.Holder{Kind: ledger.User, ID: name, Name: name + "@contoso.com"}
	}
	makers := ledger.Holder{Kind: ledger.Group, ID: "g", Name: "makers"}
	finance := ledger.Holder{Kind: ledger.Environment, ID: "f", Name: "finance production"}
	grant := func(h ledger.Holder, item ledger.Item, units int64, line int) ledger.Grant {
		return ledger.Grant{Holder: h, Item: item, Value: ledger.Value{Units: units},
			Origins: []ledger.Origin{{File: "assignments/office.hcl", Line: line, Block: "assignment.office"}}}
	}
	rules := func(item ledger.Item, label string, quantity int64) ledger.ItemRules {
		return ledger.ItemRules{Item: item, Label: label, Quantity: &quantity,
			Origin: ledger.Origin{File: "main.hcl", Line: 5, Block: "license." + label}}
	}
	return plan.Input{
		At: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
		Want: []ledger.Grant{grant(user("ada"), premium, 1, 3), grant(user("grace.brewster.hopper"), premium, 1, 4),
			grant(makers, e3, 1, 9), grant(finance, process, 2, 30)},
		Known: []ledger.Grant{grant(user("ada"), e3, 1, 0), grant(user("linus"), e3, 1, 0), grant(finance, process, 8, 0)},
		Have: ledger.Have{
			Tenant:  "contoso",
			Grants:  []ledger.Grant{grant(user("ada"), e3, 1, 0), grant(user("linus"), e3, 1, 0), grant(finance, process, 8, 0)},
			Members: []ledger.Members{{Group: "g", Users: []string{"linus", "donald"}}},
			Supply: []ledger.Supply{{Item: premium, Owned: 1, Assignable: true}, {Item: e3, Owned: 25, Used: 2, Assignable: true},
				{Item: process, Owned: 10, Used: 8}},
			Inside: []ledger.HolderID{finance.Identity()},
		},
		Items: []ledger.ItemRules{rules(premium, "premium", 1), rules(e3, "e3", 25), rules(process, "process", 10)},
		Guard: ledger.Guard{Protect: []ledger.Holder{user("linus")}},
	}
}
