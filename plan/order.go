package plan

import (
	"maps"
	"slices"
	"strings"

	"github.com/usher-cli/usher/ledger"
)

// scheduler puts calls in an order in which each fits when its turn comes.
type scheduler struct {
	room map[ledger.PoolID]int64
	done []ledger.Call
}

// order returns the calls in such an order: those that make room, those that
// take and make room, those that take. Calls that no order can start, because
// they wait for each other in a circle or for units that are not there, come
// last and are returned as stuck as well.
func order(calls []ledger.Call, room map[ledger.PoolID]int64) (ordered, stuck []ledger.Call) {
	s := &scheduler{room: room}
	var swaps, rich, takes []ledger.Call
	for _, c := range calls {
		switch {
		case len(c.Takes) == 0:
			s.run(c)
		case len(c.Releases) == 0:
			takes = append(takes, c)
		case oneForOne(c):
			swaps = append(swaps, c)
		default:
			rich = append(rich, c)
		}
	}
	swaps = s.trails(swaps)
	stuck = s.fitting(slices.Concat(swaps, rich))
	for _, c := range takes {
		s.run(c)
	}
	return slices.Concat(s.done, stuck), stuck
}

func oneForOne(c ledger.Call) bool {
	return len(c.Takes) == 1 && len(c.Releases) == 1 && c.Takes[0].Units == 1 && c.Releases[0].Units == 1
}

func (s *scheduler) run(c ledger.Call) {
	for _, d := range net(c) {
		s.room[d.Pool] -= d.Units
	}
	s.done = append(s.done, c)
}

func (s *scheduler) fits(c ledger.Call) (ledger.PoolID, bool) {
	for _, d := range c.Takes {
		if s.room[d.Pool] < d.Units {
			return d.Pool, false
		}
	}
	return ledger.PoolID{}, true
}

// fitting runs the calls that fit, and those that fit once others ran. Each
// waits for one pool at a time and is looked at again when that pool gets
// room, so the work stays near linear.
func (s *scheduler) fitting(calls []ledger.Call) []ledger.Call {
	waiting := map[ledger.PoolID][]ledger.Call{}
	var woken []ledger.PoolID
	try := func(c ledger.Call) {
		if pool, ok := s.fits(c); !ok {
			waiting[pool] = append(waiting[pool], c)
			return
		}
		s.run(c)
		for _, d := range c.Releases {
			woken = append(woken, d.Pool)
		}
	}
	for _, c := range calls {
		try(c)
	}
	for len(woken) > 0 {
		pool := woken[0]
		woken = woken[1:]
		for n := len(waiting[pool]); n > 0 && s.room[pool] > 0; n-- {
			c := waiting[pool][0]
			waiting[pool] = waiting[pool][1:]
			try(c)
		}
	}
	var left []ledger.Call
	for _, pool := range slices.SortedFunc(maps.Keys(waiting), comparePools) {
		left = append(left, waiting[pool]...)
	}
	slices.SortFunc(left, func(a, b ledger.Call) int { return a.Steps[0].Key().Compare(b.Steps[0].Key()) })
	return left
}

func comparePools(a, b ledger.PoolID) int {
	if c := strings.Compare(a.Item, b.Item); c != 0 {
		return c
	}
	return strings.Compare(a.Place, b.Place)
}

// trails orders calls that take one unit and release another. Draw each as an
// edge from the pool it takes from to the pool it releases to: a free unit is
// a token that walks along edges, and every edge it walks is a call that fits.
// First every token walks until it is stuck; what is left over is then made
// of closed walks, and one that touches a pool where a token passed is spliced
// in there. So a call stays stuck only where no order of calls could start it.
func (s *scheduler) trails(calls []ledger.Call) []ledger.Call {
	w := walker{edges: map[ledger.PoolID][]ledger.Call{}}
	for _, c := range slices.Backward(calls) { // walked from the end
		w.edges[c.Takes[0].Pool] = append(w.edges[c.Takes[0].Pool], c)
	}
	room := maps.Clone(s.room)
	var trail []ledger.Call
	for _, pool := range slices.SortedFunc(maps.Keys(w.edges), comparePools) {
		for room[pool] > 0 && len(w.edges[pool]) > 0 {
			for at := pool; room[at] > 0 && len(w.edges[at]) > 0; {
				c := w.next(at)
				room[at]--
				at = c.Releases[0].Pool
				room[at]++
				trail = append(trail, c)
			}
		}
	}
	for _, c := range w.splice(trail) {
		if _, ok := s.fits(c); !ok { // an over-full pool swallowed the token
			w.edges[c.Takes[0].Pool] = append(w.edges[c.Takes[0].Pool], c)
			continue
		}
		s.run(c)
	}
	return w.left()
}

// walker holds the edges that no walk has used yet.
type walker struct {
	edges map[ledger.PoolID][]ledger.Call
}

func (w *walker) next(at ledger.PoolID) ledger.Call {
	out := w.edges[at]
	c := out[len(out)-1]
	w.edges[at] = out[:len(out)-1]
	return c
}

// splice inserts closed walks into the trail, and closed walks into those,
// wherever the token stands on a pool with unused edges.
func (w *walker) splice(trail []ledger.Call) []ledger.Call {
	todo := slices.Clone(trail)
	slices.Reverse(todo) // a stack
	out := make([]ledger.Call, 0, len(trail))
	for len(todo) > 0 {
		c := todo[len(todo)-1]
		if loop := w.loop(c.Takes[0].Pool); loop != nil {
			todo = push(todo, loop)
			continue
		}
		todo = todo[:len(todo)-1]
		out = append(out, c)
		if loop := w.loop(c.Releases[0].Pool); loop != nil {
			todo = push(todo, loop)
		}
	}
	return out
}

func push(stack, calls []ledger.Call) []ledger.Call {
	for _, c := range slices.Backward(calls) {
		stack = append(stack, c)
	}
	return stack
}

// loop walks unused edges from a pool until it is back there. Where a walk
// cannot come back, which takes an over-full pool, its edges stay unused.
func (w *walker) loop(from ledger.PoolID) []ledger.Call {
	var loop []ledger.Call
	for at := from; len(w.edges[at]) > 0; {
		c := w.next(at)
		loop = append(loop, c)
		if at = c.Releases[0].Pool; at == from {
			return loop
		}
	}
	for _, c := range slices.Backward(loop) {
		w.edges[c.Takes[0].Pool] = append(w.edges[c.Takes[0].Pool], c)
	}
	return nil
}

func (w *walker) left() []ledger.Call {
	var left []ledger.Call
	for _, pool := range slices.SortedFunc(maps.Keys(w.edges), comparePools) {
		left = append(left, w.edges[pool]...)
	}
	slices.SortFunc(left, func(a, b ledger.Call) int { return a.Steps[0].Key().Compare(b.Steps[0].Key()) })
	return left
}

// gaps groups the calls that are stuck by the pools that they connect: one
// free unit in any pool of a group sets all of it going.
func gaps(stuck []ledger.Call) []Gap {
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
	names := map[ledger.PoolID]string{}
	for _, c := range stuck {
		for _, s := range c.Steps {
			names[ledger.PoolID{Item: s.Item.ID}] = s.Item.Name
		}
		for _, d := range net(c) {
			parent[find(d.Pool)] = find(c.Takes[0].Pool)
		}
	}
	groups := map[ledger.PoolID]*Gap{}
	var all []*Gap
	for _, c := range stuck {
		root := find(c.Takes[0].Pool)
		g := groups[root]
		if g == nil {
			g = &Gap{Person: c.Holder.Address()}
			groups[root] = g
			all = append(all, g)
		}
		g.People++
		for _, d := range c.Takes {
			g.Items = append(g.Items, names[d.Pool])
		}
	}
	var out []Gap
	for _, g := range all {
		slices.Sort(g.Items)
		g.Items = slices.Compact(g.Items)
		out = append(out, *g)
	}
	return out
}
