package plan

import (
	"slices"

	"github.com/usher-cli/usher/ledger"
)

// arrange schedules calls: first those that need nobody, then, with what has
// to be bought and done by hand and what the service has yet to finish, those that
// wait for that, and last those that wait for seats that come back after all else.
//
//	now    what fits today
//	later  what waits for a purchase, a step by hand or the service's work on groups
//	last   what needs a seat that comes back only after a call and the service's work
//
// Each part begins where the one before has ended, with the room that came in between.
func arrange(calls []ledger.Call, b *book) *scheduler {
	s := alone(calls, b)
	if s.openGap() { // nobody is left without while somebody else has to act
		calls = slices.Clone(calls)
		for i := range calls {
			if calls[i].Gap && len(calls[i].Undo) == 0 && s.state[i] == ran && !s.secondRan(i) {
				calls[i].Waits = "its second half"
			}
		}
		return arrange(calls, b)
	}
	s.now = len(s.done)
	for id, units := range b.later() {
		s.room[id] += units
	}
	for i := range s.state {
		if s.state[i] == held {
			s.state[i] = open
		}
	}
	before := s.clone()
	if s.schedule(); s.countOpen() > 0 && before.search() {
		s = before
	}
	s.last = len(s.done)
	s.seatsBack(b.last)
	return s
}

// alone schedules what needs nobody.
//
// The search is for the case that nobody will make room: where something is still to be
// bought, the stuck calls simply wait for that.
func alone(calls []ledger.Call, b *book) *scheduler {
	s := firstPart(calls, b)
	s.schedule()
	if len(s.left()) > 0 && s.countOpen() == len(s.left()) && len(b.later())+len(b.last) == 0 { // nobody will make room for them
		if again := firstPart(calls, b); again.search() {
			return again
		}
	}
	return s
}

// seatsBack goes on with the seats that calls free once the service has finished.
func (s *scheduler) seatsBack(seats []lateSeat) {
	for more := true; more; {
		var open []lateSeat
		for _, seat := range seats {
			if slices.ContainsFunc(s.done, func(i int) bool { return seat.after(s.calls[i]) }) {
				s.room[seat.pool]++
			} else {
				open = append(open, seat)
			}
		}
		more = len(open) < len(seats)
		if seats = open; more {
			s.schedule()
		}
	}
}

// firstPart is a scheduler of the calls that need nobody.
func firstPart(calls []ledger.Call, b *book) *scheduler {
	s := newScheduler(calls, b.room())
	for i, c := range calls {
		if !c.Runs() {
			s.state[i] = held
		}
	}
	return s
}
