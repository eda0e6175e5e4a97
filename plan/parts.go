package plan

import (
	"slices"

	"github.com/usher-cli/usher/catalog"
	"github.com/usher-cli/usher/ledger"
)

// part is what a holder gains, or what it loses. A person's two parts travel
// in one call, so that moving between products leaves no moment without one,
// unless that would make calls wait for each other in a circle.
type part struct {
	steps  []ledger.Step
	draws  []ledger.Draw // releases negative
	after  []int         // other parts
	twin   int           // the holder's other part; -1 for none
	rides  []string      // items that a retry brings about besides, where they do not come first
	waits  string
	manual string
}

// comesAfter lets a part wait for another one, by its position.
func (p *part) comesAfter(other int) {
	if !slices.Contains(p.after, other) {
		p.after = append(p.after, other)
	}
}

// waitForGroup makes the part wait for the service to finish with a group, of several
// the first.
func (p *part) waitForGroup(group string) {
	if text := "the service to finish with the group " + group; p.waits == "" || text < p.waits {
		p.waits = text
	}
}

// bookUnits books units that the part takes from a pool, negative where it gives
// them back.
func (p *part) bookUnits(pool ledger.PoolID, units int64, limit bool) {
	for i := range p.draws {
		if d := &p.draws[i]; d.Pool == pool && d.Limit == limit {
			d.Units += units
			return
		}
	}
	p.draws = append(p.draws, ledger.Draw{Pool: pool, Units: units, Limit: limit})
}

// sumUp puts the part into its final form: nobody feels a removal from a
// group whose members all keep the item.
func (p *part) sumUp() {
	for i := range p.steps {
		if s := &p.steps[i]; s.Holder.Kind == ledger.Group && s.Op == ledger.Remove {
			s.Kept = s.People+s.Reduced == 0
		}
	}
	slices.Sort(p.after)
}

// partsOf makes parts of steps, which are sorted by holder.
//
// Units inside an environment are one request each; the numbers of an environment are one
// request, and its document of credits another.
func partsOf(steps []ledger.Step) []*part {
	var parts []*part
	for start := 0; start < len(steps); {
		end := start + 1
		for end < len(steps) && steps[end].Holder.Identity() == steps[start].Holder.Identity() {
			end++
		}
		of := steps[start:end]
		start = end
		if of[0].Holder.Kind.Inside() { // every row is a request of its own
			for _, s := range of {
				parts = append(parts, &part{steps: []ledger.Step{s}, twin: -1})
			}
			continue
		}
		gains, losses := filter(of, raises), filter(of, lowers)
		at := len(parts)
		halves := [][]ledger.Step{losses, gains}
		if of[0].Holder.Kind == ledger.Environment { // the numbers, and the document with rules, which is written as a whole
			halves = nil
			for _, half := range [][]ledger.Step{losses, gains} {
				halves = append(halves, filter(half, func(s ledger.Step) bool { return !inDocument(s) }))
			}
			halves = append(halves, filter(of, inDocument))
		}
		for _, half := range halves {
			if len(half) > 0 {
				parts = append(parts, &part{steps: half, twin: -1})
			}
		}
		if len(gains) > 0 && len(losses) > 0 && of[0].Holder.Kind != ledger.Environment {
			parts[at].twin, parts[at+1].twin = at+1, at
		}
	}
	return parts
}

// inDocument reports whether a step is part of an environment's document of credits.
func inDocument(s ledger.Step) bool { return catalog.InDocument(s.Item.ID) }

// filter returns the steps that are to be kept.
func filter(steps []ledger.Step, keep func(ledger.Step) bool) []ledger.Step {
	var kept []ledger.Step
	for _, s := range steps {
		if keep(s) {
			kept = append(kept, s)
		}
	}
	return kept
}

// lowers reports whether a step leaves its holder fewer units.
func lowers(s ledger.Step) bool { return delta(s) < 0 }

// raises reports whether a step leaves its holder at least as many units.
func raises(s ledger.Step) bool { return delta(s) >= 0 }

// delta is the change of units that a step makes for its holder.
func delta(s ledger.Step) int64 {
	return s.After.Amount() - s.Before.Amount()
}
