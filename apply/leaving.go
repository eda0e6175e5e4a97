package apply

import (
	"slices"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/state"
)

// leaving notes since when no line asks for what is held. A clock starts with this run, and not with
// the day on which the plan was made. It starts only where the plan is about everything, which the
// guard has judged, and where everything was read; and where a part was not read, no clock is lost.
func (c *recorder) leaving() {
	if c.p.Held == nil {
		return
	}
	since, left := map[ledger.Key]string{}, map[ledger.Key]state.Leaving{}
	for _, l := range c.doc.Leaving {
		since[l.Key()], left[l.Key()] = l.Since, l
	}
	c.doc.Leaving = nil
	for _, h := range c.p.Held {
		g := ledger.Grant{Holder: h.Holder, Item: h.Item, Value: ledger.Value{Units: 1}}
		day := since[g.Key()]
		if day == "" && !c.p.Incomplete() && c.p.Whole() {
			day = c.r.Day()
		}
		if day != "" {
			c.doc.Leaving = append(c.doc.Leaving, state.Leaving{Grant: g, Since: day})
		}
		delete(left, g.Key())
	}
	if c.p.Incomplete() {
		for _, l := range left {
			c.doc.Leaving = append(c.doc.Leaving, l)
		}
	}
	slices.SortFunc(c.doc.Leaving, func(a, b state.Leaving) int { return a.Key().Compare(b.Key()) })
}
