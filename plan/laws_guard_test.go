package plan_test

import (
	"slices"
	"strings"

	"pgregory.net/rapid"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
	"github.com/usher-cli/usher/plan/worlds"
)

// guarded is law 9: a plan that leaves somebody without what they had is refused
// where the file allows no loss, and where it protects that person. What no plan
// took from anybody is no loss.
func guarded(t *rapid.T, in plan.Input, p *plan.Plan, final *worlds.Judge) {
	lost := final.Lost()
	none := int64(0)
	in.Guard = ledger.Guard{MaxLosses: &none, MayStop: true}
	for _, user := range lost {
		in.Guard.Protect = append(in.Guard.Protect, ledger.Holder{Kind: ledger.User, ID: user, Name: user})
	}
	for _, f := range in.Have.Flows {
		in.Guard.Protect = append(in.Guard.Protect, f.Flow)
	}
	strict := plan.New(in)
	undisturbed(t, strict)
	found := func(of func(plan.Breach) bool) bool { return slices.ContainsFunc(strict.Breaches, of) }
	losses := found(func(b plan.Breach) bool { return b.Kind == plan.Losses })
	if len(lost) > 0 && !losses {
		t.Fatalf("guarded: %v lose something, and no loss is counted: %v", lost, strict.Breaches)
	}
	for _, h := range in.Guard.Protect[:len(lost)] {
		if !found(func(b plan.Breach) bool {
			return b.Kind == plan.Protected && strings.HasPrefix(b.Address, h.Address()+":")
		}) {
			t.Fatalf("guarded: %s is protected and loses something: %v", h.Address(), strict.Breaches)
		}
	}
	if losses {
		approved(t, in, strict)
	}
	takes := func(s ledger.Step) bool { return s.Op == ledger.Remove || s.Op == ledger.Change }
	if losses && !slices.ContainsFunc(p.Steps(), takes) {
		t.Fatalf("guarded: nothing is taken, and losses are counted: %v", strict.Breaches)
	}
}

// undisturbed: a protected flow is not turned off, also where its owner gets a license.
func undisturbed(t *rapid.T, strict *plan.Plan) {
	for _, s := range strict.Steps() {
		if s.Op == ledger.Restart {
			t.Fatalf("guarded: %s is protected, and is turned off and on", s.Holder.Address())
		}
	}
}

// approved: what an earlier run of the same work was allowed to take is not counted
// again for the rest of it.
func approved(t *rapid.T, in plan.Input, strict *plan.Plan) {
	if slices.ContainsFunc(strict.Calls, func(c ledger.Call) bool { return c.Gap }) {
		return // a moment without is a loss of its own
	}
	if len(in.Claims) > 0 {
		return // of other work
	}
	for _, s := range strict.Steps() {
		left := ledger.Grant{Holder: s.Holder, Item: s.Item}
		if s.After != nil {
			left.Value = *s.After
		}
		in.Approved = append(in.Approved, left)
	}
	for _, b := range plan.New(in).Breaches {
		if b.Kind == plan.Losses || b.Kind == plan.Lowered || b.Kind == plan.Undrawn {
			t.Fatalf("guarded: all of it was approved before, and it is counted again: %v", b)
		}
	}
}

// unfinished is law 5: what a group was to lose stays on record until nobody has it
// from the group any more.
func unfinished(t *rapid.T, in plan.Input, p *plan.Plan) {
	for _, s := range p.Records {
		from := func(i ledger.Inherited) bool { return i.Group == s.Holder.ID && i.Item == s.Item.ID && i.Error == "" }
		if s.Op == ledger.Forget && s.Holder.Kind == ledger.Group && slices.ContainsFunc(in.Have.Inherited, from) {
			t.Fatalf("unfinished: %s is forgotten, and people have it from the group", s.Address())
		}
	}
}

// moments is law 8 for gaps that are allowed: between the halves no call waits for a
// group, which takes its own time.
func moments(t *rapid.T, p *plan.Plan) {
	for second, c := range p.Calls {
		if len(c.Undo) == 0 {
			continue
		}
		for _, between := range p.Calls[:second] {
			first := slices.IndexFunc(p.Calls, func(o ledger.Call) bool { return o.Gap && o.Holder == c.Holder && slices.Contains(c.After, o.ID) })
			if first >= 0 && between.ID > p.Calls[first].ID && between.Holder.Kind == ledger.Group {
				t.Fatalf("moments: %s is without a seat until the service has finished with %s", c.Holder.Address(), between.Holder.Address())
			}
		}
	}
}

// misspelt is law 9 for names: a plan that takes something away while a name that
// is given the same item means nobody is refused, and is not where the file lets
// the name be.
func misspelt(t *rapid.T, in plan.Input, p *plan.Plan, final *worlds.Judge) {
	lost := final.Lost()
	at := slices.IndexFunc(p.Steps(), func(s ledger.Step) bool {
		return s.Op == ledger.Remove && s.Holder.Kind == ledger.User && s.Item.Kind == ledger.Seat && !s.Kept &&
			slices.Contains(lost, s.Holder.ID) &&
			s.Why != ledger.Expired
	})
	if at < 0 {
		return
	}
	victim := p.Steps()[at]
	slip := plan.Nobody{Holder: ledger.Holder{Kind: ledger.User, Name: "x" + victim.Holder.Name}, Items: []ledger.Item{victim.Item}}
	in.Nobody = []plan.Nobody{slip}
	if refused := plan.New(in); !refused.Refused() || len(refused.Slips) != 1 {
		t.Fatalf("misspelt: %s loses %s while a name like it means nobody, and the plan runs", victim.Holder.Address(), victim.Item.Name)
	}
	in.Nobody[0].IgnoreUnknown = true
	elsewhere := ledger.Holder{Kind: ledger.Environment, Name: "a place that is like no other"}
	in.Nobody = append(
		in.Nobody,
		plan.Nobody{Holder: elsewhere, Items: []ledger.Item{{ID: "nothing", Name: "nothing", Kind: ledger.Capacity}}},
	)
	if p := plan.New(in); p.Refused() {
		t.Fatalf("misspelt: the file lets the name be, and the plan is refused")
	}
}
