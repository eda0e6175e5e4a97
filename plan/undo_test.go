package plan_test

import (
	"slices"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
	"github.com/usher-cli/usher/plan/worlds"
)

// TestUndoReverses: undoing a whole run brings back what it changed and nothing
// else; what changed since is said, and is not part of any plan.
func TestUndoReverses(t *testing.T) {
	var undone, refused, stale atomic.Int64
	rapid.Check(t, func(t *rapid.T) {
		in := worlds.Draw(t)
		p := plan.New(in)
		waits := slices.ContainsFunc(p.Calls, func(c ledger.Call) bool { return !c.Runs() })
		if p.Refused() || len(p.Calls) == 0 || waits || worlds.NewJudge(in).Late() {
			return
		}
		var done []ledger.Step
		j := worlds.NewJudge(in)
		// Killed somewhere on the way. Where readings lag, what is there may be older than
		// the plan, and nobody can tell what was done.
		killed := rapid.Bool().Draw(t, "killed") && len(in.Recent) == 0
		sent := len(p.Calls)
		if killed {
			sent = rapid.IntRange(0, sent).Draw(t, "calls that arrived")
		}
		for _, c := range p.Calls[:sent] {
			j.Do(c)
			done = append(done, c.Steps...)
		}
		next := in
		next.Have, next.Claims = j.Reading(in), nil
		next.Known = worlds.Recorded(worlds.Recorded(in.Known, p.Records), done)
		next.Guard = worlds.NoGuard()

		if somebody := rapid.Bool().Draw(t, "somebody changes"); somebody {
			stale.Add(movedOn(t, next, done))
		}
		sure, perhaps := done, []ledger.Step(nil)
		if killed { // then nobody knows what it came to, and what it was to give is claimed
			known := rapid.IntRange(0, len(done)).Draw(t, "steps that were recorded")
			sure, perhaps = slices.Clip(done[:known]), slices.Concat(done[known:], rest(p.Calls[sent:]))
			next.Known = worlds.Recorded(worlds.Recorded(in.Known, p.Records), sure)
			for _, s := range perhaps {
				if s.After != nil && !s.Op.Nudges() {
					next.Claims = append(next.Claims, ledger.Grant{Holder: s.Holder, Item: s.Item, Value: *s.After})
				}
			}
		}
		back, problems := next.Undo(sure, perhaps)
		if len(problems) > 0 {
			if len(in.Have.Unread) > 0 { // nobody can tell
				return
			}
			t.Fatalf("undo: nothing changed since, and it says %v", problems)
		}
		q := plan.New(back)
		if q.Refused() || slices.ContainsFunc(q.Calls, func(c ledger.Call) bool { return !c.Runs() }) {
			refused.Add(1)
			return
		}
		undone.Add(1)
		reverses(t, in, next, q, done)
	})
	t.Logf("%d runs undone, %d undos refused, %d found to have moved on", undone.Load(), refused.Load(), stale.Load())
	if undone.Load() < 50 {
		t.Errorf("only %d runs were undone", undone.Load())
	}
}

func rest(calls []ledger.Call) []ledger.Step {
	var steps []ledger.Step
	for _, c := range calls {
		steps = append(steps, c.Steps...)
	}
	return steps
}

// reverses: what the run touched is as before, and all else as it was.
func reverses(t *rapid.T, in, next plan.Input, q *plan.Plan, done []ledger.Step) {
	j := worlds.NewJudge(next)
	before := map[ledger.Key]ledger.Value{}
	for k, v := range j.Values {
		before[k] = v
	}
	for _, c := range q.Calls {
		if s := c.Steps[0]; s.Op == ledger.Retry {
			t.Fatalf("undo: it asks again for %s, which no undo needs", s.Address())
		}
		j.Do(c)
	}
	if len(j.Broken) > 0 {
		t.Fatalf("undo: fits: %v", j.Broken)
	}
	original := worlds.NewJudge(in).Values
	touched := map[ledger.Key]bool{}
	for _, s := range done {
		if !s.Op.Nudges() {
			touched[s.Key()] = true
		}
	}
	for k := range touched {
		if slices.ContainsFunc(q.Blocked, func(h ledger.Holder) bool { return h.ID == k.Holder }) {
			if !cmp.Equal(j.Values[k], before[k]) {
				t.Fatalf("undo: %v is blocked, and changed from %+v to %+v", k, before[k], j.Values[k])
			}
			continue
		}
		if got, want := j.Values[k], original[k]; got.Units != want.Units || !got.Without.Equal(want.Without) {
			t.Fatalf("undo: %v is %+v, and was %+v before the run", k, got, want)
		}
	}
	for k, v := range before {
		if got := j.Values[k]; !touched[k] && !cmp.Equal(got, v) {
			t.Fatalf("undo: %v was %+v, which the run had not touched, and is %+v", k, v, got)
		}
	}
	for k := range j.Values {
		if _, there := before[k]; !there && !touched[k] {
			t.Fatalf("undo: %v came out of nowhere", k)
		}
	}
}

// movedOn takes away one thing that the run gave: undoing says so.
func movedOn(t *rapid.T, in plan.Input, done []ledger.Step) int64 {
	for _, s := range done {
		at := slices.IndexFunc(in.Have.Grants, func(g ledger.Grant) bool { return g.Key() == s.Key() && g.Units > 0 })
		if at < 0 || s.After == nil {
			continue
		}
		in.Have.Grants = slices.Delete(slices.Clone(in.Have.Grants), at, at+1)
		if _, problems := in.Undo(done, nil); len(problems) == 0 {
			t.Fatalf("undo: %s is gone since, and it says nothing", s.Address())
		}
		return 1
	}
	return 0
}

// TestUndoAsksForNothing: a group had no seat for somebody, and a run gave one
// directly. Undoing the run takes it back, and does not make the service try again.
func TestUndoAsksForNothing(t *testing.T) {
	in := tableInput(t, map[string]string{
		"want": "group/g E5\nuser/a E5", "known": "group/g E5", "have": "group/g E5",
		"facts": "member group/g user/a\ninherited user/a E5 group/g CountViolation", "pools": "E5 owned=9",
	})
	add := plan.New(in).Steps()
	at := slices.IndexFunc(add, func(s ledger.Step) bool { return s.Holder.Kind == ledger.User && s.Op == ledger.Add })
	if at < 0 {
		t.Fatalf("the run gives nothing: %+v", add)
	}
	given := ledger.Grant{Holder: add[at].Holder, Item: add[at].Item, Value: *add[at].After}
	in.Known, in.Have.Grants = append(in.Known, given), append(in.Have.Grants, given)
	p, stale := plan.NewUndo(in, "run", add[at:at+1], nil)
	if len(stale) > 0 || len(p.Steps()) != 1 || p.Steps()[0].Op != ledger.Remove {
		t.Errorf("undoing it is %+v, %v", p, stale)
	}
}
