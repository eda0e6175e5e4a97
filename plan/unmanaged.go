package plan

import (
	"fmt"

	"github.com/usher-cli/usher/catalog"
	"github.com/usher-cli/usher/ledger"
)

// unmanaged handles what is there and neither wanted nor ours.
//
// A tenant that has never seen usher is full of these. Nothing is taken unless the license
// block says so; and what a killed run may have given is never taken on suspicion.
func (t *table) unmanaged(r row) {
	if t.claimed[r.key] {
		t.perhaps = append(t.perhaps, r.key)
		t.addNotice(ledger.Warning, "perhaps-ours", r, "an interrupted run may have given this, or somebody else did: it is left alone",
			fmt.Sprintf("run usher state confirm %[1]s to adopt it, or usher state rm %[1]s to leave it", r.have.Address()))
		return
	}
	if r.key.Kind.Inside() {
		t.inPlace(r)
		return
	}
	if r.key.Kind != ledger.User {
		return
	}
	switch t.itemRules[r.key.Item].Unmanaged {
	case ledger.Take:
		if why := t.spares(r); why != "" {
			t.addNotice(ledger.Info, "unmanaged", r, "is assigned, no file declares it, and it stays: "+why, "")
			return
		}
		t.removeGrant(r, ledger.Unmanaged)
	case ledger.Warn:
		t.addNotice(ledger.Info, "unmanaged", r, "is assigned, and "+UndeclaredText(r.item()), "")
	}
}

// spares says why a seat that nobody declared stays where its license lets such seats go; "" where
// it goes. A date that nobody knows is none that is old.
func (t *table) spares(r row) string {
	rules := t.itemRules[r.key.Item].Taking
	given, known := t.in.Have.Given[r.key]
	if why := t.sparesAccount(r); why != "" || rules.OlderThan == 0 {
		return why
	}
	switch {
	case !known || given.IsZero():
		return "nobody knows since when"
	case given.After(t.in.At.AddDate(0, 0, -rules.OlderThan)):
		return fmt.Sprintf("it was given or changed on %s, less than %s ago", day(given), ledger.Count(rules.OlderThan, "day"))
	}
	return ""
}

// sparesAccount says why an account keeps what nobody declared, however old it is.
func (t *table) sparesAccount(r row) string {
	rules, who := t.itemRules[r.key.Item].Taking, r.holder().Identity()
	switch {
	case !rules.Guests && t.guests[who]:
		return "the account is a guest's"
	case !rules.Asleep && t.asleep[who]:
		return "the account is disabled"
	}
	return ""
}

// UndeclaredText says that a person has a seat that nobody declared, and where it may come from.
func UndeclaredText(i ledger.Item) string {
	if catalog.AutoClaimed(i.Name) {
		return "no file declares it: perhaps auto-claim of a Managed Environment gave it"
	}
	return "no file declares it"
}

// autoClaims warns, once a product, of a plan that takes seats that the platform may give again.
//
// Auto-claim gives a seat to whoever opens an app or a flow that needs one. With
// unmanaged = "remove", usher and the platform would otherwise undo each other every night.
func (p *Plan) autoClaims() []ledger.Notice {
	var all []ledger.Notice
	told := map[string]bool{}
	for s := range p.EachStep() {
		if s.Why != ledger.Unmanaged || s.Holder.Kind != ledger.User || told[s.Item.ID] || !catalog.AutoClaimed(s.Item.Name) {
			continue
		}
		told[s.Item.ID] = true
		all = append(all, ledger.Notice{Code: "auto-claim", Severity: ledger.Warning, Address: s.Item.Name,
			Text: `unmanaged = "remove" takes seats that auto-claim of a Managed Environment may have given: the people who use an ` +
				"app or a flow there get them again",
			Fix: "switch auto-claim off for this product in the Microsoft 365 admin centre, under Billing, Licenses, Auto-claim " +
				"policies, or declare the people"})
	}
	return all
}

// inPlace handles units inside an environment that nobody declared.
func (t *table) inPlace(r row) {
	units := fmt.Sprintf("holds %d", r.have.Units)
	switch {
	case !t.rows[r.key].System || t.mixed[r.key]:
		t.addNotice(ledger.Info, "undeclared-units", r, units+", and no file declares it", "")
	case t.rules[r.have.Holder.EnvironmentID()].Auto == ledger.AutoRemove:
		t.removeGrant(r, ledger.Unmanaged)
	default:
		t.addNotice(ledger.Info, "auto-allocated", r, units+", allocated by the platform itself",
			`declare it, or write auto_allocated = "adopt" or "remove" in the environment`)
	}
}

// unproven holds back a step that lowers an environment whose flows and
// machines could not be counted: they may be using what it takes.
//
//	process: 8 -> 5, and the flows of the environment could not be read
//
// They may be drawing 7. To lower it would turn two of them off in the middle of a night.
func (t *table) unproven(r row, s *ledger.Step) bool {
	if _, fed := catalog.MeterOf(r.key.Item); !fed || r.key.Kind != ledger.Environment || delta(*s) >= 0 || t.inside[r.key.Holder] {
		return false
	}
	i := t.in.Have.UnreadInside(r.key.Holder)
	if i >= 0 {
		t.unread[i]++
	}
	return i >= 0
}
