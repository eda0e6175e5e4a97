package plan_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
	"github.com/usher-cli/usher/plan/worlds"
)

// orderFree is law 6: permuting the inputs gives the same plan, to the byte.
func orderFree(t *rapid.T, in plan.Input, p *plan.Plan) {
	mixed := in
	mixed.Want = rapid.Permutation(in.Want).Draw(t, "mixed want")
	mixed.Known = rapid.Permutation(in.Known).Draw(t, "mixed known")
	mixed.Items = rapid.Permutation(in.Items).Draw(t, "mixed policies")
	mixed.Have.Grants = rapid.Permutation(in.Have.Grants).Draw(t, "mixed have")
	mixed.Have.Supply = rapid.Permutation(in.Have.Supply).Draw(t, "mixed supply")
	mixed.Have.Inherited = rapid.Permutation(in.Have.Inherited).Draw(t, "mixed inherited")
	mixed.Have.Members = rapid.Permutation(in.Have.Members).Draw(t, "mixed members")
	if a, b := encoded(t, p), encoded(t, plan.New(mixed)); a != b {
		t.Fatalf("order-free: %s", cmp.Diff(a, b))
	}
	if back, err := plan.Decode([]byte(encoded(t, p))); err != nil || encoded(t, back) != encoded(t, p) {
		t.Fatalf("a plan does not survive being saved: %v", err)
	}
}

func encoded(t *rapid.T, p *plan.Plan) string {
	var b bytes.Buffer
	if err := p.Encode(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// resume is law 5: after any subset of the calls, recorded or not, the calls
// of a new plan are exactly the old ones that are not yet effective.
func resume(t *rapid.T, in plan.Input, p *plan.Plan, c *counters) {
	j := worlds.NewJudge(in)
	var recorded, claimed []ledger.Step
	var open []string
	failing := false
	effective := map[int]bool{}
	for _, call := range p.Calls {
		waits := slices.ContainsFunc(call.After, func(id int) bool { return !effective[id] })
		if waits || !call.Runs() || rapid.Bool().Draw(t, "not done") {
			open = append(open, effects(call)...)
			failing = true
			continue
		}
		j.Do(call)
		effective[call.ID] = true
		if rapid.Bool().Draw(t, "recorded") {
			recorded = append(recorded, call.Steps...)
		} else {
			claimed = append(claimed, call.Steps...)
		}
	}
	if failing {
		c.failing.Add(1)
	}
	next := in
	next.Have = j.Reading(in)
	next.Known = worlds.Recorded(worlds.Recorded(in.Known, p.Records), recorded)
	for _, s := range claimed {
		if s.After != nil {
			next.Claims = append(next.Claims, ledger.Grant{Holder: s.Holder, Item: s.Item, Value: *s.After})
		}
	}
	again := plan.New(next)
	reviewed(t, p, again)
	var got []string
	for _, call := range again.Calls {
		got = append(got, effects(call)...)
	}
	slices.Sort(open)
	slices.Sort(got)
	if !slices.Equal(open, got) {
		t.Fatalf("resume: open were %v, and the new plan does %v", open, got)
	}
}

// reviewed: what is left of a plan was reviewed with it, and a step that the reviewed
// plan does not have is named.
func reviewed(t *rapid.T, p, left *plan.Plan) {
	left.Expect(plan.Expected{Digest: p.Digest, Plan: p})
	other := func(rule string) bool { return !strings.Contains(rule, "keeps it in the reviewed plan") } // who loses what can have changed
	if u := left.Unreviewed; u != nil && (len(u.Steps) > 0 || slices.ContainsFunc(u.Rules, other)) {
		t.Fatalf("reviewed: it is the rest of the reviewed plan, and these are new: %+v", u)
	}
	if len(p.Calls) == 0 {
		return
	}
	fewer := *p
	cut := rapid.IntRange(0, len(p.Calls)-1).Draw(t, "not reviewed")
	fewer.Calls, fewer.Digest = slices.Delete(slices.Clone(p.Calls), cut, cut+1), "sha256:other"
	all := *p
	all.Expect(plan.Expected{Digest: fewer.Digest, Plan: &fewer})
	if p.Calls[cut].Steps[0].Op.Nudges() {
		return
	}
	if all.Unreviewed == nil || len(all.Unreviewed.Steps) != len(p.Calls[cut].Steps) || !all.Refused() {
		t.Fatalf("reviewed: the call %d was not reviewed, and these are new: %+v", cut+1, all.Unreviewed)
	}
}

func effects(c ledger.Call) []string {
	var all []string
	for _, s := range c.Steps {
		if s.Op.Nudges() { // who lacks a seat depends on what the calls of groups brought about
			continue
		}
		all = append(all, fmt.Sprintf("%s %s -> %s", s.Op, s.Address(), valueText(s.After)))
	}
	return all
}

func valueText(v *ledger.Value) string {
	if v == nil {
		return "nothing"
	}
	return fmt.Sprint(*v)
}
