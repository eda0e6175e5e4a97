package plan

import (
	"slices"

	"github.com/usher-cli/usher/ledger"
)

// cover knows which items users hold through groups. A seat is counted once
// for a user, however many sources it has.
type cover map[ledger.Key]bool

func newCover(have ledger.Have) cover {
	c := make(cover, len(have.Inherited))
	for _, i := range have.Inherited {
		c[ledger.Key{Kind: ledger.User, Holder: i.User.ID, Item: i.Item}] = true
	}
	return c
}

// group makes calls of steps, which are sorted by holder. All steps of a user
// travel in one request, so that moving between products leaves no moment
// without one. An environment's numbers are lowered and raised by two calls:
// its types are independent, and a lowering must not wait for a raise.
func group(steps []ledger.Step, c cover) []ledger.Call {
	var calls []ledger.Call
	for start := 0; start < len(steps); {
		end := start + 1
		for end < len(steps) && steps[end].Holder.Identity() == steps[start].Holder.Identity() {
			end++
		}
		of := steps[start:end]
		if of[0].Holder.Kind != ledger.Environment {
			calls = append(calls, newCall(of, c))
		} else {
			for _, part := range [][]ledger.Step{filter(of, lowers), filter(of, raises)} {
				if len(part) > 0 {
					calls = append(calls, newCall(part, c))
				}
			}
		}
		start = end
	}
	return calls
}

func filter(steps []ledger.Step, keep func(ledger.Step) bool) []ledger.Step {
	var kept []ledger.Step
	for _, s := range steps {
		if keep(s) {
			kept = append(kept, s)
		}
	}
	return kept
}

func lowers(s ledger.Step) bool { return delta(s) < 0 }

func raises(s ledger.Step) bool { return delta(s) >= 0 }

// delta is the change of units that a step makes for its holder.
func delta(s ledger.Step) int64 {
	var d int64
	if s.After != nil {
		d += s.After.Units
	}
	if s.Before != nil {
		d -= s.Before.Units
	}
	return d
}

func newCall(steps []ledger.Step, c cover) ledger.Call {
	call := ledger.Call{Holder: steps[0].Holder, Steps: slices.Clone(steps)}
	for i := range call.Steps {
		s := &call.Steps[i]
		d := delta(*s)
		covered := c[s.Key()] // by a group, before and after
		s.Kept = covered && s.Op == ledger.Remove
		if covered {
			d = 0
		}
		draw := ledger.Draw{Pool: ledger.PoolID{Item: s.Item.ID}, Units: max(d, -d)}
		switch {
		case d > 0:
			call.Takes = append(call.Takes, draw)
		case d < 0:
			call.Releases = append(call.Releases, draw)
		}
	}
	return call
}
