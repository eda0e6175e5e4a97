package plan

import (
	"fmt"
	"slices"

	"github.com/usher-cli/usher/ledger"
)

// Expected is the plan that somebody has reviewed: all of it, or its digest alone.
type Expected struct {
	Digest string
	Plan   *Plan         // nil where only the digest is known
	Begun  []ledger.Step // of earlier runs of a plan with this digest; nil for none
}

// Unreviewed is what a plan has and the reviewed one has not.
type Unreviewed struct {
	Digest string        `json:"digest"` // of the reviewed plan
	Steps  []ledger.Step `json:"steps"`
	Rules  []string      `json:"rules"` // limits that are others, in words
}

// Expect refuses the plan where it would do something that nobody has reviewed. What
// the reviewed plan has and this one has not is fine: it was done meanwhile, by an
// earlier run or by somebody.
//
//	reviewed   + ada E5, - ben E3
//	now        + ada E5              fine
//	now        + ada E5, - cleo E3   refused: nobody has read that Cleo loses E3
//
// Of a digest alone nobody can tell which steps are new. Then the plan is the same, or the
// rest of one with this digest that was begun already, or all of it is refused.
func (p *Plan) Expect(e Expected) {
	if p.Digest == e.Digest || p.Empty() {
		return
	}
	u := Unreviewed{Digest: e.Digest, Steps: p.Steps(), Rules: []string{}}
	switch {
	case e.Plan != nil:
		u.Steps, u.Rules = without(e.Plan.Steps(), p.Steps()), e.Plan.otherRules(p)
	case e.Begun != nil:
		u.Steps = without(e.Begun, p.Steps())
	}
	if len(u.Steps)+len(u.Rules) > 0 {
		p.Unreviewed = &u
	}
}

// without lists the steps that reviewed ones do not have. A step that only records what
// one of them was to do is no other.
func without(reviewed, steps []ledger.Step) []ledger.Step {
	has := map[ledger.Key][]ledger.Step{}
	for _, s := range reviewed {
		has[s.Key()] = append(has[s.Key()], s)
	}
	fresh := []ledger.Step{}
	for _, s := range steps {
		if !slices.ContainsFunc(has[s.Key()], func(r ledger.Step) bool { return covers(r, s) }) {
			fresh = append(fresh, s)
		}
	}
	return fresh
}

// covers reports whether a reviewed step stands for another one: it is the same, or the
// other records that it is done.
func covers(reviewed, s ledger.Step) bool {
	switch {
	case s.Op == ledger.Adopt && !reviewed.Op.OnRecord():
		return sameValue(reviewed.After, s.After)
	case s.Op == ledger.Forget && reviewed.Op == ledger.Remove:
		return true
	}
	return reviewed.Op == s.Op && sameValue(reviewed.Before, s.Before) && sameValue(reviewed.After, s.After)
}

// sameValue compares values, of which each can be none.
func sameValue(a, b *ledger.Value) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Equal(*b)
}

// otherRules lists the limits under which a plan was made that are not those of the
// reviewed one.
func (p *Plan) otherRules(now *Plan) []string {
	rules := []string{}
	add := func(same bool, format string, args ...any) {
		if !same {
			rules = append(rules, fmt.Sprintf(format, args...))
		}
	}
	add(p.Tenant == now.Tenant, "the tenant is %s, and the reviewed plan is for %s", now.Tenant, p.Tenant)
	add(sameGuard(p.Guard, now.Guard), "the guard has other limits")
	add(now.AllowGaps <= p.AllowGaps, "%d gaps are allowed, and in the reviewed plan %d", now.AllowGaps, p.AllowGaps)
	reviewed := map[ledger.PoolID]ledger.Pool{}
	for _, pool := range p.Pools {
		reviewed[pool.ID] = pool
	}
	for _, pool := range now.Pools {
		was, known := reviewed[pool.ID]
		same := sameNumber(was.Quantity, pool.Quantity) && was.Reserve == pool.Reserve && was.Grace == pool.Grace && was.Refresh == pool.Refresh
		add(pool.Label == "" || known && same, "%s has other limits", pool.Item.Name)
	}
	return rules
}

// sameGuard compares what guards allow and protect.
func sameGuard(a, b ledger.Guard) bool {
	protects := func(in, other ledger.Guard) bool {
		return !slices.ContainsFunc(in.Protect, func(h ledger.Holder) bool { return !other.Protects(h.Identity()) })
	}
	return sameNumber(a.MaxLosses, b.MaxLosses) && sameNumber(a.MaxLossPercent, b.MaxLossPercent) && sameNumber(a.MaxUnknown, b.MaxUnknown) &&
		sameNumber(a.MaxUnknownPercent, b.MaxUnknownPercent) && a.MayStop == b.MayStop && protects(a, b) && protects(b, a)
}

// sameNumber compares limits, of which each can be unwritten.
func sameNumber(a, b *int64) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}
