package config

import (
	"cmp"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/usher-cli/usher/ledger"
)

// wantKey is what makes two wants one. Names are compared without regard to
// case.
type wantKey struct {
	kind                 ledger.HolderKind
	around, holder, item string
}

// window is the days for which a want holds.
type window struct {
	wantKey
	from, until string
}

// mergeWants makes one want of those that say the same, in the order of the
// files: a grant declared twice with one value has two origins, with two
// values it is an error that names both lines. Wants that hold for other days
// stay apart, and still have to say the same.
//
// Two teams can list the same person for the same license: that is one seat, and the person
// keeps it when one of the teams takes its line out. Two teams that want different service
// plans for one seat are a contradiction that only people can settle.
func mergeWants(wants []ledger.Want) ([]ledger.Want, hcl.Diagnostics) {
	var diags hcl.Diagnostics
	first := make(map[wantKey]int, len(wants))
	dated := map[window]int{} // further ones, for other days
	merged := wants[:0]
	for _, w := range wants {
		key := wantKey{w.Kind, strings.ToLower(w.Around), strings.ToLower(w.Holder), w.Item.Name}
		i, twice := first[key]
		if twice && (merged[i].From != w.From || merged[i].Until != w.Until) && sameValue(merged[i], w) {
			days := window{key, w.From, w.Until}
			at, again := dated[days]
			if !again {
				dated[days] = len(merged)
				merged = append(merged, w)
				continue
			}
			i = at
		}
		switch {
		case !twice:
			first[key] = len(merged)
			merged = append(merged, w)
		case undecided(merged[i], w):
			merged = append(merged, w)
		case !sameValue(merged[i], w):
			diags = append(diags, contradiction(merged[i], w))
		default:
			join(&merged[i], w)
		}
	}
	for i := range merged {
		if len(merged[i].Origins) > 1 {
			merged[i].Origins = ledger.MergeOrigins(merged[i].Origins, nil)
		}
	}
	return slices.Clip(merged), diags
}

// join adds to a want another one that says the same.
//
// What lets more happen binds only where all agree: IgnoreUnknown holds if every declaration
// has it. What gives more holds if one has it, as with disabled accounts.
func join(m *ledger.Want, w ledger.Want) {
	m.Origins = append(m.Origins, w.Origins...)
	m.DisabledAccounts = m.DisabledAccounts || w.DisabledAccounts
	m.IgnoreUnknown = m.IgnoreUnknown && w.IgnoreUnknown
	m.Location = cmp.Or(m.Location, w.Location)
	m.Plans = cmp.Or(m.Plans, w.Plans)
}

// sameValue treats an unwritten list of plans as agreeing with any other.
//
// Unset is "as it is": who writes no list leaves the decision to the other declaration.
func sameValue(a, b ledger.Want) bool {
	if a.Units != b.Units || a.Policy != b.Policy {
		return false
	}
	return a.Plans == nil || b.Plans == nil || a.Plans.Same(b.Plans)
}

// undecided reports whether only the tenant can tell whether two wants say the same: the
// catalog does not know all of their service plans.
func undecided(a, b ledger.Want) bool {
	return a.Plans != nil && b.Plans != nil && !a.Plans.Same(b.Plans) && (!a.Plans.Sure || !b.Plans.Sure)
}

// contradiction names two declarations of one grant that differ.
func contradiction(a, b ledger.Want) *hcl.Diagnostic {
	return failure(atOrigin(b.Origins[0]), "Contradicting grants",
		"%s of %s differs from %s at %s: %s here, %s there.", b.Item.Name, b.Holder,
		a.Origins[0].Block, a.Origins[0].String(), valueText(b), valueText(a))
}

// valueText words what a declaration wants.
func valueText(w ledger.Want) string {
	switch w.Item.Kind {
	case ledger.Setting:
		return w.Policy
	case ledger.Capacity:
		return ledger.Count(w.Units, "unit")
	case ledger.Seat:
	}
	return w.Plans.String()
}
