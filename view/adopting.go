package view

import (
	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
)

// adopting sums up the first plan of a tenant that exists, which is too long to read.
//
//	First plan: 7,900 seats and units are there already, 12 differ, 88 are not declared. usher apply -only=adopt takes over …
func (p *Page) adopting(pl *plan.Plan) {
	adopt, differ, undeclared := 0, 0, 0
	for s := range pl.EachStep() {
		switch {
		case s.Op == ledger.Adopt:
			adopt++
		case s.Op == ledger.Change && s.Taken:
			differ++
		}
	}
	for _, n := range pl.Notices {
		if n.Code == "unmanaged" {
			undeclared++
		}
	}
	if pl.State.Lineage == "" && pl.Only == "" && adopt > mostRows {
		p.say("First plan: %d of the seats and units are there already, %s, and %s not declared.", adopt,
			ledger.Plural(differ, "differs", "differ"), ledger.Plural(undeclared, "is", "are"))
		if len(pl.Calls) > 0 {
			p.say("usher apply -only=adopt takes over what is there already, and changes nothing in the tenant.")
		}
	}
}
