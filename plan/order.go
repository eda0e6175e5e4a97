package plan

import (
	"maps"
	"slices"
	"strings"

	"github.com/usher-cli/usher/ledger"
)

// scheduler puts calls in an order in which each fits when its turn comes and
// comes after those that it waits for. Calls are known by their position.
//
// A call runs when nobody is left for whom it waits, and there is room for what it takes.
// What it releases is room for others. That is all that an order is made of: it knows no
// people and no products.
type scheduler struct {
	calls []ledger.Call
	room  map[ledger.PoolID]int64
	waits []int   // unfinished predecessors
	next  [][]int // successors
	state []standing
	done  []int // in the order found
	now   int   // how many of those need nobody
	last  int   // how many do not need all the others to be finished
}

// standing says where a call is.
type standing uint8

const (
	open standing = iota
	held          // not to be scheduled now
	ran
)

// newScheduler begins an order of calls with this much room in the pools. Nothing has run.
func newScheduler(calls []ledger.Call, room map[ledger.PoolID]int64) *scheduler {
	s := &scheduler{
		calls: calls,
		room:  room,
		waits: make([]int, len(calls)),
		next:  make([][]int, len(calls)),
		state: make([]standing, len(calls)),
	}
	for i, c := range calls {
		s.waits[i] = len(c.After)
		for _, id := range c.After {
			s.next[id-1] = append(s.next[id-1], i)
		}
	}
	return s
}

// schedule runs every call that it can. Whenever there is a choice, what makes
// most room goes first: calls that only release, those that release more than
// they take, swaps one for one, those that take more, and last what only takes
// and is waited for by nobody. It may be called again when there is more room,
// or less is held.
func (s *scheduler) schedule() {
	phases := []func(){
		func() { s.fitting(s.ready(func(c ledger.Call) bool { return len(c.Takes) == 0 })) },
		func() { s.fitting(s.ready(func(c ledger.Call) bool { return balance(c) < 0 })) },
		func() { s.trails(s.ready(oneForOne)) },
		func() { s.fitting(s.ready(func(c ledger.Call) bool { return balance(c) == 0 && s.enables(c) })) },
		func() { s.fitting(s.ready(s.enables)) },
		func() { s.fitting(s.ready(func(ledger.Call) bool { return true })) },
	}
	for n := 0; n < len(phases); n++ {
		before := len(s.done)
		if phases[n](); len(s.done) > before {
			n = -1
		}
	}
}

// balance is how many units a call takes more than it releases.
func balance(c ledger.Call) int64 {
	var n int64
	for _, d := range net(c) {
		n += d.Units
	}
	return n
}

// ready lists the calls that wait for no other and are of a kind.
func (s *scheduler) ready(kind func(ledger.Call) bool) []int {
	var list []int
	for i, c := range s.calls {
		if s.state[i] == open && s.waits[i] == 0 && kind(c) {
			list = append(list, i)
		}
	}
	return list
}

// enables reports whether others may need the call to run first: what only
// takes, and is waited for by nobody, comes last.
func (s *scheduler) enables(c ledger.Call) bool {
	return len(c.Releases) > 0 || len(s.next[c.ID-1]) > 0 || len(c.Undo) > 0
}

// left lists the calls that did not run.
func (s *scheduler) left() []int {
	var list []int
	for i := range s.calls {
		if s.state[i] != ran {
			list = append(list, i)
		}
	}
	return list
}

// clone is a copy that goes on for itself.
func (s *scheduler) clone() *scheduler {
	o := *s
	o.room, o.waits, o.state, o.done = maps.Clone(s.room), slices.Clone(s.waits), slices.Clone(s.state), slices.Clone(s.done)
	return &o
}

// countOpen counts the calls that could run now, and did not.
func (s *scheduler) countOpen() int {
	n := 0
	for i := range s.state {
		if s.state[i] == open {
			n++
		}
	}
	return n
}

// oneForOne reports whether a call swaps one seat of a person for another.
func oneForOne(c ledger.Call) bool {
	return len(c.Takes) == 1 && len(c.Releases) == 1 && c.Takes[0].Units == 1 && c.Releases[0].Units == 1 && c.Holder.Kind == ledger.User
}

// runCall puts a call next in the order, and books it.
func (s *scheduler) runCall(i int) {
	for _, d := range net(s.calls[i]) {
		s.room[d.Pool] -= d.Units
	}
	s.state[i] = ran
	s.done = append(s.done, i)
	for _, j := range s.next[i] {
		s.waits[j]--
	}
}

// fitsNow returns a pool without room for the call, or that there is none.
func (s *scheduler) fitsNow(c ledger.Call) (ledger.PoolID, bool) {
	for n, d := range c.Takes {
		units := d.Units
		if n > 0 && c.Takes[n-1].Pool == d.Pool { // its use and its limit
			units += c.Takes[n-1].Units
		}
		if s.room[d.Pool] < units {
			return d.Pool, false
		}
	}
	return ledger.PoolID{}, true
}

// fitting runs the calls that fit, and those that fit once others ran. Each
// waits for one pool at a time and is looked at again when that pool gets
// room, so the work stays near linear.
func (s *scheduler) fitting(calls []int) {
	waiting := map[ledger.PoolID][]int{}
	var woken []ledger.PoolID
	try := func(i int) {
		if pool, ok := s.fitsNow(s.calls[i]); !ok {
			waiting[pool] = append(waiting[pool], i)
			return
		}
		s.runCall(i)
		for _, d := range s.calls[i].Releases {
			woken = append(woken, d.Pool)
		}
	}
	for _, i := range calls {
		try(i)
	}
	for len(woken) > 0 {
		pool := woken[0]
		woken = woken[1:]
		for n := len(waiting[pool]); n > 0 && s.room[pool] > 0; n-- {
			i := waiting[pool][0]
			waiting[pool] = waiting[pool][1:]
			try(i)
		}
	}
}

// comparePools orders pools by item and environment.
func comparePools(a, b ledger.PoolID) int {
	if c := strings.Compare(a.Item, b.Item); c != 0 {
		return c
	}
	return strings.Compare(a.Environment, b.Environment)
}

// trails runs calls that take one unit and release another. Draw each as an
// edge from the pool it takes from to the pool it releases to: a free unit is
// a token that walks along edges, and every edge it walks is a call that fits.
// First every token walks until it is stuck; what is left over is then made
// of closed walks, and one that touches a pool where a token passed is spliced
// in there. So a call stays stuck only where no order of calls could start it.
func (s *scheduler) trails(calls []int) {
	w := walker{calls: s.calls, edges: map[ledger.PoolID][]int{}}
	for _, i := range slices.Backward(calls) { // walked from the end
		w.putEdge(i)
	}
	room := maps.Clone(s.room)
	var trail []int
	for _, pool := range slices.SortedFunc(maps.Keys(w.edges), comparePools) {
		for room[pool] > 0 && len(w.edges[pool]) > 0 {
			for at := pool; room[at] > 0 && len(w.edges[at]) > 0; {
				i := w.takeEdge(at)
				room[at]--
				at = s.calls[i].Releases[0].Pool
				room[at]++
				trail = append(trail, i)
			}
		}
	}
	for _, i := range w.splice(trail) {
		if _, ok := s.fitsNow(s.calls[i]); ok { // an over-full pool may have swallowed the token
			s.runCall(i)
		}
	}
}

// walker holds the edges that no walk has used yet.
type walker struct {
	calls []ledger.Call
	edges map[ledger.PoolID][]int
}

// putEdge adds a swap to the edges that leave the pool from which it takes.
func (w *walker) putEdge(i int) {
	pool := w.calls[i].Takes[0].Pool
	w.edges[pool] = append(w.edges[pool], i)
}

// takeEdge removes an edge that leaves a pool, and returns its call.
func (w *walker) takeEdge(at ledger.PoolID) int {
	out := w.edges[at]
	i := out[len(out)-1]
	w.edges[at] = out[:len(out)-1]
	return i
}

// splice inserts closed walks into the trail, and closed walks into those,
// wherever the token stands on a pool with unused edges.
func (w *walker) splice(trail []int) []int {
	todo := slices.Clone(trail)
	slices.Reverse(todo) // a stack
	out := make([]int, 0, len(trail))
	for len(todo) > 0 {
		i := todo[len(todo)-1]
		if loop := w.loop(w.calls[i].Takes[0].Pool); loop != nil {
			todo = push(todo, loop)
			continue
		}
		todo = todo[:len(todo)-1]
		out = append(out, i)
		if loop := w.loop(w.calls[i].Releases[0].Pool); loop != nil {
			todo = push(todo, loop)
		}
	}
	return out
}

// push puts a walk on a stack, so that its beginning comes off first.
func push(stack, walk []int) []int {
	for _, i := range slices.Backward(walk) {
		stack = append(stack, i)
	}
	return stack
}

// loop walks unused edges from a pool until it is back there. Where a walk
// cannot come back, which takes an over-full pool, its edges stay unused.
func (w *walker) loop(from ledger.PoolID) []int {
	var loop []int
	for at := from; len(w.edges[at]) > 0; {
		i := w.takeEdge(at)
		loop = append(loop, i)
		if at = w.calls[i].Releases[0].Pool; at == from {
			return loop
		}
	}
	for _, i := range slices.Backward(loop) {
		w.putEdge(i)
	}
	return nil
}
