package apply

import (
	"slices"

	"github.com/usher-cli/usher/ledger"
)

// restarting notes which flows the run is going to turn off and on, before the
// first of them is off: one that a killed run left off is turned on by the next.
func (c *recorder) restarting() {
	for _, call := range c.p.Calls {
		if s := call.Steps[0]; s.Op == ledger.Restart && s.Why != ledger.Unfinished {
			c.doc.Restarts = append(c.doc.Restarts, ledger.Grant{Holder: s.Holder, Item: s.Item})
		}
	}
	ledger.SortGrants(c.doc.Restarts)
}

// restarted drops the note when it is known how the flow ended. One that did
// not come back is somebody's to look at now: turning it off once more, after
// they turned it on, would be worse.
func (c *recorder) restarted(s ledger.Step, res ledger.Result) {
	if res.Outcome == ledger.Done || res.Outcome == ledger.Failed {
		c.doc.Restarts = slices.DeleteFunc(c.doc.Restarts, func(g ledger.Grant) bool { return g.Key() == s.Key() })
	}
}
