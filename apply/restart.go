package apply

import (
	"slices"

	"github.com/usher-cli/usher/ledger"
)

// restarting notes which flows the run is going to turn off and on, before the
// first of them is off: one that a killed run left off is turned on by the next.
func (c *recorder) restarting() {
	for _, call := range c.p.Calls {
		if s := call.Steps[0]; s.Op == ledger.Reprocess && s.Holder.Kind == ledger.Flow && s.Why != ledger.Unfinished {
			c.doc.Restarts = append(c.doc.Restarts, ledger.Grant{Holder: s.Holder, Item: s.Item})
		}
	}
	ledger.SortGrants(c.doc.Restarts)
}

// restarted drops the note when the flow is on again, or could not be turned
// off in the first place.
func (c *recorder) restarted(s ledger.Step, res ledger.Result) {
	leftAlone := res.Outcome == ledger.Failed && !res.Accepted && s.Why != ledger.Unfinished
	if res.Outcome == ledger.Done || leftAlone {
		c.doc.Restarts = slices.DeleteFunc(c.doc.Restarts, func(g ledger.Grant) bool { return g.Key() == s.Key() })
	}
}
