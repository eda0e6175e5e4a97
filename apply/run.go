package apply

import (
	"context"
	"fmt"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
)

// run is the calls of a plan while they come and go. Everything in it belongs to
// one goroutine; only requests run beside it.
type run struct {
	*Runner
	d         *dispatcher
	rec       *recorder
	report    *ledger.Report
	planned   int // calls of the plan; what comes beyond puts somebody back
	answers   chan answer
	postponed *postponed
	sent      int   // requests under way
	owing     bool  // somebody was between two seats when the run was interrupted
	broken    error // the state could not be written: what is in flight still counts
}

// answer is what one request brought back.
type answer struct {
	places  []int
	results []ledger.Result
}

func newRun(r *Runner, p *plan.Plan, rec *recorder) *run {
	report := &ledger.Report{Tally: ledger.Tally{All: len(p.Calls)}}
	report.Record(p.Records)
	return &run{Runner: r, d: newDispatcher(p.Calls, p.Pools), rec: rec, planned: len(p.Calls), report: report,
		answers: make(chan answer), postponed: newPostponed(2 * len(p.Calls))}
}

// calls runs until nothing is under way and nothing can start.
func (u *run) calls(ctx context.Context) (*ledger.Report, error) {
	u.d.unblock()
	u.noteResults(u.d.givenUp())
	stop, done := u.Stop, ctx.Done()
	var lost <-chan struct{}
	if u.Lock != nil {
		lost = u.Lock.Lost()
	}
	for {
		u.start(ctx)
		if u.sent == 0 && u.postponed.none() {
			return u.report, u.broken
		}
		select {
		case a := <-u.answers:
			u.takeAnswer(ctx, a)
		case place := <-u.postponed.due:
			if res, asleep := u.postponed.takeBack(place); asleep {
				u.d.again(place, res)
			}
		case <-stop:
			stop, u.report.Interrupted = nil, true
			u.owing = len(u.d.openSplits()) > 0
			u.d.interrupt("the run was interrupted") // before what that makes ready: somebody is put back
			u.end(u.postponed.giveUp(u.mayEnd)...)
		case <-done: // nobody waits any more
			done = nil
			u.end(u.postponed.giveUp(all)...)
		case <-lost:
			lost = nil
			u.unlocked()
		}
		u.noteResults(u.d.givenUp())
	}
}

// start sends requests until as many are under way as may be.
func (u *run) start(ctx context.Context) {
	for u.sent < max(1, u.Parallelism) {
		if !u.holds(ctx) {
			return
		}
		places := u.d.nextCalls(u.Batch)
		if len(places) == 0 {
			return
		}
		calls := make([]ledger.Call, len(places))
		for i, p := range places {
			calls[i] = u.d.calls[p]
		}
		u.sent++
		go func() { u.answers <- answer{places, u.ask(ctx, calls)} }()
	}
}

// ask runs calls. A fault of usher's own leaves them in doubt, and the run goes on to
// record what it did.
func (u *run) ask(ctx context.Context, calls []ledger.Call) (results []ledger.Result) {
	defer func() {
		if cause := recover(); cause != nil {
			results = make([]ledger.Result, len(calls))
			for i, c := range calls {
				results[i] = ledger.Result{Call: c, Outcome: ledger.Unknown, Message: fmt.Sprintf("usher met a fault of its own: %v; report it", cause)}
			}
		}
	}()
	return u.Tenant.Run(ctx, calls)
}

// holds makes sure of the lock, and ends the run where it is not ours.
func (u *run) holds(ctx context.Context) bool {
	if u.Lock == nil || u.d.mute != "" || u.Lock.Check(ctx) == nil {
		return true
	}
	u.unlocked()
	return false
}

// unlocked ends a run whose state may be somebody else's by now: nothing more
// is sent, and nothing is written.
func (u *run) unlocked() {
	u.report.Interrupted, u.rec.frozen = true, true
	u.silence("the lock on the state was lost")
}

// takeAnswer books the answer to a request, and records now and then.
func (u *run) takeAnswer(ctx context.Context, a answer) {
	u.sent--
	for i, place := range a.places {
		res := a.results[i]
		over := u.d.mute != "" || ctx.Err() != nil || u.report.Interrupted && u.mayEnd(res)
		if res.Outcome == ledger.Again && !over {
			u.postponed.postpone(place, res)
		} else {
			u.end(positioned{place, res.Final()})
		}
	}
	if !u.rec.due() || !u.holds(ctx) {
		return
	}
	if err := u.rec.checkpoint(ctx); err != nil && u.broken == nil {
		u.broken = err
		u.silence("the state could not be written")
	}
}

// mayEnd reports whether an interrupted run need not hand a call in again:
// nothing has happened yet, and nobody is between two seats, whose other half
// may wait for what it releases.
func (u *run) mayEnd(r ledger.Result) bool {
	return !r.Doubt && !u.owing && len(r.Call.Undo) == 0 && r.Call.ID <= u.planned
}

// silence lets nothing more be sent.
func (u *run) silence(why string) {
	u.d.silence(why)
	u.end(u.postponed.giveUp(all)...)
}

// end books results of calls that were started.
func (u *run) end(results ...positioned) {
	for _, x := range results {
		u.d.endCall(x.place, x.result)
		u.noteResults([]ledger.Result{x.result})
	}
}

// noteResults reports and records results.
func (u *run) noteResults(results []ledger.Result) {
	for _, res := range results {
		undo := res.Call.ID > u.planned // not a call of the plan: it puts somebody back
		if !undo {
			u.report.Add(res)
		}
		u.rec.noteResult(res)
		if res.Outcome != ledger.Done || len(res.Unfit) > 0 || undo {
			u.report.Results = append(u.report.Results, res)
		}
		u.Progress(res, u.report.Tally)
	}
}
