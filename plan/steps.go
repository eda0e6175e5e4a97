package plan

import (
	"iter"

	"github.com/usher-cli/usher/ledger"
)

// EachStep goes through every step of the plan, with a call or without. A plan can have a
// million, so no list of them is made.
func (p *Plan) EachStep() iter.Seq[ledger.Step] {
	return func(yield func(ledger.Step) bool) {
		for i := range p.Calls {
			for n := range p.Calls[i].Steps {
				if !yield(p.Calls[i].Steps[n]) {
					return
				}
			}
		}
		for i := range p.Records {
			if !yield(p.Records[i]) {
				return
			}
		}
	}
}

// Steps returns every step of the plan, with a call or without.
func (p *Plan) Steps() []ledger.Step {
	all := make([]ledger.Step, 0, len(p.Calls)+len(p.Records))
	for s := range p.EachStep() {
		all = append(all, s)
	}
	return all
}
