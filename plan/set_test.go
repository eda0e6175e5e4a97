package plan

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/usher-cli/usher/ledger"
)

// TestPrefixesNeverDisagree: where two prefixes differ, the keys are in the same
// order, whatever bytes an id is made of.
func TestPrefixesNeverDisagree(t *testing.T) {
	id := rapid.Custom(func(t *rapid.T) string {
		return string(rapid.SliceOfN(rapid.SampledFrom([]byte{0, 1, 'a', 'b', 126, 127, 128, 255}), 0, 10).Draw(t, "bytes"))
	})
	grant := rapid.Custom(func(t *rapid.T) ledger.Grant {
		return ledger.Grant{Holder: ledger.Holder{Kind: rapid.SampledFrom(ledger.Kinds()).Draw(t, "kind"), ID: id.Draw(t, "id")}}
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b := grant.Draw(t, "a"), grant.Draw(t, "b")
		if p, q := prefixOf(&a), prefixOf(&b); p != q && (p < q) != (compareGrants(&a, &b) < 0) {
			t.Fatalf("%x and %x order %q and %q the other way", p, q, a.Holder.ID, b.Holder.ID)
		}
	})
}
