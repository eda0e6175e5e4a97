package apply

import (
	"fmt"
	"slices"

	"github.com/usher-cli/usher/ledger"
)

// dispatcher decides which calls may start. Calls that take from a pool queue
// for it in the order of the plan, which is known to fit: so none can take
// the unit that an earlier one was meant to have.
type dispatcher struct {
	calls     []ledger.Call
	state     []phase
	succeeded []bool
	waits     []int                      // unfinished predecessors of each call
	next      map[int][]int              // successors by call id
	room      map[ledger.PoolID]int64    // confirmed headroom
	queues    map[ledger.PoolID][]int    // calls that take from a pool, by position
	failed    map[ledger.PoolID][]string // addresses of releases that did not happen
	coming    map[ledger.PoolID]string   // address of a release that has yet to happen: the service works at it, or it waits itself
	repeated  []int                      // to be started once more, before anything new
	doubtful  map[int]ledger.Result      // of those, which may have been carried out
	ready     []int
	running   int
	dirty     []ledger.PoolID // pools whose first in the queue may start now
	cursor    int             // nothing before it is waiting
	given     []ledger.Result // calls that were given up since somebody asked
	mute      string          // why nothing may be sent any more, not even to put somebody back
}

type phase uint8

const (
	waiting phase = iota
	ready
	running
	finished
)

func newDispatcher(calls []ledger.Call, pools []ledger.Pool) *dispatcher {
	d := &dispatcher{
		calls:     slices.Clone(calls),
		state:     make([]phase, len(calls)),
		succeeded: make([]bool, len(calls)),
		waits:     make([]int, len(calls)),
		next:      map[int][]int{},
		room:      map[ledger.PoolID]int64{},
		queues:    map[ledger.PoolID][]int{},
		failed:    map[ledger.PoolID][]string{},
		coming:    map[ledger.PoolID]string{},
		doubtful:  map[int]ledger.Result{},
	}
	for _, p := range pools {
		d.room[p.ID] = p.Limit - p.Before
	}
	for i, c := range calls {
		d.waits[i] = len(c.After)
		for _, id := range c.After {
			d.next[id] = append(d.next[id], i)
		}
		if !c.Runs() { // a person has to do it, or something first
			d.state[i] = finished
			d.given = append(d.given, ledger.Result{Call: c, Outcome: ledger.Pending, Message: pendingText(c)})
			continue
		}
		for _, pool := range takenFrom(c) {
			d.queues[pool] = append(d.queues[pool], i)
		}
	}
	for i := range calls {
		d.consider(i)
	}
	d.advance()
	return d
}

func pendingText(c ledger.Call) string {
	if c.Manual != "" {
		return c.Manual
	}
	return "it waits for " + c.Waits
}

// takenFrom lists the pools that a call takes from, each once.
func takenFrom(c ledger.Call) []ledger.PoolID {
	var pools []ledger.PoolID
	for _, t := range c.Takes {
		if !slices.Contains(pools, t.Pool) {
			pools = append(pools, t.Pool)
		}
	}
	return pools
}

// lacks returns a pool without room for what the call takes from it.
func (d *dispatcher) lacks(c ledger.Call) (pool ledger.PoolID, short int64, lacks bool) {
	need := map[ledger.PoolID]int64{}
	for _, t := range c.Takes {
		need[t.Pool] += t.Units
	}
	for _, pool := range takenFrom(c) {
		if d.room[pool] < need[pool] {
			return pool, need[pool] - max(0, d.room[pool]), true
		}
	}
	return ledger.PoolID{}, 0, false
}

// consider makes a call ready if nothing stands in its way.
func (d *dispatcher) consider(i int) {
	c := d.calls[i]
	if d.state[i] != waiting || d.waits[i] > 0 {
		return
	}
	for _, pool := range takenFrom(c) {
		if d.queues[pool][0] != i {
			return
		}
	}
	if _, _, lacks := d.lacks(c); lacks {
		return
	}
	for _, t := range c.Takes {
		d.room[t.Pool] -= t.Units
	}
	for _, pool := range takenFrom(c) {
		d.leave(pool)
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

// nextCalls returns calls that travel together: up to most for people, or one of
// anything else.
func (d *dispatcher) nextCalls(most int) []int {
	var batch []int
	for _, queue := range []*[]int{&d.repeated, &d.ready} {
		n := 0
		for n < min(most-len(batch), len(*queue)) && travels(d.calls[(*queue)[n]]) {
			n++
		}
		if n == 0 && len(batch) == 0 && len(*queue) > 0 {
			n = 1 // what travels alone
			most = 1
		}
		batch = append(batch, (*queue)[:n]...)
		*queue = (*queue)[n:]
	}
	for _, i := range batch {
		d.state[i] = running
		delete(d.doubtful, i)
	}
	d.running += len(batch)
	return batch
}

// travels reports whether a call can go together with others.
func travels(c ledger.Call) bool {
	return c.Holder.Kind == ledger.User && c.Steps[0].Op != ledger.Retry
}

// again makes a call that was started ready once more. Its room is its own.
func (d *dispatcher) again(i int, res ledger.Result) {
	d.state[i] = ready
	d.running--
	d.repeated = append(d.repeated, i)
	if res.Doubt {
		d.doubtful[i] = res
	}
}

// endCall books the result of a call that was started.
func (d *dispatcher) endCall(i int, res ledger.Result) {
	c := d.calls[i]
	d.state[i] = finished
	d.running--
	switch res.Outcome {
	case ledger.Done:
		d.succeeded[i] = true
		for _, r := range c.Releases {
			d.room[r.Pool] += r.Units
			d.dirty = append(d.dirty, r.Pool)
		}
	case ledger.Failed:
		for _, t := range c.Takes {
			d.room[t.Pool] += t.Units
			d.dirty = append(d.dirty, t.Pool)
		}
		d.undo(i)
	}
	switch {
	case res.Outcome == ledger.Pending && res.Accepted:
		d.expect(c)
	case res.Outcome != ledger.Done:
		d.blame(c)
	}
	d.succeed(c.ID, res)
	d.advance()
	d.unblock()
}

// blame remembers whose releases did not happen, to name them to whoever
// finds no room.
func (d *dispatcher) blame(c ledger.Call) {
	for _, r := range c.Releases {
		d.failed[r.Pool] = append(d.failed[r.Pool], c.Holder.Address())
	}
}

// expect remembers whose releases are yet to come, to name them to whoever finds
// no room.
func (d *dispatcher) expect(c ledger.Call) {
	for _, r := range c.Releases {
		d.coming[r.Pool] = c.Holder.Address()
	}
}

// succeed tells the calls that come after one how it ended.
func (d *dispatcher) succeed(id int, res ledger.Result) {
	for _, j := range d.next[id] {
		d.waits[j]--
		switch {
		case d.state[j] != waiting:
		case res.Outcome == ledger.Pending:
			d.giveUp(
				j,
				ledger.Pending,
				fmt.Sprintf("it comes after the call for %s, and the service has not finished that one", res.Call.Holder.Address()),
			)
		case res.Outcome != ledger.Done:
			d.giveUp(j, ledger.Skipped, fmt.Sprintf("it comes after the call for %s, and that one did not succeed", res.Call.Holder.Address()))
		case strands(res, d.calls[j]):
			d.giveUp(j, ledger.Skipped, fmt.Sprintf("%s could not give everybody the seats that this call takes away", res.Call.Holder.Address()))
		default:
			d.consider(j)
		}
	}
}

// strands reports whether a call would take from somebody what a group that
// comes before it did not manage to give.
func strands(res ledger.Result, next ledger.Call) bool {
	return slices.ContainsFunc(res.Unfit, func(i ledger.Inherited) bool {
		return next.Holder.Kind != ledger.User || next.Holder.ID == i.User.ID
	})
}
