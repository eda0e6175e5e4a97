package apply

import "github.com/usher-cli/usher/ledger"

// interrupt gives up everything that has not started, save what it takes to
// finish the splits that have: nobody is left between two seats. What may have
// been carried out is settled.
func (d *dispatcher) interrupt(why string) {
	kept := d.begun()
	for i := range d.doubtful {
		kept[i] = true
	}
	d.keepOnly(kept, why)
	d.advance()
}

// silence gives up everything that has not started: nothing may be sent any
// more. Of whoever is left between two seats it is said.
func (d *dispatcher) silence(why string) {
	d.mute = why
	open := d.openSplits()
	d.keepOnly(nil, why)
	for _, second := range open {
		d.undo(second)
	}
}

// keepOnly gives up all calls that have not started and are not kept.
func (d *dispatcher) keepOnly(kept map[int]bool, why string) {
	for i, s := range d.state {
		if s != waiting && s != ready || kept[i] {
			continue
		}
		if res, doubt := d.doubtful[i]; doubt { // its room stays taken
			d.state[i] = finished
			d.given = append(d.given, res.Final())
			continue
		}
		if s == ready { // it has its room already
			for _, t := range d.calls[i].Takes {
				d.room[t.Pool] += t.Units
			}
		}
		d.state[i] = finished
		d.given = append(d.given, ledger.Result{Call: d.calls[i], Outcome: ledger.Skipped, Message: why})
	}
	d.ready, d.repeated = d.still(d.ready), d.still(d.repeated)
	for pool, queue := range d.queues {
		d.queues[pool] = d.still(queue)
		d.dirty = append(d.dirty, pool)
	}
}

// still returns those of the calls that are not finished.
func (d *dispatcher) still(calls []int) []int {
	var left []int
	for _, i := range calls {
		if d.state[i] != finished {
			left = append(left, i)
		}
	}
	return left
}

// openSplits lists the second halves that have not started, of splits whose
// first half is done or under way.
func (d *dispatcher) openSplits() []int {
	var open []int
	for i, c := range d.calls {
		if len(c.Undo) == 0 || d.state[i] != waiting && d.state[i] != ready {
			continue
		}
		if first := d.firstHalf(i); first >= 0 && (d.succeeded[first] || d.state[first] == running) {
			open = append(open, i)
		}
	}
	return open
}

// begun lists the calls that it takes to finish the open splits: their second
// halves, and what these wait for.
func (d *dispatcher) begun() map[int]bool {
	kept := map[int]bool{}
	open := d.openSplits()
	if len(open) == 0 {
		return kept
	}
	at, releases := map[int]int{}, map[ledger.PoolID][]int{}
	for i, c := range d.calls {
		at[c.ID] = i
		for _, r := range c.Releases {
			releases[r.Pool] = append(releases[r.Pool], i)
		}
	}
	wanted := map[ledger.PoolID]int64{}
	for len(open) > 0 {
		i := open[0]
		open = open[1:]
		if kept[i] || d.state[i] != waiting && d.state[i] != ready {
			continue
		}
		kept[i] = true
		if d.state[i] == ready {
			continue
		}
		for _, id := range d.calls[i].After {
			open = append(open, at[id])
		}
		for _, t := range d.calls[i].Takes {
			if wanted[t.Pool] += t.Units; wanted[t.Pool] > d.room[t.Pool] {
				open = append(open, before(i, releases[t.Pool])...)
			}
		}
	}
	return kept
}

// before returns those of the calls that come before one in the plan.
func before(i int, calls []int) []int {
	n := 0
	for n < len(calls) && calls[n] < i {
		n++
	}
	return calls[:n]
}
