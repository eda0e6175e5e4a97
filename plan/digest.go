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

// A digest is made of these.
type (
	changed struct {
		Op            ledger.Op
		Holder        ledger.Holder // with the name that the reviewer read
		Item          ledger.Item
		Before, After *ledger.Value
		Location      string // where the account is said to be first
	}
	limit struct {
		Item     string
		Quantity *int64
		Reserve  int64
		Grace    bool
		Refresh  ledger.RefreshMode
	}
	environment struct {
		ID           string
		HostedServes bool
		Auto         ledger.AutoMode
	}
)

// digest is the identity of a plan: what it does to which tenant, within
// which declared limits and guards. Lines, order and present use are not part
// of it.
//
// Two plans of the same digest do the same to the same tenant under the same limits. So a
// review of one is a review of the other, although the tenant's numbers have moved on.
func digest(p *Plan) string {
	var doc struct {
		Tenant       string
		Changes      []changed
		Limits       []limit
		Guard        ledger.Guard
		Gaps         int64
		Environments []environment `json:"Places"` // as earlier plans have it
		ByUsher      bool
		HoldsTo      string
	}
	doc.Tenant, doc.Guard, doc.Gaps, doc.ByUsher, doc.HoldsTo = p.Tenant, p.Guard, p.AllowGaps, p.ByUsher, p.HoldsTo
	doc.Guard.Protect = slices.Clone(p.Guard.Protect)
	slices.SortFunc(doc.Guard.Protect, func(a, b ledger.Holder) int { return keyOf(a, ledger.Item{}).Compare(keyOf(b, ledger.Item{})) })
	for _, e := range p.Environments {
		doc.Environments = append(doc.Environments, environment{e.Environment.ID, e.HostedServes, e.Auto})
	}
	slices.SortFunc(doc.Environments, func(a, b environment) int { return strings.Compare(a.ID, b.ID) })
	for _, c := range p.Calls {
		for _, s := range c.Steps {
			doc.Changes = append(doc.Changes, changed{s.Op, s.Holder, s.Item, s.Before, s.After, c.Location})
		}
	}
	for _, s := range p.Records {
		doc.Changes = append(doc.Changes, changed{s.Op, s.Holder, s.Item, s.Before, s.After, ""})
	}
	slices.SortFunc(doc.Changes, func(a, b changed) int {
		return cmp.Or(keyOf(a.Holder, a.Item).Compare(keyOf(b.Holder, b.Item)), strings.Compare(string(a.Op), string(b.Op)))
	})
	for _, pool := range p.Pools {
		if pool.Label != "" {
			doc.Limits = append(doc.Limits, limit{pool.Item.ID, pool.Quantity, pool.Reserve, pool.Grace, pool.Refresh})
		}
	}
	h := sha256.New()
	if err := json.NewEncoder(h).Encode(doc); err != nil {
		panic(err) // plain data of this package cannot fail to encode
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}

// keyOf is the identity of a grant.
func keyOf(h ledger.Holder, i ledger.Item) ledger.Key {
	return ledger.Key{Kind: h.Kind, Holder: h.ID, Item: i.ID}
}
