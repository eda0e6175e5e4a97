package plan_test

import (
	"os"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
	"github.com/usher-cli/usher/plan/worlds"
)

// TestMain says how many worlds an ordinary run looks at.
func TestMain(m *testing.M) { os.Exit(worlds.Main(m)) }

// counters show that the worlds are hard.
type counters struct {
	worlds, refused, tight, overfull, failing, swaps, stuck, gaps, groups, inside, waits, retries, restarts atomic.Int64
}

func (c *counters) report(t *testing.T) {
	t.Logf(
		"%d worlds: %d refused, %d with a tight pool, %d with an over-full pool, %d with calls that fail, %d with swaps, %d "+
			"with swaps that no free seat reaches (%d of them run with gaps), %d with calls of groups, %d with calls inside "+
			"environments, %d with calls that wait for people, %d with members to retry, %d with flows to turn off and on",
		c.worlds.Load(),
		c.refused.Load(),
		c.tight.Load(),
		c.overfull.Load(),
		c.failing.Load(),
		c.swaps.Load(),
		c.stuck.Load(),
		c.gaps.Load(),
		c.groups.Load(),
		c.inside.Load(),
		c.waits.Load(),
		c.retries.Load(),
		c.restarts.Load(),
	)
	if n := c.worlds.Load(); n >= 1000 {
		for name, least := range map[string][2]int64{
			"tight": {c.tight.Load(), n / 5}, "over-full": {c.overfull.Load(), n / 10}, "failing": {c.failing.Load(), n / 5},
			"with swaps that no free seat reaches": {c.stuck.Load(), n / 10}, "with groups": {c.groups.Load(), n / 10},
			"with flows and machines": {c.inside.Load(), n / 10}, "with waiting calls": {c.waits.Load(), n / 20},
			"with flows to turn off and on": {c.restarts.Load(), n / 1000}} {
			if least[0] < least[1] {
				t.Errorf("only %d of %d worlds are %s: the laws are not tested hard enough", least[0], n, name)
			}
		}
	}
}

func TestLaws(t *testing.T) {
	var c counters
	rapid.Check(t, func(t *rapid.T) {
		in := worlds.Draw(t)
		p := plan.New(in)
		t.Cleanup(func() {
			if t.Failed() {
				t.Logf("%s%s", worlds.Describe(in), shown(p))
			}
		})
		c.count(in, p)
		orderFree(t, in, p)
		refusedOnlyWithReason(t, in, p)
		unfinished(t, in, p)
		if p.Refused() {
			return
		}
		final := run(t, in, p)
		accountsAreTrue(t, in, p)
		handsOff(t, in, final)
		leftAlone(t, in, p)
		continuity(t, p, final)
		moments(t, p)
		if !worlds.NewJudge(in).Late() { // what waits for the service is done when it is not late any more
			sound(t, in, final)
			settled(t, in, p, final)
			guarded(t, in, p, final)
			misspelt(t, in, p, final)
		}
		resume(t, in, p, &c)
	})
	c.report(t)
}

func (c *counters) count(in plan.Input, p *plan.Plan) {
	c.worlds.Add(1)
	if p.Refused() {
		c.refused.Add(1)
	}
	j := worlds.NewJudge(in)
	tight, over := false, false
	for _, pool := range p.Pools {
		use, limit := j.Use(pool.ID), j.Limit(pool.ID)
		tight = tight || use == limit || pool.Left == 0
		over = over || use > limit
	}
	some := func(ok func(ledger.Call) bool) bool { return slices.ContainsFunc(p.Calls, ok) }
	for counter, yes := range map[*atomic.Int64]bool{
		&c.tight: tight, &c.overfull: over, &c.stuck: len(p.Gaps) > 0, &c.gaps: len(p.Gaps) > 0 && !p.Refused(),
		&c.swaps:    some(func(call ledger.Call) bool { return len(call.Takes) == 1 && len(call.Releases) == 1 }),
		&c.groups:   some(func(call ledger.Call) bool { return call.Holder.Kind == ledger.Group }),
		&c.inside:   some(func(call ledger.Call) bool { return call.Holder.Kind.Inside() }),
		&c.waits:    some(func(call ledger.Call) bool { return !call.Runs() }),
		&c.retries:  some(func(call ledger.Call) bool { return call.Steps[0].Op == ledger.Retry }),
		&c.restarts: some(func(call ledger.Call) bool { return call.Steps[0].Op == ledger.Restart }),
	} {
		if yes {
			counter.Add(1)
		}
	}
}

// run is law 4 for a run without failures, one call at a time; no call is
// started before those that it comes after.
func run(t *rapid.T, in plan.Input, p *plan.Plan) *worlds.Judge {
	j := worlds.NewJudge(in)
	j.EachCall(p, func(c ledger.Call) {
		for _, id := range c.After {
			if id >= c.ID {
				t.Fatalf("order: the call %d comes after %d", c.ID, id)
			}
		}
		j.Do(c)
	})
	if len(j.Broken) > 0 {
		t.Fatalf("fits: %v", j.Broken)
	}
	return j
}

// continuity is law 8: who has an item at the start and at the end has it at
// every point, or is named as a gap.
func continuity(t *rapid.T, p *plan.Plan, final *worlds.Judge) {
	if n := len(p.Gaps); int64(n) > p.AllowGaps {
		t.Fatalf("continuity: %d gaps are not refused, and %d are allowed", n, p.AllowGaps)
	}
	if all := final.Interrupted(p, final); len(all) > 0 {
		t.Fatalf("continuity: %v were there, and are, and were not in between", all)
	}
}

// settledWant lists the wants that a complete run must have fulfilled.
func settledWant(in plan.Input, had map[ledger.Key]ledger.Value) []ledger.Grant {
	var wants []ledger.Grant
	for _, w := range in.Want {
		_, there := had[w.Key()]
		switch {
		case slices.Contains(in.Gone, w.Holder.Identity()):
		case !there && slices.Contains(in.HeldBack, w.Key()):
		case unread(in, w.Holder) || unproven(in, w) || blocked(in, w.Holder):
		default:
			wants = append(wants, w)
		}
	}
	return wants
}

// blocked: who has no usage location and lacks a seat that the files give is left as it is.
func blocked(in plan.Input, h ledger.Holder) bool {
	has := worlds.NewJudge(in).Values
	return slices.Contains(in.Have.Nowhere, h.Identity()) && in.Location[h.Identity()] == "" &&
		slices.ContainsFunc(in.Want, func(w ledger.Grant) bool {
			_, there := has[w.Key()]
			return w.Holder == h && !there && !slices.Contains(in.HeldBack, w.Key())
		})
}

func unread(in plan.Input, h ledger.Holder) bool {
	return slices.ContainsFunc(in.Have.Unread, func(u ledger.Unread) bool {
		same := !u.Inside && u.Holder.Kind == h.Kind && u.Holder.ID == h.ID
		return same || h.Kind.Inside() && u.Holder.ID == h.EnvironmentID()
	})
}

// unproven: what an environment gives its flows and machines is not lowered
// where those could not be counted.
func unproven(in plan.Input, g ledger.Grant) bool {
	feeds := slices.Contains([]string{"PowerAutomatePerProcess", "PAUnattendedRPA", "PAHostedRPA", "PerFlowPlan"}, g.Item.ID)
	return feeds && slices.ContainsFunc(in.Have.Unread, func(u ledger.Unread) bool { return u.Inside && u.Holder.ID == g.Holder.ID })
}

// sound is law 1: after all calls, have equals want on want's keys.
func sound(t *rapid.T, in plan.Input, final *worlds.Judge) {
	for _, w := range settledWant(in, worlds.NewJudge(in).Values) {
		got := final.Values[w.Key()]
		if got.Units != w.Units || w.Without != nil && !slices.Equal(got.Without, w.Without) {
			t.Fatalf("sound: %s is %+v at the end, and %+v is wanted", w.Address(), got, w.Value)
		}
	}
}

// handsOff is law 3: what is neither wanted nor ours is as it was, unless
// the policy says that it goes.
func handsOff(t *rapid.T, in plan.Input, final *worlds.Judge) {
	ours := map[ledger.Key]bool{}
	for _, g := range slices.Concat(in.Want, in.Known) {
		ours[g.Key()] = true
	}
	claimed := map[ledger.Key]bool{}
	for _, g := range in.Claims {
		claimed[g.Key()] = true
	}
	for _, g := range in.Have.Grants {
		taken := autoRemoved(in, g) ||
			g.Holder.Kind == ledger.User && !claimed[g.Key()] && slices.ContainsFunc(in.Items, func(p ledger.ItemRules) bool {
				return p.Item.ID == g.Item.ID && p.Unmanaged == ledger.Take && mayGo(in, g, p.Taking)
			})
		if got, there := final.Values[g.Key()]; !ours[g.Key()] && !taken && (!there || !cmp.Equal(got, g.Value)) {
			t.Fatalf("hands-off: %s was %+v and is %+v (there: %t)", g.Address(), g.Value, got, there)
		}
	}
}

// mayGo: guests, disabled accounts and seats that are not known to be old keep what nobody declared.
func mayGo(in plan.Input, g ledger.Grant, rules ledger.Taking) bool {
	who := g.Holder.Identity()
	if slices.Contains(in.Have.Guests, who) && !rules.Guests || slices.Contains(in.Have.Disabled, who) && !rules.Asleep {
		return false
	}
	given, known := in.Have.Given[g.Key()]
	days := time.Duration(rules.OlderThan) * 24 * time.Hour
	return rules.OlderThan == 0 || known && in.At.Sub(given) >= days
}

// autoRemoved: the platform gave it, and the environment says that it goes.
func autoRemoved(in plan.Input, g ledger.Grant) bool {
	system := slices.ContainsFunc(in.Have.Rows, func(r ledger.Row) bool { return r.Key == g.Key() && r.System })
	return system && slices.ContainsFunc(in.Environments, func(p ledger.EnvironmentRules) bool {
		return p.Environment.ID == g.Holder.EnvironmentID() && p.Auto == ledger.AutoRemove
	})
}

// leftAlone: there is no step where nothing was read, for whoever is gone but
// declared, and for a disabled account that lacks its seat.
func leftAlone(t *rapid.T, in plan.Input, p *plan.Plan) {
	wanted := map[ledger.Key]bool{}
	for _, w := range in.Want {
		wanted[w.Key()] = true
	}
	for _, s := range p.Steps() {
		switch {
		case unread(in, s.Holder):
			t.Fatalf("left alone: %s was not read, and has the step %s", s.Address(), s.Op)
		case wanted[s.Key()] && slices.Contains(in.Gone, s.Holder.Identity()):
			t.Fatalf("left alone: %s is gone, and has the step %s", s.Address(), s.Op)
		case !s.Op.Nudges() && blocked(in, s.Holder):
			t.Fatalf("left alone: %s has no usage location, and has the step %s", s.Address(), s.Op)
		case s.Op == ledger.Add && slices.Contains(in.HeldBack, s.Key()):
			t.Fatalf("left alone: %s belongs to a disabled account, and is added", s.Address())
		case s.Op != ledger.Forget && s.Op != ledger.Adopt && s.Before != nil && (s.After == nil ||
			s.After.Units < s.Before.Units) && s.Holder.Kind == ledger.Environment && unproven(in, ledger.Grant{Holder: s.Holder, Item: s.Item}):
			t.Fatalf("left alone: what draws on %s could not be counted, and it is lowered", s.Address())
		}
	}
}

// settled is law 2: planning again gives nothing, and the state knows just
// what is wanted and there.
func settled(t *rapid.T, in plan.Input, p *plan.Plan, final *worlds.Judge) {
	next := in
	next.Have = final.Reading(in)
	next.Known = worlds.Recorded(in.Known, p.Steps())
	next.Claims = nil
	for _, g := range in.Claims {
		if slices.Contains(p.Perhaps, g.Key()) {
			next.Claims = append(next.Claims, g)
		}
	}
	lucky := func(s ledger.Step) bool { return s.Op == ledger.Retry && final.Stirred > 0 } // nobody knew for what there would be room
	if again := plan.New(next); slices.ContainsFunc(again.Steps(), func(s ledger.Step) bool { return !lucky(s) }) {
		t.Fatalf("settled: planning again gives %+v", again.Steps())
	}
	wanted := map[ledger.Key]bool{}
	for _, w := range in.Want {
		wanted[w.Key()] = true
	}
	known := map[ledger.Key]bool{}
	for _, g := range next.Known {
		known[g.Key()] = true
		if _, there := final.Values[g.Key()]; !there && !wanted[g.Key()] && !unread(in, g.Holder) && !unproven(in, g) && !blocked(in, g.Holder) {
			t.Fatalf("settled: %s is neither wanted nor there, and the state still knows it", g.Address())
		}
	}
	for _, w := range settledWant(in, worlds.NewJudge(in).Values) {
		if !known[w.Key()] {
			t.Fatalf("settled: %s is wanted and there, and the state does not know it", w.Address())
		}
	}
}

// accountsAreTrue compares the account of every pool with the judge's count.
func accountsAreTrue(t *rapid.T, in plan.Input, p *plan.Plan) {
	for _, pool := range p.Pools {
		j := worlds.NewJudge(in)
		before, limit := j.Use(pool.ID), j.Limit(pool.ID)
		peak, least := before, limit-before
		j.EachCall(p, func(c ledger.Call) {
			j.Do(c)
			peak = max(peak, j.Use(pool.ID))
			least = min(least, j.Limit(pool.ID)-j.Use(pool.ID))
		})
		got := []int64{pool.Before, pool.Limit, pool.Peak, pool.Least, pool.After, pool.Left}
		if cautious(in, pool, peak, least, j) {
			continue
		}
		if want := []int64{before, limit, peak, least, j.Use(pool.ID), j.Limit(pool.ID) - j.Use(pool.ID)}; !slices.Equal(got, want) {
			t.Fatalf("ledger: the account of %v is %v (before, limit, peak, least, after, left), and the judge counts %v", pool.ID, got, want)
		}
	}
}

// cautious: members who were left without may get a seat by a call for their group,
// or may not, and what the service has yet to take comes back at a time of its own.
// The account then has no less in use than there is, and no more left.
func cautious(in plan.Input, pool ledger.Pool, peak, least int64, j *worlds.Judge) bool {
	failed := slices.ContainsFunc(in.Have.Inherited, func(i ledger.Inherited) bool { return i.Error != "" && i.Item == pool.ID.Item })
	return (failed || worlds.NewJudge(in).Late()) && pool.Peak >= peak && pool.Least <= least && pool.After >= j.Use(pool.ID) &&
		pool.Left <= j.Limit(pool.ID)-j.Use(pool.ID)
}

// refusedOnlyWithReason: a shortage is a pool that the end does not fit and
// that something is added to, or that something is taken out of.
func refusedOnlyWithReason(t *rapid.T, in plan.Input, p *plan.Plan) {
	j := worlds.NewJudge(in)
	j.EachCall(p, j.Do)
	stirred := j.Stirred > 0 || slices.ContainsFunc(p.Notices, func(n ledger.Notice) bool { return n.Code == "member-stirred" })
	for _, s := range p.Shortages { // whom a group gives more depends on the order, and what does not fit has none
		if short := j.Use(s.Pool) - j.Limit(s.Pool); !stirred && (short != s.Short || short <= 0) {
			t.Fatalf("shortage: %v is said to be short by %d, and the judge finds %d", s.Pool, s.Short, short)
		}
	}
	if len(p.Shortages) == 0 && len(p.Gaps) == 0 && len(j.Broken) > 0 {
		t.Fatalf("fits: nothing is short, and yet %v", j.Broken)
	}
}
