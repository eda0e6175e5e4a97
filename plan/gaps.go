package plan

import (
	"slices"

	"github.com/usher-cli/usher/ledger"
)

// openGap reports whether a call was split and only its first half ran.
func (s *scheduler) openGap() bool {
	for i, c := range s.calls {
		if c.Gap && len(c.Undo) == 0 && s.state[i] == ran && !s.secondRan(i) {
			return true
		}
	}
	return false
}

// secondRan reports whether the other half of a first half ran as well.
func (s *scheduler) secondRan(first int) bool {
	for j, c := range s.calls {
		if len(c.Undo) > 0 && c.Holder == s.calls[first].Holder && slices.Contains(c.After, s.calls[first].ID) {
			return s.state[j] == ran
		}
	}
	return true
}

// splitGaps makes an order possible where none is, by splitting as few calls
// as it finds necessary into what they give up and what they get later. It
// returns the calls as they would have to be, and who would be without a seat
// for a moment. What moves units one for one needs no gap more than this.
//
//	Ada has E3 and gets E5; Ben has E5 and gets E3; both pools are full
//
// One of the two has to be without a license for a moment. Ada gives up E3, Ben moves to it,
// and Ada gets E5. That is a gap, and -allow-gaps permits it.
func splitGaps(calls []ledger.Call, b *book, g ledger.Guard) ([]ledger.Call, []Gap) {
	var all []Gap
	for {
		s := arrange(calls, b)
		left := s.left()
		if len(left) == 0 {
			return calls, lasting(all, s)
		}
		found := components(calls, left)
		if len(found) == 0 { // they wait for each other, which no gap helps: refused
			return calls, append(all, Gap{Person: calls[left[0]].Holder.Address(), People: len(left), Items: []string{}})
		}
		for _, component := range found {
			gap, at := chooseGap(calls, component, g, b)
			all = append(all, gap)
			if at < 0 {
				return calls, all
			}
			calls = splitCall(calls, at)
		}
	}
}

// components groups calls that are stuck by the pools that they connect: one
// free unit in any pool of a group of one-for-one calls sets all of it going.
//
// People in different circles do not help each other: each circle needs a gap or a free seat
// of its own.
func components(calls []ledger.Call, stuck []int) [][]int {
	parent := map[ledger.PoolID]ledger.PoolID{}
	var find func(p ledger.PoolID) ledger.PoolID
	find = func(p ledger.PoolID) ledger.PoolID {
		if up, ok := parent[p]; ok && up != p {
			root := find(up)
			parent[p] = root
			return root
		}
		return p
	}
	for _, i := range stuck {
		for _, d := range net(calls[i]) {
			parent[find(d.Pool)] = find(net(calls[i])[0].Pool)
		}
	}
	var all [][]int
	at := map[ledger.PoolID]int{}
	for _, i := range stuck {
		draws := net(calls[i])
		if len(draws) == 0 {
			continue // it only waits for one of the others
		}
		root := find(draws[0].Pool)
		if _, known := at[root]; !known {
			at[root] = len(all)
			all = append(all, nil)
		}
		all[at[root]] = append(all[at[root]], i)
	}
	return all
}

// chooseGap picks whose call of a component is split: a person who is not
// protected and moves one for one, where there is one. Without anybody whose
// call can be split the position is negative.
//
// In a circle any call will do, and the choice is the person who is not protected. Of richer
// calls each is tried, and the one that lets most others run is taken.
func chooseGap(calls []ledger.Call, component []int, g ledger.Guard, b *book) (Gap, int) {
	best, rank := -1, 0
	gap := Gap{People: len(component)}
	gap.Items, gap.Seats = remedies(calls, component, b)
	simple := true
	for _, i := range component {
		simple = simple && oneForOne(calls[i])
	}
	for _, i := range component {
		r := gapRank(calls[i], g)
		if r > 0 && !simple && len(component) <= mostTrials { // of a circle any call will do, of richer calls not
			s := arrange(splitCall(calls, i), b)
			r += 4 * len(s.done)
		}
		if r > rank {
			best, rank = i, r
		}
	}
	if best < 0 {
		gap.Person = calls[component[0]].Holder.Address()
		return gap, best
	}
	gap.Person = calls[best].Holder.Address()
	for _, s := range calls[best].Steps {
		if s.Op == ledger.Remove && !s.Kept {
			gap.Without = append(gap.Without, s.Item.Name)
		}
	}
	return gap, best
}

// mostTrials bounds how many calls of a component are tried one by one.
const mostTrials = 40

// gapRank is how well a call lends itself to being split; 0 is not at all.
func gapRank(c ledger.Call, g ledger.Guard) int {
	if c.Holder.Kind != ledger.User || len(c.Takes) == 0 || len(c.Releases) == 0 || c.Gap {
		return 0
	}
	rank := 1
	if oneForOne(c) {
		rank++
	}
	if !g.Protects(c.Holder.Identity()) {
		rank += 2
	}
	return rank
}

// splitCall splits a call into its removals, in its place, and the rest, at
// the end. Who comes after the call comes after both.
//
// The second half knows how to undo the first: a run that cannot give the new seat gives the
// old one back.
func splitCall(calls []ledger.Call, at int) []ledger.Call {
	calls = slices.Clone(calls)
	whole := calls[at]
	first, second := whole, ledger.Call{ID: len(calls) + 1, Holder: whole.Holder, Takes: whole.Takes, After: []int{whole.ID}, Gap: true}
	first.Takes, first.Gap = nil, true
	first.Steps = filter(whole.Steps, func(s ledger.Step) bool { return s.Op == ledger.Remove })
	second.Steps = filter(whole.Steps, func(s ledger.Step) bool { return s.Op != ledger.Remove })
	for _, s := range first.Steps {
		second.Undo = append(second.Undo, ledger.Step{Op: ledger.Add, Holder: s.Holder, Item: s.Item, After: s.Before, Origins: s.Origins})
	}
	calls[at] = first
	for i := range calls {
		if slices.Contains(calls[i].After, whole.ID) {
			calls[i].After = append(slices.Clone(calls[i].After), second.ID)
		}
	}
	return append(calls, second)
}
