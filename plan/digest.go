package plan

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"

	"github.com/usher-cli/usher/ledger"
)

// digest is the identity of a plan: what it does to which tenant, within
// which declared limits and guards. Lines, order and present use are not part
// of it.
func digest(p *Plan) string {
	type change struct {
		Op            ledger.Op
		Key           ledger.Key
		Before, After *ledger.Value
	}
	type limit struct {
		Item     string
		Quantity *int64
		Reserve  int64
		Grace    bool
	}
	var doc struct {
		Tenant  string
		Changes []change
		Limits  []limit
		Guard   ledger.Guard
		Gaps    int64
	}
	doc.Tenant, doc.Guard, doc.Gaps = p.Tenant, p.Guard, p.AllowGaps
	for _, s := range p.Steps() {
		doc.Changes = append(doc.Changes, change{s.Op, s.Key(), s.Before, s.After})
	}
	slices.SortFunc(doc.Changes, func(a, b change) int {
		return cmp.Or(a.Key.Compare(b.Key), strings.Compare(string(a.Op), string(b.Op)))
	})
	for _, pool := range p.Pools {
		if pool.Label != "" {
			doc.Limits = append(doc.Limits, limit{pool.Item.ID, pool.Quantity, pool.Reserve, pool.Grace})
		}
	}
	h := sha256.New()
	if err := json.NewEncoder(h).Encode(doc); err != nil {
		panic(err) // plain data of this package cannot fail to encode
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}
