package plan

import (
	"strings"

	"github.com/usher-cli/usher/catalog"
	"github.com/usher-cli/usher/ledger"
)

// byHand marks what no request does.
func byHand(parts []*part, flowCapacity bool) {
	for _, p := range parts {
		s := p.steps[0]
		switch {
		case !s.Holder.Kind.Inside():
		case s.Item.ID == catalog.PerFlow && s.After != nil && s.After.Units > 0:
			p.manual = "open the flow in Power Automate, choose Edit under Details, and set its plan to the per flow plan; then " +
				"run usher state confirm " + string(
				s.Address(),
			)
		case s.Item.ID == catalog.PerFlow:
			p.manual = "open the flow in Power Automate, choose Edit under Details, and set its plan to the owner's; then run " +
				"usher state confirm " + string(
				s.Address(),
			)
		case !flowCapacity && s.Holder.Kind == ledger.Flow:
			p.manual = "open the flow in Power Automate, choose Edit under Details, and set its plan to " + planWord(
				s,
			) + `, or let usher do it with experimental = ["flow_capacity"]`
		case !flowCapacity:
			p.manual = "open the " + s.Holder.Kind.Words() + " in Power Automate and set its number of bots under Settings, or " +
				"let usher do it with experimental = [\"flow_capacity\"]"
		}
	}
}

// planWord is the plan that a person chooses for a flow in the portal.
func planWord(s ledger.Step) string {
	if s.After == nil || s.After.Units == 0 {
		return "the owner's"
	}
	return strings.ReplaceAll(s.Item.Name, "_", " ")
}
