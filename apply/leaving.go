package apply

import (
	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/state"
)

// leaving notes since when no line asks for what is held. The clock starts with this run, and not
// with the day on which the plan was made; and where not everything was read, it starts for nobody.
func (c *recorder) leaving() {
	if c.p.Held == nil {
		return
	}
	since := map[ledger.Key]string{}
	for _, l := range c.doc.Leaving {
		since[l.Key()] = l.Since
	}
	c.doc.Leaving = nil
	for _, h := range c.p.Held {
		g := ledger.Grant{Holder: h.Holder, Item: h.Item, Value: ledger.Value{Units: 1}}
		day := since[g.Key()]
		if day == "" && !c.p.Incomplete() {
			day = c.r.Day()
		}
		if day != "" {
			c.doc.Leaving = append(c.doc.Leaving, state.Leaving{Grant: g, Since: day})
		}
	}
}
