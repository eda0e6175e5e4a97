package plan

import (
	"slices"
	"strings"

	"github.com/usher-cli/usher/ledger"
)

// block finds the holders for whom nothing is done, because something is wrong with them
// that only a person can put right.
//
//	Ada has E3, the files give her E5 in its place, and her account has no usage location
//
// The service would refuse E5, and E3 would be gone by then. So all of a holder stays as it
// is, or nothing of it, and everybody else goes on.
func (t *table) block() {
	said := map[ledger.HolderID]int{} // the notice about a holder
	blocked := slices.DeleteFunc(slices.Clone(t.in.Blocked), func(h ledger.Holder) bool { return !t.in.looksAt(h) })
	for i := range t.in.Want {
		g := &t.in.Want[i]
		obstacle, way := t.obstacle(g)
		if obstacle == "" || !t.isLacking(g) {
			continue
		}
		h := g.Holder.Identity()
		if at, found := said[h]; found {
			n := &t.notices[at]
			n.Origins = ledger.MergeOrigins(n.Origins, g.Origins)
			continue
		}
		said[h] = len(t.notices)
		blocked = append(blocked, g.Holder)
		t.notices = append(t.notices, ledger.Notice{Code: "blocked", Severity: ledger.Warning, Address: g.Holder.Address(), Origins: g.Origins,
			Text: obstacle + ". usher changes nothing here until somebody puts that right", Fix: way})
	}
	slices.SortFunc(blocked, func(a, b ledger.Holder) int { return strings.Compare(a.Address(), b.Address()) })
	t.in.Blocked = slices.Compact(blocked)
	for _, h := range t.in.Blocked {
		t.blocked[h.Identity()] = true
	}
}

// obstacle says what keeps the service from giving a grant to its holder, and the way out;
// "" where nothing is known to.
func (t *table) obstacle(g *ledger.Grant) (text, way string) {
	h := g.Holder.Identity()
	switch f, isFlow := t.flows[h]; {
	case t.nowhere[h] && t.in.Location[h] == "":
		return "the account has no usage location, and the service gives no seat without one",
			"write usage_location = \"NL\", or where the person is, in the assignment, or set it in the admin centre"
	case isFlow && !f.Published && !f.Suspended:
		return "the flow is a draft, and only a published one can hold capacity", "turn the flow on, or take it out of the file"
	}
	return "", ""
}

// isLacking reports whether a plan would give a grant: it is not there, and nothing else
// keeps the plan from giving it.
func (t *table) isLacking(g *ledger.Grant) bool {
	key := g.Key()
	_, vanished := t.in.Vanished[key.Item]
	return g.Units > 0 && t.inScope(g.Holder) && !vanished && !t.gone[g.Holder.Identity()] && !t.heldBack[key] && !t.sides.have.has(key) &&
		t.meant(row{key: key, want: g, known: t.sides.known.get(key)})
}
