package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/usher-cli/usher/ledger"
)

// table compares want, known and have, key by key.
//
// It is the heart of a plan. A row is one key, such as "Ada, E5", with what the files want,
// what the state knows, and what the tenant has, each of which can be absent:
//
//	want  known  have
//	 x      x      x    nothing, or a change where the values differ
//	 x      x      -    add again: somebody took it
//	 x      -      x    adopt, or a change where the values differ
//	 x      -      -    add
//	 -      x      x    remove: it was usher's; what is let go is forgotten
//	 -      x      -    forget: it is gone
//	 -      -      x    not usher's; the policy for unmanaged seats decides
//
// What could not be read, who is gone, disabled accounts, days and claims of a killed run
// make exceptions.
type table struct {
	in       Input
	calendar *calendar
	sides    sides
	itemFacts
	environmentFacts
	holderFacts
	targets
	outcome
}

// targets are the holders that a plan is narrowed to, by address.
type targets struct {
	wanted map[string]bool
	met    map[string]bool // those that some row was about
}

// outcome is what the comparison comes to.
type outcome struct {
	steps   []ledger.Step // with a call
	records []ledger.Step // without
	notices []ledger.Notice
	perhaps []ledger.Key    // claims that stay open
	unread  []int           // rows left alone, by unread scope
	kept    []ledger.Grant  // what is kept as if it were declared
	leaving []ledger.Holder // groups that do not give something any more, and whose members have it still
}

// newTable prepares the comparison: dates are settled, and old readings are corrected.
func newTable(in Input) *table {
	t := &table{in: in, calendar: newCalendar(in), targets: targets{map[string]bool{}, map[string]bool{}}}
	t.in.Want = t.calendar.want
	t.in.Have.Grants = reading(t.in)
	t.in.released = releasedLately(in)
	t.in.Recent = nil // the reading is corrected
	t.sides = sides{newSet(t.in.Want), newSet(t.in.Known), newSet(t.in.Have.Grants)}
	t.itemFacts, t.environmentFacts, t.holderFacts = newItemFacts(in), newEnvironmentFacts(in), newHolderFacts(t.in)
	for _, h := range in.Targets {
		t.wanted[strings.ToLower(h.Address())] = true
	}
	t.in.targeted = t.wanted
	t.notices, t.unread = slices.Clone(in.Notices), make([]int, len(in.Have.Unread))
	return t
}

// compareAll decides every row, and says what it left alone.
//
// Rows are independent of each other: the order of calls, the seats that several sources of
// a person share and the limits of pools come later, from the steps.
func (t *table) compareAll() {
	t.block()
	t.steps = make([]ledger.Step, 0, t.sides.unequal())
	t.sides.rows(t.row)
	for i := range t.steps {
		t.redundant(t.steps[i])
	}
	for _, g := range t.in.Claims { // what was not read or not looked at stays open
		if t.claimed[g.Key()] && !t.inScope(g.Holder) {
			t.perhaps = append(t.perhaps, g.Key())
		}
	}
	slices.SortFunc(t.perhaps, ledger.Key.Compare)
	t.missedTargets()
	t.sumUp()
}

// row decides one row, unless it is out of reach or out of scope.
func (t *table) row(r row) {
	holder := r.holder()
	if keep := t.adopted(r); keep != nil {
		t.kept = append(t.kept, *keep)
		r.want = keep
	}
	if !t.in.looksAt(holder) {
		return
	}
	if len(t.wanted) > 0 {
		for _, name := range t.in.targetNames(holder) {
			t.met[name] = true
		}
	}
	if t.outOfReach(r) {
		return
	}
	t.stillWanted(r)
	if !t.meant(r) {
		t.keepClaim(r)
		return
	}
	t.decide(r)
}

// outOfReach notes what is not compared: what was not read, a product that the
// tenant has no more, holders that are gone, and holders that are blocked.
//
// What could not be read is not "absent": to take it for that would add what is there and
// forget what is known. It stays as it is until somebody can read it.
func (t *table) outOfReach(r row) bool {
	holder := r.holder()
	if scope := t.in.Have.UnreadScope(holder.Identity()); scope >= 0 {
		if r.want != nil || r.known != nil {
			t.unread[scope]++
		}
		return true
	}
	if stays, vanished := t.in.Vanished[r.key.Item]; vanished {
		if r.known != nil && !stays {
			t.forget(r)
		}
		return true
	}
	if r.want != nil && t.gone[holder.Identity()] { // reported by the resolver; its record waits for the file
		t.keepClaim(r)
		return true
	}
	if t.blocked[holder.Identity()] {
		t.keepClaim(r)
		return true
	}
	return false
}

// adopted is what the platform allocated by itself and the environment says
// is to be kept; nil for anything else.
//
// The platform gives a machine units by itself where an unattended run needs them. An
// environment that says "adopt" keeps them as if a file declared them, line by line.
func (t *table) adopted(r row) *ledger.Grant {
	if r.want != nil || r.have == nil || !r.key.Kind.Inside() || !t.rows[r.key].System {
		return nil
	}
	rules := t.rules[r.have.Holder.EnvironmentID()]
	if rules.Auto != ledger.AutoAdopt {
		return nil
	}
	keep := *r.have
	keep.Origins = []ledger.Origin{rules.Origin}
	return &keep
}

// letGo reports whether what is not declared any more stays as it is: a
// setting, and what the platform allocated by itself, once adopted, where the
// environment does not say that such things are removed.
func (t *table) letGo(r row) bool {
	return r.key.Kind == ledger.SelfService ||
		r.key.Kind.Inside() && t.rows[r.key].System && t.rules[r.have.Holder.EnvironmentID()].Auto != ledger.AutoRemove
}

// decide is the table of the design: want, known and have, in this order.
//
// An environment without a row of a type has 0 units of it, so that "process = 0" is wanted
// and there, and nobody is asked for anything.
func (t *table) decide(r row) {
	if r.want != nil && r.have == nil && r.want.Units == 0 {
		zero := *r.want // a missing row of capacity is 0 units
		r.have = &zero
	}
	switch {
	case r.want == nil:
		t.unwanted(r)
	case r.have == nil:
		t.addGrant(r)
	default:
		t.keepGrant(r)
	}
}

// unwanted is the part of the table for what no file asks for.
func (t *table) unwanted(r row) {
	switch {
	case r.known == nil:
		t.unmanaged(r)
	case r.have == nil && t.held[r.key] > 0:
		t.unfinished(r)
	case r.have == nil || t.letGo(r):
		t.forget(r)
	case !t.released(r):
		t.removeGrant(r, ledger.Declared)
	}
}

// step makes a step of a row, with the lines that want it.
func (r row) step(op ledger.Op, before, after *ledger.Value) ledger.Step {
	s := ledger.Step{Op: op, Holder: r.holder(), Item: r.item(), Before: before, After: after}
	if r.want != nil {
		s.Origins = r.want.Origins
	}
	return s
}

// addRecord adds a step that makes no request.
func (t *table) addRecord(op ledger.Op, r row, before, after *ledger.Value) {
	t.records = append(t.records, r.step(op, before, after))
}

// unfinished keeps the record of what a group does not give any more until its
// members do not have it any more either.
//
// A run took a license from a group, and the service goes through the members in its own
// time. Forgotten now, it would look next week as if somebody had given them the seats.
func (t *table) unfinished(r row) {
	t.leaving = append(t.leaving, r.known.Holder)
	t.addNotice(
		ledger.Info,
		"group-leaving",
		r,
		fmt.Sprintf(
			"the group does not give it any more, and the service has not taken it from %s yet",
			ledger.Count(t.held[r.key], "member"),
		),
		"",
	)
}

// awaited lists the groups that the service has not finished with.
func (t *table) awaited() []ledger.Holder {
	all := slices.Concat(t.in.Have.Working, t.leaving)
	slices.SortFunc(all, func(a, b ledger.Holder) int { return strings.Compare(a.ID, b.ID) })
	return slices.CompactFunc(all, func(a, b ledger.Holder) bool { return a.ID == b.ID })
}

// forget drops a record. What is still there stays there.
func (t *table) forget(r row) {
	s := r.step(ledger.Forget, &r.known.Value, nil)
	s.Kept = r.have != nil
	t.records = append(t.records, s)
}

// released lets go of what a removed block is about. It stays in the tenant, so a license that takes
// what no file declares would take it at the next plan: that is refused.
func (t *table) released(r row) bool {
	by, said := t.in.LetGo[r.key]
	if !said {
		return false
	}
	if t.itemRules[r.key.Item].Unmanaged == ledger.Take && r.key.Kind == ledger.User && t.sparesAccount(r) == "" {
		t.addNotice(ledger.Error, "removed-taken", r, "is let go of, and unmanaged = \"remove\" would take it at the next apply",
			"take one of the two out")
		t.notices[len(t.notices)-1].Origins = []ledger.Origin{by}
		return true
	}
	t.forget(r)
	s := &t.records[len(t.records)-1]
	s.Why, s.Origins = ledger.Released, []ledger.Origin{by}
	return true
}

// stillWanted tells of a block that lets go of what a line asks for.
func (t *table) stillWanted(r row) {
	if by, said := t.in.LetGo[r.key]; said && r.want != nil {
		t.addNotice(ledger.Warning, "removed-wanted", r, "is asked for, and "+by.String()+" lets go of it: usher keeps it",
			"take the line out, or the block")
	}
}

// addGrant gives what is wanted and not there, or says why it does not.
//
// It does not give a seat to a disabled account: mostly somebody has left, and the seat is
// wanted elsewhere.
func (t *table) addGrant(r row) {
	if t.heldBack[r.key] {
		t.addNotice(ledger.Warning, "account-disabled", r, "the account is disabled, so the seat is held back",
			"enable the account, take it out of the file, or set disabled_accounts = true in the assignment")
		return
	}
	t.futile(r)
	s := r.step(ledger.Add, nil, &r.want.Value)
	if r.known != nil && r.known.Units > 0 {
		s.Why = ledger.Drift
	}
	t.steps = append(t.steps, s)
}

// keepGrant handles what is wanted and there.
//
// The service can switch a service plan on by itself that the file switches off, because
// another product needs it. What it did when the want was carried out was recorded, and is
// accepted: usher would switch it off for ever otherwise, and the service on again.
func (t *table) keepGrant(r row) {
	if r.known != nil && r.known.Accepts(r.want.Value, r.have.Value) {
		if !r.known.Equal(r.want.Value) || t.foundAnew(r) { // done already, and not recorded
			t.addRecord(ledger.Adopt, r, &r.known.Value, &r.want.Value)
		}
		return
	}
	if !r.want.Equal(r.have.Value) {
		s := r.step(ledger.Change, &r.have.Value, &r.want.Value)
		s.Taken = r.known == nil
		if t.unproven(r, &s) {
			return
		}
		said := r.known != nil && (r.known.Without == nil) == (r.want.Without == nil) // what was left open then, the file asks for now
		if said && r.known.Equal(r.want.Value) {
			s.Why = ledger.Drift
		}
		t.steps = append(t.steps, s)
		return
	}
	t.addRecord(ledger.Adopt, r, nil, &r.want.Value)
}

// removeGrant takes what is there and not wanted, or says why it does not.
//
// It is called for what usher gave, and for what a policy says may be taken. Whether anybody
// loses something by it shows only with all sources of the person at hand.
func (t *table) removeGrant(r row, why ledger.Why) {
	if t.selfMade[r.key.Item] {
		t.addNotice(ledger.Warning, "self-service", r, "was bought by self-service, and no program can remove it",
			"remove it in the admin centre")
		return
	}
	s := r.step(ledger.Remove, &r.have.Value, nil)
	s.Why, s.Taken = why, r.known == nil
	if d, ended := t.calendar.ended[r.key]; ended && why == ledger.Declared {
		s.Why, s.Origins, s.LastDay = ledger.Expired, d.Origins, d.Until
	}
	if t.unproven(r, &s) {
		return
	}
	t.steps = append(t.steps, s)
}
