package plan

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/usher-cli/usher/ledger"
)

// DriftGroup is drift of one cause: the same account did the same with the same item.
type DriftGroup struct {
	ID    string      `json:"id"` // the same as long as the cause is, and the members of an unknown one
	Kind  DriftKind   `json:"kind"`
	Item  ledger.Item `json:"item"`
	By    string      `json:"by,omitempty"`  // "" where nobody knows
	App   bool        `json:"app,omitempty"` // By is an application
	First *time.Time  `json:"first,omitempty"`
	Last  *time.Time  `json:"last,omitempty"`
	Drift []Drift     `json:"-"`
}

// Caused puts to each difference who made it and when, as far as the log of the directory
// has it: the last entry of the same person and item, where it does what the difference
// shows. One that does something else is of another time, and what followed it is unknown.
func Caused(all []Drift, log []ledger.Audit) []Drift {
	type deed struct{ person, item string }
	last := map[deed]ledger.Audit{}
	for _, a := range log {
		last[deed{a.Person, a.Item}] = a
	}
	ops := map[DriftKind]ledger.Op{Gone: ledger.Remove, Changed: ledger.Change, Undeclared: ledger.Add}
	all = slices.Clone(all)
	for i := range all {
		d := &all[i]
		a, told := last[deed{strings.ToLower(d.Holder.ID), d.Item.ID}]
		if told && d.Holder.Kind == ledger.User && a.Op == ops[d.Kind] {
			d.By, d.ByID, d.App, d.At = a.By, a.ByID, a.App, &a.At
		}
	}
	return all
}

// Grouped puts drift of one cause together, the oldest cause first. Those without a time
// come last.
func Grouped(all []Drift) []DriftGroup {
	place := map[string]int{}
	groups := []DriftGroup{}
	for _, d := range all {
		id := causeOf(d)
		at, known := place[id]
		if !known {
			at = len(groups)
			place[id] = at
			groups = append(groups, DriftGroup{ID: id, Kind: d.Kind, Item: d.Item, By: d.By, App: d.App})
		}
		g := &groups[at]
		d.Group = id
		g.Drift = append(g.Drift, d)
		if d.At != nil && (g.First == nil || d.At.Before(*g.First)) {
			g.First = d.At
		}
		if d.At != nil && (g.Last == nil || d.At.After(*g.Last)) {
			g.Last = d.At
		}
	}
	for i := range groups {
		groups[i].nameUnknown()
	}
	slices.SortFunc(groups, compareGroups)
	return groups
}

// compareGroups puts the oldest cause first.
func compareGroups(a, b DriftGroup) int {
	switch {
	case a.First != nil && b.First != nil && !a.First.Equal(*b.First):
		return a.First.Compare(*b.First)
	case (a.First == nil) != (b.First == nil) && a.First != nil:
		return -1
	case (a.First == nil) != (b.First == nil):
		return 1
	}
	return cmp.Or(strings.Compare(a.Item.Name, b.Item.Name), strings.Compare(string(a.Kind), string(b.Kind)), strings.Compare(a.ID, b.ID))
}

// nameUnknown names a group without an account by its members, too: it has another name
// once the log is lost, and drift of known causes joins it.
func (g *DriftGroup) nameUnknown() {
	if g.By != "" {
		return
	}
	parts := []string{g.ID}
	for _, d := range g.Drift {
		parts = append(parts, string(d.Address()))
	}
	slices.Sort(parts)
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	g.ID = hex.EncodeToString(sum[:4])
	for i := range g.Drift {
		g.Drift[i].Group = g.ID
	}
}

// causeOf names the cause of a difference in few digits, for people to copy.
func causeOf(d Drift) string {
	by := d.By // no two people have one name
	if d.App {
		by = "application " + cmp.Or(d.ByID, d.By)
	}
	parts := []string{string(d.Kind), string(d.Item.Kind), d.Item.ID, by}
	if d.Old {
		parts = append(parts, "always there")
	}
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:4])
}

// Ignored leaves out drift that a rule of the files ignores, and counts it for each rule.
func Ignored(all []Drift, rules []ledger.IgnoreRule, today string) (left []Drift, counts []IgnoreCount) {
	counts = make([]IgnoreCount, len(rules))
	for i, r := range rules {
		counts[i] = IgnoreCount{IgnoreRule: r, Over: r.Until != "" && r.Until < today}
	}
	for _, d := range all {
		at := slices.IndexFunc(counts, func(c IgnoreCount) bool { return !c.Over && c.Matches(string(d.Address())) })
		if at < 0 {
			left = append(left, d)
			continue
		}
		counts[at].Count++
	}
	return left, counts
}

// IgnoreCount is how much a rule ignores.
type IgnoreCount struct {
	ledger.IgnoreRule
	Count int  `json:"count"`
	Over  bool `json:"over,omitempty"` // its last day has passed: it ignores nothing more
}

// Accepted is drift that was taken into the files.
type Accepted struct {
	Files  []string `json:"files"`   // that were written
	Done   []Drift  `json:"done"`    // the files ask for it now
	ByHand []Drift  `json:"by_hand"` // a person has to change the files
}

// AlwaysThere counts who had a product before usher looked, though no file says why.
type AlwaysThere struct {
	Item   string `json:"item"` // name of the product
	People int    `json:"people"`
	// Since is the day on which an apply listed them, as YYYY-MM-DD; "" where none has yet. Until
	// then nobody can tell a new seat from these.
	Since string `json:"since,omitempty"`
}

// CountOld takes what was always there out of a comparison, and counts it. The days of the lists
// are by the id of the product.
func (r *DriftReport) CountOld(all []Drift, days map[string]string) []Drift {
	counts := map[string]*AlwaysThere{}
	left := slices.DeleteFunc(all, func(d Drift) bool {
		if !d.Old {
			return false
		}
		if counts[d.Item.Name] == nil {
			counts[d.Item.Name] = &AlwaysThere{Item: d.Item.Name, Since: days[d.Item.ID]}
		}
		counts[d.Item.Name].People++
		return true
	})
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		r.AlwaysThere = append(r.AlwaysThere, *counts[name])
	}
	return left
}

// DriftReport is all that a comparison of the night found.
type DriftReport struct {
	Groups  []DriftGroup
	Ignored []IgnoreCount
	// AlwaysThere is in no group: it is no change.
	AlwaysThere []AlwaysThere
	NoState     bool // usher manages nothing yet
	// Unknown says why nobody knows who made the changes; "" where the log was read.
	Unknown string
	Labels  map[string]string // of license blocks, by the id of their product
	Takes   map[string]bool   // products of which undeclared seats are removed, by id

	// Whole is when a run last read everything, where this reading did not; nil for never.
	Whole *time.Time

	Accepted *Accepted // what was taken into the files; nil where nobody asked for that
}
