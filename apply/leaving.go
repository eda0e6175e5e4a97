package apply

import (
	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/state"
)

// leaving notes since when no line asks for what is held. A clock starts with this run, and not with
// the day on which the plan was made.
func (c *recorder) leaving() {
	if c.p.Held == nil {
		return
	}
	held := c.p.Leaving(c.doc.LeavingSince(), c.r.Day())
	c.doc.Leaving = nil
	for _, h := range held {
		g := ledger.Grant{Holder: h.Holder, Item: h.Item, Value: ledger.Value{Units: 1}}
		c.doc.Leaving = append(c.doc.Leaving, state.Leaving{Grant: g, Since: h.Since})
	}
}
