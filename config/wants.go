package config

import (
	"cmp"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/usher-cli/usher/ledger"
)

// mergeWants sorts wants by holder and item and makes one of those that say
// the same: a grant declared twice with one value has two origins, with two
// values it is an error that names both lines.
func mergeWants(wants []ledger.Want) ([]ledger.Want, hcl.Diagnostics) {
	slices.SortStableFunc(wants, compareWants)
	var diags hcl.Diagnostics
	merged := wants[:0]
	for _, w := range wants {
		last := len(merged) - 1
		if last < 0 || !sameKey(merged[last], w) {
			merged = append(merged, w)
			continue
		}
		if !sameValue(merged[last], w) {
			diags = append(diags, contradiction(merged[last], w))
			continue
		}
		m := &merged[last]
		m.Origins = append(m.Origins, w.Origins...)
		m.Asleep = m.Asleep || w.Asleep
		if m.Disabled == nil && m.Enabled == nil {
			m.Disabled, m.Enabled = w.Disabled, w.Enabled
		}
	}
	for i := range merged {
		if len(merged[i].Origins) > 1 {
			merged[i].Origins = ledger.MergeOrigins(merged[i].Origins, nil)
		}
	}
	return slices.Clip(merged), diags
}

func compareWants(a, b ledger.Want) int {
	return cmp.Or(
		strings.Compare(string(a.Kind), string(b.Kind)),
		compareFold(a.Holder, b.Holder),
		strings.Compare(string(a.Item.Kind), string(b.Item.Kind)),
		strings.Compare(a.Item.Name, b.Item.Name),
		a.Origins[0].Compare(b.Origins[0]),
	)
}

func sameKey(a, b ledger.Want) bool {
	return a.Kind == b.Kind && a.Item == b.Item && compareFold(a.Holder, b.Holder) == 0
}

// sameValue treats an unwritten list of plans as agreeing with any other.
func sameValue(a, b ledger.Want) bool {
	if a.Units != b.Units {
		return false
	}
	if a.Disabled == nil && a.Enabled == nil || b.Disabled == nil && b.Enabled == nil {
		return true
	}
	return slices.Equal(a.Disabled, b.Disabled) && slices.Equal(a.Enabled, b.Enabled) &&
		(a.Disabled == nil) == (b.Disabled == nil)
}

func contradiction(a, b ledger.Want) *hcl.Diagnostic {
	return failure(atOrigin(b.Origins[0]), "Contradicting grants",
		"%s of %s says otherwise than %s at %s: %s here, %s there.", b.Item.Name, b.Holder,
		a.Origins[0].Block, originText(a.Origins[0]), valueText(b), valueText(a))
}

func valueText(w ledger.Want) string {
	switch {
	case w.Item.Kind == ledger.Capacity:
		return plural(w.Units, "unit")
	case w.Enabled != nil:
		return "only [" + strings.Join(w.Enabled, ", ") + "] enabled"
	}
	return "[" + strings.Join(w.Disabled, ", ") + "] disabled"
}

// compareFold compares without regard to case, cheaply where both are in
// lower case already.
func compareFold(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) }
