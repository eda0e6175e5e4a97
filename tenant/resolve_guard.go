package tenant

import (
	"cmp"
	"slices"
	"strings"

	"github.com/usher-cli/usher/ledger"
)

// guard pins the protected holders by id. One that resolves to nobody is an
// error: it would protect nobody, in silence.
func (x *resolver) guard(g ledger.Guard) {
	protected := make([]ledger.Holder, 0, len(g.Protect))
	for _, h := range g.Protect {
		w := ledger.Want{Kind: h.Kind, Holder: h.Name, Origins: []ledger.Origin{g.Origin}}
		meant := x.meant(h)
		if h.Kind.Inside() {
			w.Around, w.Holder = h.Around(), h.Own()
			for _, env := range x.meant(ledger.Holder{Kind: ledger.Environment, Name: w.Around}) {
				meant = append(meant, x.meant(ledger.Within(env, h.Kind, w.Holder, w.Holder))...)
			}
		}
		protected = append(protected, meant...)
		// Whoever is neither read nor in the state loses nothing in this plan.
		if len(meant) == 0 && !x.Unlisted && x.missing[h.Kind] == "" {
			x.refuse(
				&w,
				"protect-nobody",
				"is protected, and the tenant has no "+h.Kind.Words()+" of that name",
				"correct the name, or take it out of protect",
			)
		}
	}
	slices.SortFunc(protected, func(a, b ledger.Holder) int { return strings.Compare(string(a.Kind)+a.ID, string(b.Kind)+b.ID) })
	x.out.Guard.Protect = slices.Compact(protected)
}

// meant lists all whom a name or an id may mean: those who bear it now, and
// whom the state knew by it. Protecting them all harms nobody.
func (x *resolver) meant(h ledger.Holder) []ledger.Holder {
	all := x.bearers(keyOf(h))
	if pin, ok := x.pinned[keyOf(h)]; ok {
		all = append(slices.Clone(all), pin)
	}
	id := ledger.Holder{Kind: h.Kind, ID: strings.ToLower(cmp.Or(h.ID, h.Name))}
	if name, ok := x.Name(id.Identity()); ok && len(all) == 0 {
		id.Name = name
		return []ledger.Holder{id}
	}
	return all
}
