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

func (p *postponed) none() bool { return len(p.calls) == 0 }

func (p *postponed) postpone(place int, res ledger.Result) {
	p.calls[place] = res
	time.AfterFunc(res.Wait, func() { p.due <- place })
}

// takeBack returns a call whose time has come, if it still waits.
func (p *postponed) takeBack(place int) (res ledger.Result, waiting bool) {
	res, waiting = p.calls[place]
	delete(p.calls, place)
	return res, waiting
}

func all(ledger.Result) bool { return true }

// giveUp takes out calls for good: each with what is known of it.
func (p *postponed) giveUp(which func(ledger.Result) bool) []positioned {
	var given []positioned
	for place, res := range p.calls {
		if which(res) {
			delete(p.calls, place)
			given = append(given, positioned{place, res.Final()})
		}
	}
	return given
}
