package config

import (
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/usher-cli/usher/ledger"
)

// unmanaged reads what happens to direct seats that no file declares.
//
//	unmanaged = "remove"          unmanaged {
//	                                action     = "remove"
//	                                older_than = "14d"
//	                              }
//
// A helpdesk gives a seat on the day on which it is needed, and the line follows. Older ones have
// no line to follow.
func (l *lowering) unmanaged(p *ledger.ItemRules, body *hclsyntax.Body) {
	attr := body.Attributes["unmanaged"]
	for _, b := range ofType(body, "unmanaged", 0) {
		if attr != nil {
			l.fail(attr.NameRange, "Duplicate argument", "unmanaged is an argument and a block here: keep one of the two.")
		}
		attrs := b.Body.Attributes
		attr = attrs["action"]
		p.Taking = ledger.Taking{OlderThan: l.days(attrs["older_than"]), Guests: l.eval.flag(attrs["guests"]),
			Asleep: l.eval.flag(attrs["disabled_accounts"])}
		for _, name := range []string{"older_than", "guests", "disabled_accounts"} {
			if mode, ok := l.eval.text(attr); ok && mode != string(ledger.Take) && attrs[name] != nil {
				l.fail(attrs[name].NameRange, "Nothing is removed", "%s narrows what is removed, and action is %q.", name, mode)
			}
		}
	}
	if mode, ok := l.eval.text(attr); ok {
		p.Unmanaged = ledger.UnmanagedMode(mode)
		l.oneOf(attr, mode, "ignore", "warn", "remove")
	}
}

// days reads a number of days: "30d".
func (l *lowering) days(attr *hclsyntax.Attribute) int {
	text, ok := l.eval.text(attr)
	if !ok {
		return 0
	}
	n, err := strconv.Atoi(strings.TrimSuffix(text, "d"))
	const most = 365
	if err != nil || !strings.HasSuffix(text, "d") || n < 1 || n > most {
		l.fail(attr.Expr.Range(), "Not a number of days", "%q is not a number of days from \"1d\" to \"%dd\", such as \"30d\".", text, most)
		return 0
	}
	return n
}
