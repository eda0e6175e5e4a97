package state

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/usher-cli/usher/ledger"
)

// Run is everything that the history says of one run, or of one edit.
type Run struct {
	ID      string     `json:"id"`
	Began   time.Time  `json:"began"`
	Ended   *time.Time `json:"ended,omitempty"` // nil where it was killed before it could say
	By      By         `json:"by"`
	What    string     `json:"what,omitempty"` // of an edit
	Records []Change   `json:"records,omitempty"`
	Calls   []Call     `json:"calls,omitempty"`
	End     *End       `json:"end,omitempty"`
}

// Call is one call of a run with what became of it; no outcome where the run
// did not live to say.
type Call struct {
	Planning
	Outcome string `json:"outcome,omitempty"`
	Message string `json:"message,omitempty"`
	Request string `json:"request,omitempty"`

	Accepted bool `json:"accepted,omitempty"`
}

// Runs puts the entries of a history together, the oldest run first.
func Runs(entries []Entry) []*Run {
	var runs []*Run
	byID := map[string]*Run{}
	place := map[string]map[int]int{}
	for _, e := range entries {
		r := byID[e.Run]
		if r == nil {
			r = &Run{ID: e.Run, Began: e.At}
			byID[e.Run], place[e.Run] = r, map[int]int{}
			runs = append(runs, r)
		}
		r.add(e, place[e.Run])
	}
	return runs
}

func (r *Run) add(e Entry, place map[int]int) {
	if e.By != nil {
		r.By, r.What = *e.By, e.What
	}
	r.Records = append(r.Records, e.Records...)
	for _, c := range e.Calls {
		place[c.ID] = len(r.Calls)
		r.Calls = append(r.Calls, Call{Planning: c})
	}
	for _, o := range e.Results {
		at, planned := place[o.ID]
		if !planned {
			at = len(r.Calls)
			r.Calls = append(r.Calls, Call{Planning: Planning{ID: o.ID, Steps: o.Steps}})
		}
		c := &r.Calls[at]
		c.Outcome, c.Message, c.Request, c.Accepted = o.Outcome, o.Message, o.Request, o.Accepted
	}
	if e.Kind == Ended || e.Kind == Edited {
		at := e.At
		r.Ended, r.End = &at, e.End
	}
}

// Done returns the steps that the run carried out, in the order in which it
// planned them, and those that it may have carried out: of unknown outcome, taken
// on by the service, or of a run that was killed before it could say.
func (r *Run) Done() (done, perhaps []ledger.Step, err error) {
	for _, c := range r.Calls {
		if c.Manual {
			continue
		}
		steps, err := stepsOf(c.Steps)
		if err != nil {
			return nil, nil, fmt.Errorf("the call %d of the run %s: %w", c.ID, r.ID, err)
		}
		switch outcome := ledger.Outcome(c.Outcome); {
		case outcome == ledger.Done:
			done = append(done, steps...)
		case outcome == ledger.Unknown, outcome == "" && r.End == nil, outcome == ledger.Pending && c.Accepted:
			perhaps = append(perhaps, steps...)
		}
	}
	return done, perhaps, nil
}

// stepsOf are the steps that changes of the history tell of.
func stepsOf(changes []Change) ([]ledger.Step, error) {
	var steps []ledger.Step
	for _, c := range changes {
		g, err := c.Grant()
		if err != nil {
			return nil, err
		}
		steps = append(steps, ledger.Step{Op: c.Op, Holder: g.Holder, Item: g.Item, Before: c.Before, After: c.After, Taken: c.Taken,
			Origins: c.Origins})
	}
	return steps, nil
}

// ErrNoRun means that the history has no such run.
var ErrNoRun = errors.New("the history has no such run")

// FindRun returns the run whose id is, or alone begins with, a text.
func FindRun(runs []*Run, id string) (*Run, error) {
	var found []*Run
	for _, r := range runs {
		if r.ID == id {
			return r, nil
		}
		if id != "" && strings.HasPrefix(r.ID, id) {
			found = append(found, r)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return nil, fmt.Errorf("%w: %q; usher history lists them", ErrNoRun, id)
	}
	return nil, fmt.Errorf("%d runs begin with %q: write more of the id", len(found), id)
}
