package plan

import (
	"strings"

	"github.com/usher-cli/usher/catalog"
	"github.com/usher-cli/usher/ledger"
)

// setPlan begins what a person does to the plan of a flow.
const setPlan = "open the flow in Power Automate, choose Edit under Details, and set its plan to "

// byHand marks what no request does.
func byHand(parts []*part, flowCapacity bool) {
	for _, p := range parts {
		s := p.steps[0]
		switch {
		case !s.Holder.Kind.Inside():
		case s.Item.ID == catalog.PerFlow:
			p.manual = setPlan + planWord(s) + "; then run usher state confirm " + string(s.Address())
		case !flowCapacity && s.Holder.Kind == ledger.Flow:
			p.manual = setPlan + planWord(s) + `, or let usher do it with experimental = ["flow_capacity"]`
		case !flowCapacity:
			p.manual = "open the " + s.Holder.Kind.Words() + " in Power Automate and set its number of bots under Settings, or " +
				`let usher do it with experimental = ["flow_capacity"]`
		}
	}
}

// planWord is the plan that a person chooses for a flow in the portal.
func planWord(s ledger.Step) string {
	switch {
	case s.After.Amount() == 0:
		return "the owner's"
	case s.Item.ID == catalog.PerFlow:
		return "the per flow plan"
	}
	return strings.ReplaceAll(s.Item.Name, "_", " ")
}
