package plan

import (
	"fmt"
	"math/bits"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/usher-cli/usher/ledger"
)

// TestGapsOfCycles: what each shape of swaps costs when no seat is free.
func TestGapsOfCycles(t *testing.T) {
	for _, c := range []struct {
		name  string
		moves [][2]int // from, to
		room  map[int]int64
		gaps  int
	}{
		{"two people", ring(0, 2), nil, 1},
		{"three people", ring(0, 3), nil, 1},
		{"fifty people", ring(0, 50), nil, 1},
		{"two circles apart", slices.Concat(ring(0, 2), ring(2, 3)), nil, 2},
		{"two circles with one product in common", slices.Concat(ring(0, 3), ring(2, 2)), nil, 1},
		{"one free seat", ring(0, 3), map[int]int64{1: 1}, 0},
		{"one free seat that a greedy order spends elsewhere", slices.Concat([][2]int{{3, 0}}, ring(0, 2)), map[int]int64{0: 1}, 0},
		{"fifty people and one free seat", ring(0, 50), map[int]int64{17: 1}, 0},
	} {
		room := map[ledger.PoolID]int64{}
		for p, n := range c.room {
			room[pool(p)] = n
		}
		var calls []ledger.Call
		for i, m := range c.moves {
			calls = append(calls, swap(i, m[0], m[1]))
		}
		split, gaps := splitGaps(calls, testBook(room), ledger.Guard{})
		if len(gaps) != c.gaps {
			t.Errorf("%s: %d gaps, want %d", c.name, len(gaps), c.gaps)
		}
		if s := arrange(split, testBook(room)); len(s.left()) > 0 {
			t.Errorf("%s: %d calls are stuck in spite of the gaps", c.name, len(s.left()))
		}
	}
}

// ring moves n people in a circle of n products, from the first on.
func ring(first, n int) [][2]int {
	var moves [][2]int
	for i := range n {
		moves = append(moves, [2]int{first + i, first + (i+1)%n})
	}
	return moves
}

// testBook has pools with so much room.
func testBook(room map[ledger.PoolID]int64) *book {
	b := &book{pools: map[ledger.PoolID]*ledger.Pool{}, names: map[string]string{}}
	for id, n := range room {
		b.poolOf(id).Owned = n
		b.poolOf(id).Open()
	}
	return b
}

// TestLawsGapsAreNeeded compares the number of gaps with an exhaustive search:
// of calls that swap one for one none is split without need. For richer calls
// it reports how often the heuristic splits more than it had to.
func TestLawsGapsAreNeeded(t *testing.T) {
	worlds, stuck, richWorlds, richStuck, richMore := 0, 0, 0, 0, 0
	rapid.Check(t, func(t *rapid.T) {
		pools := rapid.IntRange(2, 4).Draw(t, "pools")
		room := map[ledger.PoolID]int64{}
		for i := range pools {
			room[pool(i)] = int64(rapid.SampledFrom([]int{0, 0, 0, 0, 1}).Draw(t, "room"))
		}
		rich := rapid.Bool().Draw(t, "rich")
		var calls []ledger.Call
		for i := range rapid.IntRange(1, 7).Draw(t, "calls") {
			calls = append(calls, draw(t, i, pools, rich && rapid.Bool().Draw(t, "rich call")))
		}
		makeAllFit(calls, room)
		need := fewestGaps(calls, room)
		split, gaps := splitGaps(calls, testBook(room), ledger.Guard{})
		if s := arrange(split, testBook(room)); len(s.left()) > 0 {
			t.Fatalf("%d calls are stuck in spite of %d gaps", len(s.left()), len(gaps))
		}
		simple := !slices.ContainsFunc(calls, func(c ledger.Call) bool { return !oneForOne(c) })
		switch {
		case len(gaps) < need:
			t.Fatalf("%d gaps, and no order has less than %d", len(gaps), need)
		case simple && len(gaps) > need:
			t.Fatalf("%d gaps, and %d are enough", len(gaps), need)
		case simple:
			worlds++
			stuck += min(need, 1)
		default:
			richWorlds++
			richStuck += min(need, 1)
			if len(gaps) > need {
				richMore++
			}
			if len(gaps) > 0 && need == 0 {
				t.Fatalf("%d gaps, and there is an order without: %v", len(gaps), calls)
			}
		}
	})
	t.Logf(
		"%d worlds of swaps one for one, %d that need gaps, none with a gap more than needed; %d worlds with richer calls, %d "+
			"that need gaps, %d with more than needed, none of them with none needed",
		worlds,
		stuck,
		richWorlds,
		richStuck,
		richMore,
	)
}

// draw makes a swap, or with rich a call that takes and gives up one or two.
func draw(t *rapid.T, n, pools int, rich bool) ledger.Call {
	order := rapid.Permutation(numbers(pools)).Draw(t, "order")
	if !rich || pools < 3 {
		return swap(n, order[0], order[1])
	}
	c := swap(n, order[0], order[1])
	extra := ledger.Draw{Pool: pool(order[2]), Units: 1}
	if rapid.Bool().Draw(t, "takes two") {
		c.Takes = append(c.Takes, extra)
	} else {
		c.Releases = append(c.Releases, extra)
	}
	return c
}

func numbers(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

// makeAllFit gives every pool the units that it lacks after all calls.
func makeAllFit(calls []ledger.Call, room map[ledger.PoolID]int64) {
	end := copyRoom(room)
	for _, c := range calls {
		for _, d := range net(c) {
			end[d.Pool] -= d.Units
		}
	}
	for p, n := range end {
		room[p] += max(0, -n)
	}
}

// fewestGaps tries every set of calls to split, the small ones first, and
// every order of what they become.
func fewestGaps(calls []ledger.Call, room map[ledger.PoolID]int64) int {
	sets := numbers(1 << len(calls))
	slices.SortStableFunc(sets, func(a, b int) int { return bits.OnesCount(uint(a)) - bits.OnesCount(uint(b)) })
	for _, set := range sets {
		parts := calls
		for i := range calls {
			if set&(1<<i) != 0 {
				parts = splitCall(parts, i)
			}
		}
		if canAllRun(parts, copyRoom(room), 0, map[int]bool{}) {
			return bits.OnesCount(uint(set))
		}
	}
	panic(fmt.Sprint("even splitting everything does not help: ", calls))
}

func canAllRun(calls []ledger.Call, room map[ledger.PoolID]int64, done int, hopeless map[int]bool) bool {
	if done == 1<<len(calls)-1 {
		return true
	}
	if hopeless[done] {
		return false
	}
	for i, c := range calls {
		waits := slices.ContainsFunc(c.After, func(id int) bool { return done&(1<<(id-1)) == 0 })
		full := slices.ContainsFunc(c.Takes, func(d ledger.Draw) bool { return room[d.Pool] < d.Units })
		if done&(1<<i) != 0 || waits || full {
			continue
		}
		for _, d := range net(c) {
			room[d.Pool] -= d.Units
		}
		ok := canAllRun(calls, room, done|1<<i, hopeless)
		for _, d := range net(c) {
			room[d.Pool] += d.Units
		}
		if ok {
			return true
		}
	}
	hopeless[done] = true
	return false
}
