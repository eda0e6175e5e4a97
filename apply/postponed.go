package apply

import (
	"time"

	"github.com/usher-cli/usher/ledger"
)

// postponed are calls that the tenant wants to be handed in again after a while.
// They keep their place: what they take stays taken.
type postponed struct {
	due   chan int // positions of calls whose time has come
	calls map[int]ledger.Result
}

// positioned is a result of the call at a position.
type positioned struct {
	place  int
	result ledger.Result
}

func newPostponed(most int) *postponed {
	return &postponed{due: make(chan int, most), calls: map[int]ledger.Result{}}
}

func (s *postponed) none() bool { return len(s.calls) == 0 }

func (s *postponed) postpone(place int, res ledger.Result) {
	s.calls[place] = res
	time.AfterFunc(res.Wait, func() { s.due <- place })
}

// takeBack returns a call whose time has come, if it still sleeps.
func (s *postponed) takeBack(place int) (res ledger.Result, asleep bool) {
	res, asleep = s.calls[place]
	delete(s.calls, place)
	return res, asleep
}

func all(ledger.Result) bool { return true }

// wake ends the sleep of calls for good: each with what is known of it.
func (s *postponed) wake(which func(ledger.Result) bool) []positioned {
	var woken []positioned
	for place, res := range s.calls {
		if which(res) {
			delete(s.calls, place)
			woken = append(woken, positioned{place, res.Final()})
		}
	}
	return woken
}
