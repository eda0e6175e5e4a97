package plan

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/usher-cli/usher/ledger"
)

// TestLawsOrderStartsAllThatAnyOrderCan compares the order of one-for-one
// swaps with an exhaustive search: no call stays stuck that some order of all
// calls could start.
func TestLawsOrderStartsAllThatAnyOrderCan(t *testing.T) {
	stuckWorlds := 0
	rapid.Check(t, func(t *rapid.T) {
		pools := rapid.IntRange(2, 5).Draw(t, "pools")
		room := map[ledger.PoolID]int64{}
		for i := range pools {
			room[pool(i)] = int64(rapid.SampledFrom([]int{0, 0, 0, 1, 2}).Draw(t, "room"))
		}
		var calls []ledger.Call
		for i := range rapid.IntRange(1, 8).Draw(t, "calls") {
			from := rapid.IntRange(0, pools-1).Draw(t, "from")
			to := (from + rapid.IntRange(1, pools-1).Draw(t, "to")) % pools
			calls = append(calls, swap(i, from, to))
		}
		makeEndFit(calls, room)
		best := mostStarted(calls, copyRoom(room), 0, map[int]int{})
		if best < len(calls) {
			stuckWorlds++
		}
		s := newScheduler(calls, copyRoom(room))
		s.schedule()
		if len(s.done) != best {
			t.Fatalf("%d of %d calls start, and %d could", len(s.done), len(calls), best)
		}
		var ordered []ledger.Call
		for _, i := range s.done {
			ordered = append(ordered, calls[i])
		}
		replay(t, ordered, room)
	})
	t.Logf("%d worlds have calls that no order starts", stuckWorlds)
}

func pool(i int) ledger.PoolID { return ledger.PoolID{Item: fmt.Sprintf("sku-%d", i)} }

// swap is a call that gives up a unit of one pool and takes one of another.
func swap(n, from, to int) ledger.Call {
	h := ledger.Holder{Kind: ledger.User, ID: fmt.Sprintf("user-%d", n)}
	return ledger.Call{ID: n + 1, Holder: h, Steps: []ledger.Step{
		{Op: ledger.Remove, Holder: h, Item: ledger.Item{ID: pool(from).Item}, Before: &ledger.Value{Units: 1}},
		{Op: ledger.Add, Holder: h, Item: ledger.Item{ID: pool(to).Item}, After: &ledger.Value{Units: 1}}},
		Takes: []ledger.Draw{{Pool: pool(to), Units: 1}}, Releases: []ledger.Draw{{Pool: pool(from), Units: 1}}}
}

func copyRoom(room map[ledger.PoolID]int64) map[ledger.PoolID]int64 {
	c := map[ledger.PoolID]int64{}
	for k, v := range room {
		c[k] = v
	}
	return c
}

// makeEndFit gives every pool the units that it lacks after all calls: what
// does not fit in the end is a shortage, and no question of order.
func makeEndFit(calls []ledger.Call, room map[ledger.PoolID]int64) {
	end := copyRoom(room)
	for _, c := range calls {
		end[c.Takes[0].Pool]--
		end[c.Releases[0].Pool]++
	}
	for p, n := range end {
		room[p] += max(0, -n)
	}
}

// mostStarted tries every order; done is the set of calls that ran.
func mostStarted(calls []ledger.Call, room map[ledger.PoolID]int64, done int, memo map[int]int) int {
	if n, ok := memo[done]; ok {
		return n
	}
	best := 0
	for i, c := range calls {
		if done&(1<<i) != 0 || room[c.Takes[0].Pool] < 1 {
			continue
		}
		room[c.Takes[0].Pool]--
		room[c.Releases[0].Pool]++
		best = max(best, 1+mostStarted(calls, room, done|1<<i, memo))
		room[c.Takes[0].Pool]++
		room[c.Releases[0].Pool]--
	}
	memo[done] = best
	return best
}

func replay(t *rapid.T, calls []ledger.Call, room map[ledger.PoolID]int64) {
	for _, c := range calls {
		if room[c.Takes[0].Pool] < 1 {
			t.Fatalf("the call of %s does not fit at its turn", c.Holder.ID)
		}
		room[c.Takes[0].Pool]--
		room[c.Releases[0].Pool]++
	}
}
