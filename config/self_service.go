package config

import (
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/usher-cli/usher/ledger"
)

// selfService reads whether people may buy a product by themselves.
func (l *lowering) selfService(b *hclsyntax.Block) {
	attr := b.Body.Attributes["policy"]
	policy, ok := l.eval.required(attr)
	switch {
	case !ok:
	case !l.oneOf(attr, policy, "Enabled", "Disabled", "OnlyTrialsWithoutPaymentMethod"):
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
