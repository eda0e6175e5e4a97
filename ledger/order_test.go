package ledger_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/usher-cli/usher/ledger"
)

// TestStandInsNeverDisagree: where two stand-ins differ, the keys are in the same
// order, whatever bytes an id is made of.
func TestStandInsNeverDisagree(t *testing.T) {
	id := rapid.Custom(func(t *rapid.T) string {
		return string(rapid.SliceOfN(rapid.SampledFrom([]byte{0, 1, 'a', 'b', 126, 127, 128, 255}), 0, 10).Draw(t, "bytes"))
	})
	grant := rapid.Custom(func(t *rapid.T) ledger.Grant {
		return ledger.Grant{Holder: ledger.Holder{Kind: rapid.SampledFrom(ledger.Kinds()).Draw(t, "kind"), ID: id.Draw(t, "id")}}
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b := grant.Draw(t, "a"), grant.Draw(t, "b")
		two := []ledger.Grant{a, b}
		if order := ledger.NewStandIn(two, 0).Compare(ledger.NewStandIn(two, 1)); order != 0 && order != ledger.CompareGrants(&a, &b) {
			t.Fatalf("the stand-ins of %q and %q have order %d", a.Holder.ID, b.Holder.ID, order)
		}
	})
}
