package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/usher-cli/usher/ledger"
)

// table compares want, known and have, key by key.
type table struct {
	in       Input
	policies map[string]ledger.Policy // by item id
	selfMade map[string]bool          // items bought by self-service
	gone     map[ledger.HolderID]bool
	asleep   map[ledger.Key]bool
	claimed  map[ledger.Key]bool
	targets  map[string]bool
	met      map[string]bool // targets that some row was about

	steps   []ledger.Step // with a call
	records []ledger.Step // without
	notices []ledger.Notice
	perhaps []ledger.Key            // claims that stay open
	unread  map[ledger.HolderID]int // rows left alone, by unread scope; an empty id is a kind
}

func newTable(in Input) *table {
	t := &table{in: in, policies: map[string]ledger.Policy{}, selfMade: map[string]bool{}, gone: map[ledger.HolderID]bool{},
		asleep: map[ledger.Key]bool{}, claimed: map[ledger.Key]bool{}, targets: map[string]bool{}, met: map[string]bool{}, unread: map[ledger.HolderID]int{}}
	for _, p := range in.Policies {
		t.policies[p.Item.ID] = p
	}
	for _, s := range in.Have.Supply {
		t.selfMade[s.Item.ID] = s.SelfService
	}
	for _, u := range in.Have.Unread {
		t.unread[u.Holder.Identity()] = 0
	}
	for _, h := range in.Gone {
		t.gone[h] = true
	}
	for _, k := range in.Asleep {
		t.asleep[k] = true
	}
	for _, g := range in.Claims {
		t.claimed[g.Key()] = true
	}
	for _, h := range in.Targets {
		t.targets[strings.ToLower(h.Address())] = true
	}
	t.notices = slices.Clone(in.Notices)
	return t
}

// compare decides every row, and says what it left alone.
func (t *table) compare() {
	t.in.rows(t.row)
	for _, g := range t.in.Claims { // what was not read or not looked at stays open
		if t.claimed[g.Key()] && !t.inScope(g.Holder) {
			t.perhaps = append(t.perhaps, g.Key())
		}
	}
	slices.SortFunc(t.perhaps, ledger.Key.Compare)
	t.missedTargets()
	t.sumUp()
}

func (t *table) row(r row) {
	holder := r.holder()
	if !t.targeted(holder) {
		return
	}
	if len(t.targets) > 0 {
		for _, name := range targetNames(holder) {
			t.met[name] = true
		}
	}
	if scope, ok := t.unreadScope(holder.Identity()); ok {
		if r.want != nil || r.known != nil {
			t.unread[scope]++
		}
		return
	}
	if r.want != nil && t.gone[holder.Identity()] {
		if t.claimed[r.key] {
			t.perhaps = append(t.perhaps, r.key)
		}
		return // reported by the resolver; its record waits for the file
	}
	t.decide(r)
}

// decide is the table of the design: want, known and have, in this order.
func (t *table) decide(r row) {
	if r.want != nil && r.have == nil && r.want.Units == 0 {
		zero := *r.want // a missing row of capacity is 0 units
		r.have = &zero
	}
	switch {
	case r.want == nil && r.known == nil:
		t.unmanaged(r)
	case r.want == nil && r.have == nil:
		t.record(ledger.Forget, r, &r.known.Value, nil)
	case r.want == nil:
		t.remove(r, ledger.Declared)
	case r.have == nil:
		t.add(r)
	default:
		t.keep(r)
	}
}

func (t *table) targeted(h ledger.Holder) bool {
	return len(t.targets) == 0 || slices.ContainsFunc(targetNames(h), func(name string) bool { return t.targets[name] })
}

// targetNames are what a target can call a holder: its name or its id.
func targetNames(h ledger.Holder) []string {
	return []string{strings.ToLower(h.Address()), strings.ToLower(ledger.Holder{Kind: h.Kind, Name: h.ID}.Address())}
}

// missedTargets refuses targets that met nobody: a slip of the fingers must
// not look like "nothing to do".
func (t *table) missedTargets() {
	for name := range t.targets {
		if !t.met[name] {
			t.notices = append(t.notices, ledger.Notice{Code: "target-unknown", Severity: ledger.Error, Address: name,
				Text: "is a target, and nothing of that name or id is declared, recorded or in the tenant", Fix: "correct -target: usher plan and usher usage -users show names"})
		}
	}
}

// inScope reports whether rows of the holder are looked at at all.
func (t *table) inScope(h ledger.Holder) bool {
	_, unread := t.unreadScope(h.Identity())
	return !unread && t.targeted(h)
}

func (r row) step(op ledger.Op, before, after *ledger.Value) ledger.Step {
	s := ledger.Step{Op: op, Holder: r.holder(), Item: r.item(), Before: before, After: after}
	if r.want != nil {
		s.Origins = r.want.Origins
	}
	return s
}

func (t *table) record(op ledger.Op, r row, before, after *ledger.Value) {
	t.records = append(t.records, r.step(op, before, after))
}

func (t *table) add(r row) {
	if t.asleep[r.key] {
		t.note(ledger.Warning, "account-disabled", r, "the account is disabled, so the seat is held back",
			"enable the account, take it out of the file, or set disabled_accounts = true in the assignment")
		return
	}
	s := r.step(ledger.Add, nil, &r.want.Value)
	if r.known != nil && r.known.Units > 0 {
		s.Why = ledger.Drift
	}
	t.steps = append(t.steps, s)
}

// keep handles what is wanted and there.
func (t *table) keep(r row) {
	after := r.want.Value
	if r.known != nil && r.known.Accepts(r.want.Value, r.have.Value) {
		if !r.known.Equal(r.want.Value) { // done already, and not recorded
			t.record(ledger.Adopt, r, &r.known.Value, &after)
		}
		return
	}
	if !r.want.Equal(r.have.Value) {
		s := r.step(ledger.Change, &r.have.Value, &after)
		if r.known != nil && r.known.Equal(r.want.Value) {
			s.Why = ledger.Drift
		}
		t.steps = append(t.steps, s)
		return
	}
	t.record(ledger.Adopt, r, nil, &after)
}

func (t *table) remove(r row, why ledger.Why) {
	if t.selfMade[r.key.Item] {
		t.note(ledger.Warning, "self-service", r, "was bought by self-service, which no program may remove", "remove it in the admin centre")
		return
	}
	s := r.step(ledger.Remove, &r.have.Value, nil)
	s.Why = why
	t.steps = append(t.steps, s)
}

// unmanaged handles what is there and neither wanted nor ours.
func (t *table) unmanaged(r row) {
	if t.claimed[r.key] {
		t.perhaps = append(t.perhaps, r.key)
		t.note(ledger.Warning, "perhaps-ours", r, "an interrupted run may have given this, or somebody else did: it is left alone",
			fmt.Sprintf("run usher state confirm %[1]s to take it over, or usher state rm %[1]s to leave it", r.have.Address()))
		return
	}
	if r.key.Kind != ledger.User {
		return
	}
	switch t.policies[r.key.Item].Unmanaged {
	case ledger.Take:
		t.remove(r, ledger.Unmanaged)
	case ledger.Warn:
		t.note(ledger.Info, "unmanaged", r, "is assigned, and no file declares it", "")
	}
}

func (t *table) note(severity ledger.Severity, code string, r row, text, fix string) {
	n := ledger.Notice{Code: code, Severity: severity, Address: string(ledger.NewAddress(r.holder(), r.item())), Text: text, Fix: fix}
	if r.want != nil {
		n.Origins = r.want.Origins
	}
	t.notices = append(t.notices, n)
}

func (t *table) unreadScope(h ledger.HolderID) (ledger.HolderID, bool) {
	for _, scope := range []ledger.HolderID{h, {Kind: h.Kind}} {
		if _, ok := t.unread[scope]; ok {
			return scope, true
		}
	}
	return ledger.HolderID{}, false
}

// sumUp says, once a scope, that it was left alone.
func (t *table) sumUp() {
	for _, u := range t.in.Have.Unread {
		who := string(u.Holder.Kind) + "s"
		if u.Holder.Name != "" {
			who = u.Holder.Address()
		}
		t.notices = append(t.notices, ledger.Notice{Code: "unread", Severity: ledger.Warning, Address: who,
			Text: fmt.Sprintf("could not be read completely, so what is declared or recorded there (%d) is left alone: %s",
				t.unread[u.Holder.Identity()], u.Reason)})
	}
	slices.SortStableFunc(t.notices, compareNotices)
}

func compareNotices(a, b ledger.Notice) int {
	if c := strings.Compare(a.Code, b.Code); c != 0 {
		return c
	}
	if c := strings.Compare(a.Address, b.Address); c != 0 {
		return c
	}
	return strings.Compare(a.Text, b.Text)
}
