package plan

import (
	"fmt"
	"slices"
	"time"

	"github.com/usher-cli/usher/catalog"
	"github.com/usher-cli/usher/ledger"
)

// Fresh is a new reading of what a saved plan relies on.
type Fresh struct {
	State   StateRef
	Claims  string // digest of the run that left claims in the state; "" for none
	Known   []ledger.Grant
	Recent  []ledger.Recent
	Restart []ledger.Grant // flows that an earlier run was turning off and on
	Have    ledger.Have
	At      time.Time
	Today   string // YYYY-MM-DD, where the organisation is
	// There reports whether the tenant has a holder; nil where nobody can tell.
	There func(ledger.HolderID) bool

	// Approved is what a run of this same plan was allowed to take, as in Input.
	Approved []ledger.Grant
	released map[string]int64
}

// Renew fits a saved plan to a new reading, or says why it no longer holds:
// the tenant is another one, the state moved otherwise than by an earlier run
// of this same plan, or a holder is no longer as "before" says. Steps that
// such an earlier run has carried out become records.
//
//	reviewed   - ada E3, + ada E5, + ben E5
//	now        Ada has E5 already, and not E3: an earlier run of this plan was killed
//	applied    + ben E5
//
// What a reviewer has seen is carried out, or nothing is. So the losses are counted again: a
// group that was to keep somebody covered may be gone by now.
func (p *Plan) Renew(f Fresh) (*Plan, []string) {
	if f.Have.Tenant != p.Tenant {
		return nil, []string{fmt.Sprintf("the plan is for the tenant %s, and this is %s", p.Tenant, f.Have.Tenant)}
	}
	resumed := f.Claims == p.Digest
	if f.State != p.State && !resumed {
		return nil, []string{fmt.Sprintf("the plan was made from %s, and the state is now %s", p.State, f.State)}
	}
	if p.HoldsTo != "" && f.Today > p.HoldsTo {
		return nil, []string{
			fmt.Sprintf("the plan holds up to %s, because the files ask for something else after that day, and today is %s", p.HoldsTo, f.Today),
		}
	}
	lately := Input{Have: f.Have, Known: f.Known, Recent: f.Recent, At: f.At}
	f.Have.Grants, f.released = reading(lately), releasedLately(lately)
	r := renewal{have: map[ledger.Key]ledger.Value{}, resumed: resumed, fresh: f}
	for _, g := range f.Have.Grants {
		r.have[g.Key()] = g.Value
	}
	q := *p
	q.Unread, q.Believed, q.Awaited = f.Have.Unread, f.Have.Unlisted, f.Have.Working
	steps, done := r.splitSteps(p.Calls)
	for _, s := range p.Records {
		r.recordDone(s)
	}
	if len(r.stale) > 0 {
		return nil, r.stale
	}
	q.Records = p.Records // what the guards are about: done steps were judged before
	before := lossesOf(p)
	q.refit(steps, f)
	q.Records = slices.Concat(done, p.Records)
	for address, n := range lossesOf(&q) {
		if n > before[address] {
			return nil, []string{
				fmt.Sprintf("%s would take something from somebody who keeps it in the saved plan: another source of it is gone", address),
			}
		}
	}
	return &q, nil
}

// lossesOf counts whom each removal of a plan leaves without it, or without a part of it.
//
// They are compared by address and number, because a reviewer has seen just that.
func lossesOf(p *Plan) map[ledger.Address]int64 {
	lost := map[ledger.Address]int64{}
	for _, c := range p.Calls {
		for _, s := range c.Steps {
			if n := lostBy(s); n > 0 {
				lost[s.Address()] = n
			}
		}
	}
	return lost
}

// lostBy counts whom a step leaves without a seat, or without a part of it.
func lostBy(s ledger.Step) int64 {
	switch {
	case s.Op != ledger.Remove || s.Item.Kind != ledger.Seat:
		return 0
	case s.Holder.Kind == ledger.Group:
		return s.People + s.Reduced
	case !s.Kept:
		return 1
	}
	return s.Reduced
}

// String names a state for people.
func (s StateRef) String() string {
	if s == (StateRef{}) {
		return "no state"
	}
	return fmt.Sprintf("serial %d", s.Serial)
}

type renewal struct {
	have    map[ledger.Key]ledger.Value
	resumed bool
	fresh   Fresh
	stale   []string
}

// splitSteps tells the steps that are still to be done from those that an earlier
// run did, which become records.
func (r *renewal) splitSteps(calls []ledger.Call) (steps, done []ledger.Step) {
	for _, c := range calls {
		for _, s := range c.Steps {
			switch {
			case s.Op.Nudges(): // asked for again, where it is still needed
			case r.isOpen(s):
				steps = append(steps, s)
			case s.Op == ledger.Remove:
				s.Op = ledger.Forget
				done = append(done, s)
			default:
				s.Op = ledger.Adopt
				done = append(done, s)
			}
		}
	}
	return steps, done
}

// isOpen reports whether the step still has to be done, and notes when it can
// no longer be.
func (r *renewal) isOpen(s ledger.Step) bool {
	if r.isUnread(s) {
		return true
	}
	switch {
	case r.fresh.There != nil && !r.fresh.There(s.Holder.Identity()):
		r.stale = append(r.stale, fmt.Sprintf("%s: the tenant does not have this %s any more", s.Address(), s.Holder.Kind.Words()))
		return true
	case r.isNow(s, s.Before):
		return true
	case r.resumed && r.isNow(s, s.After):
		return false
	}
	r.stale = append(r.stale, fmt.Sprintf("%s has changed since the plan was made", s.Address()))
	return true
}

// recordDone notes when an adoption or a forget no longer describes the tenant.
func (r *renewal) recordDone(s ledger.Step) {
	if r.isUnread(s) || s.Op == ledger.Forget && s.Kept {
		return
	}
	want := s.After
	if s.Op == ledger.Forget {
		want = nil
	}
	if !r.isNow(s, want) {
		r.stale = append(r.stale, fmt.Sprintf("%s has changed since the plan was made", s.Address()))
	}
}

// isUnread notes when what a step is about could not be read, or, where it lowers
// an environment, what draws on it.
func (r *renewal) isUnread(s ledger.Step) bool {
	_, fed := catalog.MeterOf(s.Item.ID)
	lowers := s.Holder.Kind == ledger.Environment && fed && delta(s) < 0
	for _, u := range r.fresh.Have.Unread {
		if u.Covers(s.Holder.Identity()) || lowers && u.Inside && u.Holder.ID == s.Holder.ID {
			r.stale = append(r.stale, fmt.Sprintf("%s could not be read: %s", u.Address(), u.Reason))
			return true
		}
	}
	return false
}

// isNow compares what is there with a value, where nothing and 0 units are one.
func (r *renewal) isNow(s ledger.Step, v *ledger.Value) bool {
	have, there := r.have[s.Key()]
	if equalsNow(v, have, there) {
		return true
	}
	if v == nil || !there {
		return false
	}
	for _, g := range r.fresh.Known { // the service may have kept more of it on
		if g.Key() == s.Key() {
			return g.Accepts(*v, have)
		}
	}
	return false
}

// drawnAsBefore says who draws on a short pool as far as the saved plan knew:
// the files that declare it are not at hand any more.
func drawnAsBefore(now, saved []Shortage) []Shortage {
	for i := range now {
		now[i].Unlisted = 0
		for _, old := range saved {
			if old.Pool == now[i].Pool {
				now[i].Drawers, now[i].Unlisted, now[i].Blocked = old.Drawers, old.Unlisted, old.Blocked
			}
		}
	}
	return now
}

// refit makes calls of the open steps and settles them in the new accounts.
func (p *Plan) refit(steps []ledger.Step, f Fresh) {
	in := Input{
		Have:         f.Have,
		Known:        f.Known,
		Guard:        p.Guard,
		At:           p.At,
		Today:        f.Today,
		Location:     p.locations(),
		Environments: p.Environments,
		FlowCapacity: p.ByUsher,
		Only:         p.Only,
		Restart:      f.Restart,
		Approved:     f.Approved,
		released:     f.released,
		saved:        p,
	}
	for _, pool := range p.Pools {
		if pool.Label == "" {
			continue
		}
		in.Items = append(in.Items, ledger.ItemRules{Label: pool.Label, Item: pool.Item, Quantity: pool.Quantity, Reserve: pool.Reserve,
			UseGrace: pool.Grace, Refresh: pool.Refresh, Unmanaged: pool.Unmanaged, Price: pool.Price, Origin: pool.Origins[0]})
	}
	slices.SortStableFunc(steps, func(a, b ledger.Step) int { return a.Key().Compare(b.Key()) })
	ofOthers := func(b Breach) bool { return b.Kind != UnknownNames && b.Kind != Moves && !b.Held }
	saved, ofFiles := p.Shortages, slices.DeleteFunc(slices.Clone(p.Breaches), ofOthers)
	for i := range steps {
		steps[i].Kept, steps[i].People, steps[i].Costs = false, 0, nil
	}
	p.Notices = slices.DeleteFunc(slices.Clone(p.Notices), func(n ledger.Notice) bool { return n.Code == codeStirred })
	p.arrangeCalls(steps, in, newSet(in.Have.Grants))
	p.Shortages = drawnAsBefore(p.Shortages, saved)
	p.Breaches = append(p.Breaches, ofFiles...)
}

// locations is where the saved plan sets people's usage location.
func (p *Plan) locations() map[ledger.HolderID]string {
	all := map[ledger.HolderID]string{}
	for _, c := range p.Calls {
		if c.Location != "" {
			all[c.Holder.Identity()] = c.Location
		}
	}
	return all
}
