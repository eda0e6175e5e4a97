package config

import (
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/usher-cli/usher/ledger"
)

// selfService reads whether people may buy a product by themselves.
func (l *lowering) selfService(b *hclsyntax.Block) {
	known := []string{"Enabled", "Disabled", "OnlyTrialsWithoutPaymentMethod"}
	attr := b.Body.Attributes["policy"]
	policy, ok := l.eval.required(attr)
	switch {
	case !ok:
	case !contains(known, policy):
		l.fail(
			attr.Expr.Range(),
			"Wrong value",
			"policy is %q, %q or %q, and this is %q.%s",
			known[0],
			known[1],
			known[2],
			policy,
			didYouMean(policy, known),
		)
	case strings.TrimSpace(b.Labels[0]) == "":
		l.fail(b.DefRange(), "Block without a name", "self_service_purchase needs the id or the name of a product.")
	default:
		l.cfg.Wants = append(
			l.cfg.Wants,
			ledger.Want{Kind: ledger.SelfService, Holder: b.Labels[0], Item: ledger.PolicyItem(), Units: 1, Policy: policy,
				Origins: []ledger.Origin{origin(b)}},
		)
	}
}
