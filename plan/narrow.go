package plan

import (
	"slices"
	"strings"

	"github.com/usher-cli/usher/ledger"
)

// looksAt reports whether the plan is about a holder at all.
//
// A target selects a holder with all of its items. A part of a move is never left out: the
// other part would take a seat from somebody without giving the new one.
func (in Input) looksAt(h ledger.Holder) bool {
	return len(in.Targets) == 0 || slices.ContainsFunc(in.targetNames(h), func(name string) bool { return in.targeted[name] })
}

// targetNames are what a target can call a holder: its name, its id, or another
// name by which the files or the state know it.
func (in Input) targetNames(h ledger.Holder) []string {
	names := []string{strings.ToLower(h.Address()), strings.ToLower(ledger.Holder{Kind: h.Kind, Name: h.ID}.Address())}
	for _, alias := range in.Aliases[h.Identity()] {
		names = append(names, strings.ToLower(alias))
	}
	return names
}

// inScope reports whether rows of the holder are looked at at all.
func (t *table) inScope(h ledger.Holder) bool {
	return t.in.Have.UnreadScope(h.Identity()) < 0 && t.in.looksAt(h)
}

// keepClaim leaves a claim open where its row is not decided: without it, nobody would know
// any more that an interrupted run has given what is there.
func (t *table) keepClaim(r row) {
	if t.claimed[r.key] {
		t.perhaps = append(t.perhaps, r.key)
	}
}
