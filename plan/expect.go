package plan

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/usher-cli/usher/ledger"
)

// Expected is the plan that somebody has reviewed: all of it, or its digest alone.
type Expected struct {
	Digest string
	Plan   *Plan // nil where only the digest is known
}

// Unreviewed is what a plan has and the reviewed one has not.
type Unreviewed struct {
	Digest string        `json:"digest"` // of the reviewed plan
	Steps  []ledger.Step `json:"steps"`
	Rules  []string      `json:"rules"` // what is otherwise than it was reviewed, in words
}

// Expect refuses the plan where it would do something that nobody has reviewed. What
// the reviewed plan has and this one has not is fine: it was done meanwhile, by an
// earlier run or by somebody.
//
//	reviewed   + ada E5, - ben E3
//	now        + ada E5              fine
//	now        + ada E5, - cleo E3   refused: nobody has read that Cleo loses E3
//
// Of a digest alone nobody can tell which steps are new: the plan is the same, or all of
// it is refused.
func (p *Plan) Expect(e Expected) {
	begins := p.Begins()
	if p.Digest == e.Digest || p.Empty() && len(begins) == 0 {
		return
	}
	u := Unreviewed{Digest: e.Digest, Steps: p.Steps(), Rules: []string{}}
	if e.Plan != nil {
		u.Steps, u.Rules = newSteps(e.Plan.Steps(), p.Steps()), e.Plan.otherRules(p)
		begins = slices.DeleteFunc(begins, func(h Held) bool {
			return slices.ContainsFunc(e.Plan.Held, func(r Held) bool { return keyOf(r.Holder, r.Item) == keyOf(h.Holder, h.Item) })
		})
	}
	for _, h := range begins {
		u.Rules = append(u.Rules, fmt.Sprintf("no file asks for %s any more, and it is held", ledger.NewAddress(h.Holder, h.Item)))
	}
	if len(u.Steps)+len(u.Rules) > 0 {
		p.Unreviewed = &u
	}
}

// newSteps lists the steps that reviewed ones do not have. A step that only records what
// one of them was to do is no other. One that only asks the service again takes from
// nobody, and gives what a group gives already.
func newSteps(reviewed, steps []ledger.Step) []ledger.Step {
	has := map[ledger.Key][]ledger.Step{}
	for _, s := range reviewed {
		has[s.Key()] = append(has[s.Key()], s)
	}
	fresh := []ledger.Step{}
	for _, s := range steps {
		if !s.Op.Nudges() && !slices.ContainsFunc(has[s.Key()], func(r ledger.Step) bool { return covers(r, s) }) {
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
		return sameJSON(reviewed.After, s.After)
	case s.Op == ledger.Forget && reviewed.Op == ledger.Remove:
		return true
	}
	return sameChange(reviewed, s)
}

// otherRules lists what a plan does otherwise than the reviewed one, beside its steps: the
// limits that bind it, who loses something by a step, and how. Rules of what no step is
// about are left out: a file that declares one more license changes nothing here.
func (p *Plan) otherRules(now *Plan) []string {
	was, is := contentsOf(p), contentsOf(now)
	rules := []string{}
	add := func(same bool, format string, args ...any) {
		if !same {
			rules = append(rules, fmt.Sprintf(format, args...))
		}
	}
	add(was.Tenant == is.Tenant, "the tenant is %s, and the reviewed plan is for %s", is.Tenant, was.Tenant)
	is.Guard.MayStop = is.Guard.MayStop || was.Guard.MayStop // what may not stop now harms nobody
	add(sameJSON(was.Guard, is.Guard), "the guard has other limits, or protects others")
	add(is.Gaps <= was.Gaps, "%d gaps are allowed, and in the reviewed plan %d", is.Gaps, was.Gaps)
	add(was.ByUsher == is.ByUsher, "usher writes the capacity of flows and machines, or people do, and it is otherwise in the reviewed plan")
	items, environments := map[string]string{}, map[string]string{} // that steps are about: names by id
	for s := range now.EachStep() {
		items[s.Item.ID], environments[s.Holder.EnvironmentID()] = s.Item.Name, s.Holder.Around()
	}
	limits := func(c contents) map[string]limit {
		return byID(c.Limits, items, func(l limit) string { return l.Item })
	}
	rulesOf := func(c contents) map[string]environment {
		return byID(c.Environments, environments, func(e environment) string { return e.ID })
	}
	for _, id := range differing(limits(was), limits(is)) {
		add(false, "%s has other limits", items[id])
	}
	for _, id := range differing(rulesOf(was), rulesOf(is)) {
		add(false, "the environment %s has other rules", environments[id])
	}
	locations := map[ledger.HolderID]string{} // of a person's calls, one of them sets it
	for _, c := range was.Changes {
		locations[c.Holder.Identity()] = cmp.Or(locations[c.Holder.Identity()], c.Location)
	}
	for _, c := range is.Changes {
		reviewed, known := locations[c.Holder.Identity()]
		add(c.Location == "" || !known || reviewed == c.Location, "%s gets the usage location %s, and in the reviewed plan %q",
			c.Holder.Address(), c.Location, reviewed)
	}
	return append(rules, p.newLosses(now)...)
}

// newLosses lists the removals of the reviewed plan that take from more people now.
func (p *Plan) newLosses(now *Plan) []string {
	before, after := lossesOf(p), lossesOf(now)
	var rules []string
	for s := range p.EachStep() {
		if address := s.Address(); s.Op == ledger.Remove && after[address] > before[address] {
			rules = append(rules, fmt.Sprintf("%s takes something from somebody who keeps it in the reviewed plan", address))
		}
	}
	slices.Sort(rules)
	return rules
}

// byID are the rules of a list that steps are about, by the id of the thing.
func byID[T any](all []T, about map[string]string, id func(T) string) map[string]T {
	found := map[string]T{}
	for _, x := range all {
		if _, is := about[id(x)]; is {
			found[id(x)] = x
		}
	}
	return found
}

// differing lists the ids under which two sets have other rules.
func differing[T any](a, b map[string]T) []string {
	ids := map[string]bool{}
	for id := range a {
		ids[id] = true
	}
	for id := range b {
		ids[id] = true
	}
	var all []string
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		x, in := a[id]
		y, too := b[id]
		if in != too || !sameJSON(x, y) {
			all = append(all, id)
		}
	}
	return all
}

// sameJSON compares as a digest does: an unset list is not an empty one.
func sameJSON(a, b any) bool {
	x, err := json.Marshal(a)
	y, other := json.Marshal(b)
	return err == nil && other == nil && string(x) == string(y)
}
