package plan_test

import (
	"testing"
	"time"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
	"github.com/usher-cli/usher/plan/worlds"
)

// TestAlike: a slip is found by its letters, and somebody who joins is no slip for
// somebody who leaves.
func TestAlike(t *testing.T) {
	for _, c := range []struct {
		leaves, joins string
		alike         bool
	}{
		{"ada.perlman@contoso.com", "ida.newman@contoso.com", false},
		{"ann@contoso.com", "bob@contoso.com", false},
		{"user000030@contoso.com", "user00003@contoso.com", true},
		{"grace@contoso.com", "grase@contoso.com", true},
		{"grace@contoso.com", "grace@contoso.org", true},
		{"grace@contoso.com", "Grace@Contoso.onmicrosoft.com", true},
	} {
		premium, office := ledger.Item{ID: "p", Name: "P", Kind: ledger.Seat}, ledger.Item{ID: "o", Name: "O", Kind: ledger.Seat}
		had := ledger.Grant{Holder: ledger.Holder{Kind: ledger.User, ID: "l", Name: c.leaves}, Item: premium, Value: ledger.Value{Units: 1}}
		in := plan.Input{At: time.Unix(0, 0).UTC(), Today: "2026-03-15", Guard: worlds.NoGuard(), Known: []ledger.Grant{had},
			Have: ledger.Have{
				Tenant: "t",
				Grants: []ledger.Grant{had},
				Supply: []ledger.Supply{{Item: premium, Owned: 9, Used: 1}, {Item: office, Owned: 9}},
			},
			Nobody: []plan.Nobody{{Holder: ledger.Holder{Kind: ledger.User, Name: c.joins}, Items: []ledger.Item{office}}}}
		if p := plan.New(in); (len(p.Slips) > 0) != c.alike || p.Refused() != c.alike {
			t.Errorf("%s leaves and %s joins: %+v", c.leaves, c.joins, p.Slips)
		}
	}
}
