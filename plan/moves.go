package plan

import (
	"maps"
	"slices"

	"github.com/usher-cli/usher/ledger"
)

// moves measures how many people come and go because somebody changed an attribute in the
// directory. Nobody reviews that: it is no change of a file.
//
// A selector that no complete run has applied is new, and a pull request shows whom it finds. So
// is one that leaves out others than before. What an interrupted run meant to give, and what
// somebody took away by hand, is no move either.
func moves(p *Plan, in Input) []Breach {
	claimed := approvals(in.Claims)
	settled := approvals(in.Approved)
	found := map[string]bool{} // people, by id
	for _, matches := range []map[ledger.Key]ledger.Match{in.Matched, in.Matches} {
		for key := range matches {
			found[key.Holder] = true
		}
	}
	moved := map[string]bool{}
	for s := range p.EachStep() {
		_, meant := claimed[s.Key()]
		newly, covered := in.Matches[s.Key()]
		formerly, was := in.Matched[s.Key()]
		comes := s.Op == ledger.Add && s.Why != ledger.Drift && covered && in.applied(newly) && !meant
		goes := s.Op == ledger.Remove && was && !covered && in.applied(formerly) && !settled.covers(s)
		if comes || goes {
			moved[s.Holder.ID] = true
		}
	}
	n, of := int64(len(moved)), int64(len(found))
	if allowed := in.Guard.Moves(of); n > allowed {
		return []Breach{{Kind: Moves, Count: n, Of: of, Allowed: allowed}}
	}
	return nil
}

// applied reports whether the selector of a match stands in the files as a complete run has applied it.
func (in Input) applied(m ledger.Match) bool {
	selector, stands := in.Selectors[m.Key()]
	return stands && slices.Contains(in.Applied, selector)
}

// selectors are those of the files, where the plan is about everything.
func (in Input) selectors() []string {
	if len(in.Targets) > 0 || in.Only != "" || len(in.Selectors) == 0 {
		return nil
	}
	return slices.Sorted(maps.Values(in.Selectors))
}

// foundAnew reports whether a selection finds somebody who has it already, and the record does not
// say so, or says so of another selector.
func (t *table) foundAnew(r row) bool {
	m, found := t.in.Matches[r.key]
	return found && !m.By(t.in.Matched[r.key])
}

// match notes, of steps that give or adopt, the attributes that make them.
func (in Input) match(steps []ledger.Step) {
	for i := range steps {
		if m, found := in.Matches[steps[i].Key()]; found && steps[i].Op != ledger.Remove {
			steps[i].Match = &m
		}
	}
}
