package plan

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"

	"github.com/usher-cli/usher/ledger"
)

// What bounds a search: how many states it looks at, and how many classes of calls
// in all of them together.
const (
	mostNodes = 30_000
	mostWork  = 3_000_000
)

// search looks for an order of all open calls from a state in which the usual
// order gets stuck. It tries every order of the calls that compete for room, as far
// as its bound allows, and reports whether it found one; then all open calls have run.
//
// Swaps one for one have an order that is found by walking, see trails. Richer calls do not:
// to find an order for calls that take two products and release one is as hard as packing.
// So a few are searched, and many end as a shortage with its way out.
func (s *scheduler) search() bool {
	x := newSearcher(s)
	if !x.solve() {
		return false
	}
	for _, i := range x.order {
		s.runCall(i)
	}
	return true
}

// searcher is the state of a search. Calls that take and release the same and
// have nobody before or after them are one class: which of them goes first makes no
// difference.
//
// A thousand people who all move from E3 to E5 are one class. The states of a search are
// counts by class, and there are few of those.
type searcher struct {
	s       *scheduler
	classes []*class
	room    []int64 // by number of the pool
	left    int     // calls that have not run
	order   []int   // calls that have
	waits   map[int]int
	nodes   int
	dead    map[string]bool // states from which no order leads on
}

// class is calls that are alike.
type class struct {
	calls  []int       // positions, of which the first have run
	ran    int         // how many
	takes  []poolUnits // what has to be there
	nets   []poolUnits // what is taken more than released; negative where it is released
	weight int64       // how much room one of them makes
}

type poolUnits struct {
	pool  int
	units int64
}

// newSearcher numbers the pools, and puts calls that take and release the same into classes.
func newSearcher(s *scheduler) *searcher {
	x := &searcher{s: s, waits: map[int]int{}, dead: map[string]bool{}}
	pools := map[ledger.PoolID]int{}
	number := func(id ledger.PoolID) int {
		n, known := pools[id]
		if !known {
			n = len(pools)
			pools[id] = n
			x.room = append(x.room, s.room[id])
		}
		return n
	}
	alike := map[string]*class{}
	for i, c := range s.calls {
		if s.state[i] != open {
			continue
		}
		x.left++
		x.waits[i] = s.waits[i]
		k := &class{takes: sumOf(c.Takes, number), nets: sumOf(net(c), number)}
		for _, d := range k.nets {
			k.weight -= d.units
		}
		name := fmt.Sprint(k.takes, k.nets)
		if s.waits[i] > 0 || len(s.next[i]) > 0 {
			name = fmt.Sprint(i)
		}
		if alike[name] == nil {
			alike[name] = k
			x.classes = append(x.classes, k)
		}
		alike[name].calls = append(alike[name].calls, i)
	}
	slices.SortStableFunc(x.classes, func(a, b *class) int { return -cmp.Compare(a.weight, b.weight) })
	return x
}

// sumOf adds up draws by pool.
func sumOf(draws []ledger.Draw, number func(ledger.PoolID) int) []poolUnits {
	sums := map[int]int64{}
	for _, d := range draws {
		sums[number(d.Pool)] += d.Units
	}
	var all []poolUnits
	for _, pool := range slices.Sorted(maps.Keys(sums)) {
		all = append(all, poolUnits{pool, sums[pool]})
	}
	return all
}

// solve runs what harms nobody, and tries the rest class by class.
//
// A state from which no order leads on is remembered: the same counts are reached by many
// orders.
func (x *searcher) solve() bool {
	mark := len(x.order)
	for x.easy() {
	}
	if x.left == 0 {
		return true
	}
	state := x.key()
	if x.nodes++; x.nodes > min(mostNodes, mostWork/len(x.classes)) || x.dead[state] {
		x.back(mark)
		return false
	}
	for _, k := range x.classes {
		if !x.classFits(k) {
			continue
		}
		x.runClass(k)
		if x.solve() {
			return true
		}
		x.back(len(x.order) - 1)
	}
	x.dead[state] = true
	x.back(mark)
	return false
}

// easy runs the calls of a class that only make room, or take where there is
// room for all that anybody will ever take, and reports whether there was one.
func (x *searcher) easy() bool {
	need := make([]int64, len(x.room))
	for _, k := range x.classes {
		for _, d := range k.takes {
			need[d.pool] += d.units * int64(len(k.calls)-k.ran)
		}
	}
	for _, k := range x.classes {
		harmless := !slices.ContainsFunc(k.nets, func(d poolUnits) bool { return d.units > 0 && x.room[d.pool] < need[d.pool] })
		if !harmless || !x.classFits(k) {
			continue
		}
		for x.classFits(k) {
			x.runClass(k)
		}
		return true
	}
	return false
}

// classFits reports whether the next call of a class can run now.
func (x *searcher) classFits(k *class) bool {
	return k.ran < len(k.calls) && x.waits[k.calls[k.ran]] == 0 &&
		!slices.ContainsFunc(k.takes, func(d poolUnits) bool { return x.room[d.pool] < d.units })
}

// runClass runs the next call of a class.
func (x *searcher) runClass(k *class) {
	i := k.calls[k.ran]
	k.ran++
	x.left--
	x.order = append(x.order, i)
	for _, d := range k.nets {
		x.room[d.pool] -= d.units
	}
	for _, j := range x.s.next[i] {
		x.waits[j]--
	}
}

// back takes calls back until so many are left.
func (x *searcher) back(mark int) {
	for len(x.order) > mark {
		i := x.order[len(x.order)-1]
		x.order = x.order[:len(x.order)-1]
		at := slices.IndexFunc(x.classes, func(k *class) bool { return k.ran > 0 && k.calls[k.ran-1] == i })
		k := x.classes[at]
		k.ran--
		x.left++
		for _, d := range k.nets {
			x.room[d.pool] += d.units
		}
		for _, j := range x.s.next[i] {
			x.waits[j]++
		}
	}
}

// key tells states apart: how many of each class have run.
func (x *searcher) key() string {
	b := make([]byte, 0, 2*len(x.classes))
	for _, k := range x.classes {
		b = binary.AppendUvarint(b, uint64(k.ran))
	}
	return string(b)
}
