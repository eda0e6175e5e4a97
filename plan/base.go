package plan

import (
	"slices"

	"github.com/usher-cli/usher/ledger"
)

// Base is the revision that a branch is to be merged into.
type Base struct {
	Revision string `json:"revision"` // as it was named
	Commit   string `json:"commit"`
	Behind   int    `json:"behind,omitempty"` // commits that it has and the branch has not
	// Rules are the rules that the branch changes in favour of what it does.
	Rules []ledger.RuleChange `json:"rules,omitempty"`
	// Unread says why nobody knows which steps are the branch's own; "" where that is known.
	Unread string `json:"unread,omitempty"`
}

// Binds reports whether the base forbids applying what the branch declares. Once the
// branch is merged, the base is the same, and it does no more.
func (b *Base) Binds() bool { return b != nil && len(b.Rules) > 0 }

// Beside tells apart what the branch asks for and what its base asks for, too. The plan of
// the base is of the same reading; nil where there is none. Its wants are what its files ask
// for: a removal names the line that goes.
//
//	base     - ben E3 (he left), + ada E5 (somebody took it)
//	branch   - ben E3, + ada E5, + cleo E5
//	         Cleo's seat is the branch's step, the others are not
func (p *Plan) Beside(b Base, other *Plan, wants []ledger.Grant) {
	p.Base = &b
	if other == nil {
		return
	}
	p.askBaseToo(other.owning)
	if errs := other.Errors(); len(errs) > 0 {
		b.Unread = errs[0].Text
		return
	}
	asked := map[ledger.Key][]ledger.Step{}
	for s := range other.EachStep() {
		asked[s.Key()] = append(asked[s.Key()], s)
	}
	lines := map[ledger.Key][]ledger.Origin{}
	for i := range wants {
		lines[wants[i].Key()] = wants[i].Origins
	}
	mark := func(steps []ledger.Step) {
		for i := range steps {
			s := &steps[i]
			if s.Op == ledger.Remove && len(s.Origins) == 0 {
				s.Was = lines[s.Key()]
			}
			s.InBase = slices.ContainsFunc(asked[s.Key()], func(o ledger.Step) bool { return sameChange(o, *s) })
		}
	}
	for i := range p.Calls {
		mark(p.Calls[i].Steps)
	}
	mark(p.Records)
}

// sameChange reports whether two steps of the same grant do the same.
func sameChange(a, b ledger.Step) bool {
	return a.Op == b.Op && sameJSON(a.Before, b.Before) && sameJSON(a.After, b.After)
}
