package apply

import (
	"context"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/state"
)

// mostCalls is how many calls one entry of the history is about: an entry
// stays small enough for every kind of store.
const mostCalls = 1000

// tell adds entries to the history, if there is one.
func (c *recorder) tell(ctx context.Context, entries ...state.Entry) error {
	if c.r.Journal == nil || len(entries) == 0 {
		return nil
	}
	return c.r.Journal.Append(ctx, c.r.Now().UTC(), entries...)
}

// tellBegin says, before the first call, who is about to make which.
func (c *recorder) tellBegin(ctx context.Context) error {
	by := c.r.By
	by.Digest, by.Undoes, by.Serial, by.Tenant, by.Unread = c.p.Digest, c.p.Undoes, c.doc.Serial, c.p.Tenant, len(c.p.Unread)
	if c.p.Override != nil {
		by.Override = c.p.Override.Reason
	}
	began := state.Entry{Kind: state.Began, Facts: &state.Facts{By: &by}}
	entries := []state.Entry{began}
	for from := 0; from < len(c.p.Records); from += mostCalls {
		e := state.Entry{Kind: state.Planned, Facts: &state.Facts{}}
		for _, s := range c.p.Records[from:min(from+mostCalls, len(c.p.Records))] {
			e.Records = append(e.Records, state.ChangeOf(s))
		}
		entries = append(entries, e)
	}
	for from := 0; from < len(c.p.Calls); from += mostCalls {
		e := state.Entry{Kind: state.Planned, Facts: &state.Facts{}}
		for _, call := range c.p.Calls[from:min(from+mostCalls, len(c.p.Calls))] {
			e.Calls = append(e.Calls, planning(call))
		}
		entries = append(entries, e)
	}
	return c.tell(ctx, entries...)
}

func ended(r *ledger.Report) state.Entry {
	return state.Entry{Kind: state.Ended, Facts: &state.Facts{End: &state.End{Tally: r.Tally, Complete: r.Complete()}}}
}

func planning(call ledger.Call) state.Planning {
	p := state.Planning{ID: call.ID, Manual: call.Manual != ""}
	for _, s := range call.Steps {
		p.Steps = append(p.Steps, state.ChangeOf(s))
	}
	return p
}

// outcome is what the history says of a result. A call that is not of the plan
// puts somebody back, and brings its steps along.
func (c *recorder) outcome(res ledger.Result) state.Outcome {
	o := state.Outcome{ID: res.Call.ID, Outcome: string(res.Outcome), Message: res.Message, Request: res.Request, Accepted: res.Accepted}
	if res.Call.ID > len(c.p.Calls) {
		o.Steps = planning(res.Call).Steps
	}
	return o
}

// results is what became of calls since it was last told.
func (c *recorder) results() []state.Entry {
	var entries []state.Entry
	for from := 0; from < len(c.said); from += mostCalls {
		entries = append(entries, state.Entry{Kind: state.Results, Facts: &state.Facts{Results: c.said[from:min(from+mostCalls, len(c.said))]}})
	}
	return entries
}

// tellEnd says what became of the rest, and that the run is over.
func (c *recorder) tellEnd(ctx context.Context, report *ledger.Report) error {
	return c.tell(ctx, append(c.results(), ended(report))...)
}
