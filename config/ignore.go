package config

import (
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/usher-cli/usher/ledger"
)

// ignore lowers a rule for drift that is no news.
//
//	ignore "contractors" {
//	  address = "user/*@partner.example:*"
//	  reason  = "the agency moves these seats itself until the contract ends"
//	  until   = "2027-03-31"
//	}
//
// It is about the report of drift alone: a plan still does what the files ask for. An
// address begins with a kind, because a rule that ignores everything hides everything.
func (l *lowering) ignore(b *hclsyntax.Block) {
	attrs := b.Body.Attributes
	rule := ledger.IgnoreRule{Label: b.Labels[0], Origin: origin(b), Until: l.day(attrs["until"], l.eval)}
	var ok bool
	if rule.Address, ok = l.eval.required(attrs["address"]); ok {
		kind, rest, _ := strings.Cut(rule.Address, "/")
		plain := strings.ReplaceAll(kind+"/"+rest, "*", "x")
		if _, _, err := ledger.SplitHolder(strings.SplitN(plain, ":", 2)[0]); err != nil || rest == "" || strings.Contains(kind, "*") {
			l.fail(attrs["address"].Expr.Range(), "Wrong address", "%q is not an address such as \"user/*@contoso.com:SPE_E5\", "+
				"in which * stands for any text behind the kind of the holder.", rule.Address)
		}
	}
	if rule.Reason, ok = l.eval.required(attrs["reason"]); ok && strings.TrimSpace(rule.Reason) == "" {
		l.fail(attrs["reason"].Expr.Range(), "No reason", "Say why this drift is ignored: everybody who reads the report wants to know.")
	}
	l.cfg.Ignores = append(l.cfg.Ignores, rule)
}
