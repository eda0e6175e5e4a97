package plan

import (
	"slices"
	"testing"

	"github.com/usher-cli/usher/ledger"
)

// TestAProtectedFlowStaysAsItIs: an earlier run was turning a flow off and on. Since then
// somebody has protected it: the plan leaves it, says so, and is not refused.
func TestAProtectedFlowStaysAsItIs(t *testing.T) {
	env := ledger.Holder{Kind: ledger.Environment, ID: "env", Name: "production"}
	flow := ledger.Within(env, ledger.Flow, "x", "invoices")
	in := Input{Restart: []ledger.Grant{{Holder: flow, Item: ledger.Item{Kind: ledger.Seat, ID: "e5", Name: "E5"}}},
		Have: ledger.Have{Flows: []ledger.FlowFact{{Flow: flow, Published: true}}, Inside: []ledger.HolderID{env.Identity()}}}
	warned := func(p *Plan) bool {
		return slices.ContainsFunc(p.Notices, func(n ledger.Notice) bool { return n.Code == "flow-left-off" })
	}
	if p := New(in); len(p.Calls) != 1 || p.Calls[0].Steps[0].Op != ledger.Restart || warned(p) {
		t.Errorf("the flow is not turned on again: %+v, %+v", p.Calls, p.Notices)
	}
	in.Guard.Protect = []ledger.Holder{flow}
	if p := New(in); len(p.Calls) > 0 || !warned(p) || p.Refused() {
		t.Errorf("the protected flow is not left alone: %+v, %+v, refused %t", p.Calls, p.Notices, p.Refused())
	}
}
