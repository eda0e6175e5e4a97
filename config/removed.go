package config

import (
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/usher-cli/usher/ledger"
)

// removed lowers what usher lets go of, and leaves in the tenant.
//
//	removed {
//	  from = "assignment.sales"
//	  keep = true
//	}
//
// A line that goes without such a block takes the seat. So keep has to be said, and to be true.
func (l *lowering) removed(b *hclsyntax.Block) {
	attrs := b.Body.Attributes
	from, ok := l.eval.required(attrs["from"])
	if !ok || attrs["keep"] == nil {
		return // told as missing
	}
	if !l.eval.flag(attrs["keep"]) {
		l.fail(attrs["keep"].Expr.Range(), "Nothing is kept",
			"keep has to be true: without this block, usher takes what the files do not ask for.")
		return
	}
	kind, label, isBlock := strings.Cut(from, ".")
	isBlock = isBlock && label != "" && (kind == "license" || kind == "assignment")
	if _, _, err := ledger.SplitHolder(strings.SplitN(from, ":", 2)[0]); err != nil && !isBlock {
		l.fail(attrs["from"].Expr.Range(), "Wrong address", "%q is no address such as \"user/ada@contoso.com\" or "+
			"\"group/makers:SPE_E5\", and no block such as \"license.e5\" or \"assignment.sales\".", from)
		return
	}
	l.cfg.LetGo = append(l.cfg.LetGo, ledger.LetGo{From: from, Origin: origin(b)})
}
