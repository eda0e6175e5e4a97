package apply

import (
	"fmt"
	"slices"
	"strings"

	"github.com/usher-cli/usher/ledger"
)

// dispatcher decides which calls may start. Calls that take from a pool queue
// for it in the order of the plan, which is known to fit: so none can take
// the unit that an earlier one was meant to have.
type dispatcher struct {
	calls   []ledger.Call
	state   []phase
	waits   []int                      // unfinished predecessors of each call
	next    map[int][]int              // successors by call id
	room    map[ledger.PoolID]int64    // confirmed headroom
	queues  map[ledger.PoolID][]int    // calls that take from a pool, by position
	failed  map[ledger.PoolID][]string // addresses of releases that did not happen
	ready   []int
	running int
	dirty   []ledger.PoolID // pools whose first in the queue may start now
	cursor  int             // nothing before it is waiting
}

type phase uint8

const (
	waiting phase = iota
	ready
	running
	finished
)

func newDispatcher(calls []ledger.Call, pools []ledger.Pool) *dispatcher {
	d := &dispatcher{calls: calls, state: make([]phase, len(calls)), waits: make([]int, len(calls)), next: map[int][]int{},
		room: map[ledger.PoolID]int64{}, queues: map[ledger.PoolID][]int{}, failed: map[ledger.PoolID][]string{}}
	for _, p := range pools {
		d.room[p.ID] = p.Limit() - p.Before
	}
	for i, c := range calls {
		for _, draw := range c.Takes {
			d.queues[draw.Pool] = append(d.queues[draw.Pool], i)
		}
		d.waits[i] = len(c.After)
		for _, id := range c.After {
			d.next[id] = append(d.next[id], i)
		}
	}
	for i := range calls {
		d.consider(i)
	}
	d.advance()
	return d
}

// consider makes a call ready if nothing stands in its way.
func (d *dispatcher) consider(i int) {
	c := d.calls[i]
	if d.state[i] != waiting || d.waits[i] > 0 {
		return
	}
	for _, t := range c.Takes {
		if d.queues[t.Pool][0] != i || d.room[t.Pool] < t.Units {
			return
		}
	}
	for _, t := range c.Takes {
		d.room[t.Pool] -= t.Units
		d.leave(t.Pool)
	}
	d.state[i] = ready
	d.ready = append(d.ready, i)
}

// leave takes the first call out of a queue; the next one gets its chance.
func (d *dispatcher) leave(p ledger.PoolID) {
	d.queues[p] = d.queues[p][1:]
	d.dirty = append(d.dirty, p)
}

// advance gives the first of every changed queue its chance, until nothing
// more can start.
func (d *dispatcher) advance() {
	for len(d.dirty) > 0 {
		p := d.dirty[0]
		d.dirty = d.dirty[1:]
		if q := d.queues[p]; len(q) > 0 {
			d.consider(q[0])
		}
	}
}

// take returns calls that travel together: up to most for people, or one for
// anything else.
func (d *dispatcher) take(most int) []int {
	if len(d.ready) == 0 {
		return nil
	}
	kind := d.calls[d.ready[0]].Holder.Kind
	if kind != ledger.User {
		most = 1
	}
	n := 0
	for n < min(most, len(d.ready)) && d.calls[d.ready[n]].Holder.Kind == kind {
		d.state[d.ready[n]] = running
		n++
	}
	batch := d.ready[:n:n]
	d.ready = d.ready[n:]
	d.running += n
	return batch
}

// finish books the outcome of a call that was started, and returns what had
// to be given up because of it.
func (d *dispatcher) finish(i int, outcome ledger.Outcome) []ledger.Result {
	c := d.calls[i]
	d.state[i] = finished
	d.running--
	switch outcome {
	case ledger.Done:
		for _, r := range c.Releases {
			d.room[r.Pool] += r.Units
			d.dirty = append(d.dirty, r.Pool)
		}
	case ledger.Failed:
		for _, t := range c.Takes {
			d.room[t.Pool] += t.Units
			d.dirty = append(d.dirty, t.Pool)
		}
	}
	if outcome != ledger.Done {
		for _, r := range c.Releases {
			d.failed[r.Pool] = append(d.failed[r.Pool], c.Holder.Address())
		}
	}
	skipped := d.succeed(c.ID, outcome == ledger.Done)
	d.advance()
	return append(skipped, d.unblock()...)
}

// succeed tells the calls that come after one how it ended.
func (d *dispatcher) succeed(id int, done bool) []ledger.Result {
	var skipped []ledger.Result
	for _, j := range d.next[id] {
		d.waits[j]--
		if done {
			d.consider(j)
			continue
		}
		if d.state[j] == waiting {
			skipped = append(skipped, d.skip(j, fmt.Sprintf("it comes after the call for %s, which did not succeed", d.calls[id-1].Holder.Address()))...)
		}
	}
	return skipped
}

// unblock gives up calls at the head of a queue that nothing can serve any
// more, when nothing runs that might still make room.
func (d *dispatcher) unblock() []ledger.Result {
	var skipped []ledger.Result
	for d.running == 0 && len(d.ready) == 0 {
		i := d.firstWaiting()
		if i < 0 {
			break
		}
		skipped = append(skipped, d.skip(i, d.reason(i))...)
		d.advance()
	}
	return skipped
}

func (d *dispatcher) firstWaiting() int {
	for ; d.cursor < len(d.state); d.cursor++ {
		if d.state[d.cursor] == waiting {
			return d.cursor
		}
	}
	return -1
}

// reason names the pool without room and the releases that did not happen.
func (d *dispatcher) reason(i int) string {
	for _, t := range d.calls[i].Takes {
		if d.room[t.Pool] >= t.Units {
			continue
		}
		text := fmt.Sprintf("no room in %s: it is short by %d", d.itemName(i, t.Pool), t.Units-max(0, d.room[t.Pool]))
		if names := d.failed[t.Pool]; len(names) > 0 {
			text += fmt.Sprintf(", because the call for %s did not succeed", some(names))
		}
		return text
	}
	return "what it waits for did not happen"
}

func (d *dispatcher) itemName(i int, p ledger.PoolID) string {
	for _, s := range d.calls[i].Steps {
		if s.Item.ID == p.Item {
			return s.Item.Name
		}
	}
	return p.Item
}

func some(names []string) string {
	const most = 3
	if len(names) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	return strings.Join(names, ", ")
}

// skip gives a waiting call up, and with it those that come after it.
func (d *dispatcher) skip(i int, why string) []ledger.Result {
	c := d.calls[i]
	d.state[i] = finished
	for _, t := range c.Takes {
		if q := d.queues[t.Pool]; q[0] == i {
			d.queues[t.Pool] = q[1:]
		} else {
			at := slices.Index(q, i)
			d.queues[t.Pool] = slices.Delete(slices.Clone(q), at, at+1)
		}
		d.dirty = append(d.dirty, t.Pool)
	}
	for _, r := range c.Releases {
		d.failed[r.Pool] = append(d.failed[r.Pool], c.Holder.Address())
	}
	return append([]ledger.Result{{Call: c, Outcome: ledger.Skipped, Message: why}}, d.succeed(c.ID, false)...)
}

// abandon gives up everything that has not started.
func (d *dispatcher) abandon(why string) []ledger.Result {
	var skipped []ledger.Result
	for i, s := range d.state {
		if s == waiting || s == ready {
			d.state[i] = finished
			skipped = append(skipped, ledger.Result{Call: d.calls[i], Outcome: ledger.Skipped, Message: why})
		}
	}
	d.ready = nil
	return skipped
}
