package plan

import "github.com/usher-cli/usher/ledger"

// moves measures how many people come and go because somebody changed an attribute in the
// directory. Nobody reviews that: it is no change of a file.
//
// A selector that no record knows is new, and a pull request shows whom it finds. One that the
// files no longer have is taken out, and that is reviewed as well.
func moves(p *Plan, in Input) []Breach {
	if len(in.Selectors) == 0 {
		return nil
	}
	before := map[string]bool{}
	found := map[string]bool{} // people, by id
	for key, m := range in.Matched {
		before[m.Selector], found[key.Holder] = true, true
	}
	for key := range in.Matches {
		found[key.Holder] = true
	}
	moved := map[string]bool{}
	for s := range p.EachStep() {
		newly, covered := in.Matches[s.Key()]
		formerly, was := in.Matched[s.Key()]
		comes := s.Op == ledger.Add && covered && before[newly.Selector]
		goes := s.Op == ledger.Remove && was && !covered && in.Selectors[formerly.Selector]
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
