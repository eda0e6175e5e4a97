package apply

import (
	"fmt"
	"slices"
	"strings"

	"github.com/usher-cli/usher/ledger"
)

// firstHalf finds the first half of the split of which a call is the second;
// -1 where it is none.
func (d *dispatcher) firstHalf(i int) int {
	second := d.calls[i]
	if len(second.Undo) == 0 {
		return -1
	}
	return slices.IndexFunc(d.calls, func(c ledger.Call) bool {
		return c.Gap && c.Holder == second.Holder && len(c.Undo) == 0 && slices.Contains(second.After, c.ID)
	})
}

// undo puts the holder of a split call back if the second half cannot be done:
// the seat that the first half gave up is taken again before anybody else can
// have it. Where somebody has it already, that is said.
func (d *dispatcher) undo(i int) {
	first := d.firstHalf(i)
	if first < 0 || !d.succeeded[first] {
		return
	}
	back := ledger.Call{ID: len(d.calls) + 1, Holder: d.calls[i].Holder, Steps: d.calls[i].Undo, Takes: d.calls[first].Releases}
	pool, _, lacks := d.lacks(back)
	switch {
	case d.mute != "":
		d.stranded(back, "the person is without it now: "+d.mute)
		return
	case lacks:
		d.stranded(
			back,
			"the person is without it now: the seat that was given up is in use again, and there is no other of "+itemName(back, pool),
		)
		return
	}
	for _, t := range back.Takes {
		d.room[t.Pool] -= t.Units
	}
	d.calls, d.state, d.waits, d.succeeded = append(d.calls, back), append(d.state, ready), append(d.waits, 0), append(d.succeeded, false)
	d.ready = append([]int{len(d.calls) - 1}, d.ready...)
}

// stranded says that somebody cannot be put back.
func (d *dispatcher) stranded(back ledger.Call, why string) {
	d.given = append(d.given, ledger.Result{Call: back, Outcome: ledger.Skipped, Message: why})
}

// unblock gives up calls that nothing can serve any more, when nothing runs
// that might still make room: first the second halves of splits, which can be
// undone, then the others in their order.
func (d *dispatcher) unblock() {
	for d.running == 0 && len(d.ready)+len(d.repeated) == 0 {
		i := d.firstWaiting()
		if i < 0 {
			break
		}
		how := ledger.Skipped
		if d.isComing(i) {
			how = ledger.Pending
		}
		d.giveUp(i, how, d.reason(i))
		d.undo(i)
		d.advance()
	}
}

func (d *dispatcher) firstWaiting() int {
	for i, c := range d.calls {
		if c.Gap && len(c.Undo) > 0 && d.state[i] == waiting && d.waits[i] == 0 {
			return i
		}
	}
	for ; d.cursor < len(d.state); d.cursor++ {
		if d.state[d.cursor] == waiting {
			return d.cursor
		}
	}
	return -1
}

// isComing reports whether what a call lacks comes back when the service has
// finished, and nothing else is in its way.
func (d *dispatcher) isComing(i int) bool {
	pool, _, lacks := d.lacks(d.calls[i])
	_, comes := d.coming[pool]
	return lacks && comes && len(d.failed[pool]) == 0 && len(d.calls[i].Undo) == 0
}

// reason names the pool without room and the releases that did not happen.
func (d *dispatcher) reason(i int) string {
	pool, short, lacks := d.lacks(d.calls[i])
	if !lacks {
		return "the step that it waits for did not happen"
	}
	if d.isComing(i) {
		return fmt.Sprintf("it waits for %s, which %s has yet to give back", itemName(d.calls[i], pool), d.coming[pool])
	}
	text := fmt.Sprintf("no room in %s: it is short by %d", itemName(d.calls[i], pool), short)
	if names := d.failed[pool]; len(names) > 0 {
		text += fmt.Sprintf(", because the call for %s did not succeed", some(names))
	}
	return text
}

func itemName(c ledger.Call, p ledger.PoolID) string {
	for _, s := range c.Steps {
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

// giveUp ends a waiting call that was not sent, and with it those that come
// after it.
func (d *dispatcher) giveUp(i int, how ledger.Outcome, why string) {
	c := d.calls[i]
	d.state[i] = finished
	for _, pool := range takenFrom(c) {
		q := d.queues[pool]
		at := slices.Index(q, i)
		d.queues[pool] = slices.Delete(slices.Clone(q), at, at+1)
		d.dirty = append(d.dirty, pool)
	}
	if how == ledger.Pending {
		d.expect(c)
	} else {
		d.blame(c)
	}
	res := ledger.Result{Call: c, Outcome: how, Message: why}
	d.given = append(d.given, res)
	d.succeed(c.ID, res)
}

// givenUp returns what was given up since the last time.
func (d *dispatcher) givenUp() []ledger.Result {
	given := d.given
	d.given = nil
	return given
}
