package plan

import (
	"bufio"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	fastjson "github.com/go-json-experiment/json"
	jsonv1 "github.com/go-json-experiment/json/v1"

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
		Lost          int64  `json:",omitempty"` // people who are left without it, or without a part of it
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
func digest(p *Plan) string { return digestOf(contentsOf(p)) }

// earlierDigest is the digest that an earlier usher made: it did not have who loses what.
func earlierDigest(p *Plan) string {
	c := contentsOf(p)
	for i := range c.Changes {
		c.Changes[i].Lost = 0
	}
	return digestOf(c)
}

// contents is what a digest is made of.
type contents struct {
	Tenant       string
	Changes      []changed
	Limits       []limit
	Guard        ledger.Guard
	Gaps         int64
	Environments []environment `json:"Places"` // as earlier plans have it
	ByUsher      bool
	HoldsTo      string
	Held         []ledger.Key `json:",omitempty"` // seats whose hold begins
}

func contentsOf(p *Plan) contents {
	c := contents{Tenant: p.Tenant, Guard: p.Guard, Gaps: p.AllowGaps, ByUsher: p.ByUsher, HoldsTo: p.HoldsTo}
	c.Guard.Protect = slices.Clone(p.Guard.Protect)
	slices.SortFunc(c.Guard.Protect, func(a, b ledger.Holder) int { return keyOf(a, ledger.Item{}).Compare(keyOf(b, ledger.Item{})) })
	for _, e := range p.Environments {
		c.Environments = append(c.Environments, environment{e.Environment.ID, e.HostedServes, e.Auto})
	}
	slices.SortFunc(c.Environments, func(a, b environment) int { return strings.Compare(a.ID, b.ID) })
	c.Changes = slices.Grow(c.Changes, len(p.Calls)+len(p.Records)) // most calls have one step
	for _, call := range p.Calls {
		for _, s := range call.Steps {
			op := s.Op
			if op == ledger.Restart { // as earlier plans have it
				op = ledger.Retry
			}
			c.Changes = append(c.Changes, changed{op, s.Holder, s.Item, s.Before, s.After, call.Location, lostBy(s)})
		}
	}
	for _, s := range p.Records {
		c.Changes = append(c.Changes, changed{s.Op, s.Holder, s.Item, s.Before, s.After, "", 0})
	}
	for _, h := range p.Begins() {
		c.Held = append(c.Held, keyOf(h.Holder, h.Item))
	}
	slices.SortFunc(c.Held, ledger.Key.Compare)
	slices.SortFunc(c.Changes, func(a, b changed) int {
		return cmp.Or(keyOf(a.Holder, a.Item).Compare(keyOf(b.Holder, b.Item)), strings.Compare(string(a.Op), string(b.Op)))
	})
	for _, pool := range p.Pools {
		if pool.Label != "" {
			c.Limits = append(c.Limits, limit{pool.Item.ID, pool.Quantity, pool.Reserve, pool.Grace, pool.Refresh})
		}
	}
	return c
}

func digestOf(c contents) string {
	h := sha256.New()
	out := bufio.NewWriterSize(h, 1<<16)
	if err := fastjson.MarshalWrite(out, c, jsonv1.DefaultOptionsV1()); err != nil {
		panic(err) // plain data of this package cannot fail to encode
	}
	_ = out.WriteByte('\n') // a hash takes everything, and so does Flush
	_ = out.Flush()
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}

// keyOf is the identity of a grant.
func keyOf(h ledger.Holder, i ledger.Item) ledger.Key {
	return ledger.Key{Kind: h.Kind, Holder: h.ID, Item: i.ID}
}
