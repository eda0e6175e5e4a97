package ledger

import (
	"slices"
	"strings"
)

// ServicePlanIDs is a sorted set of disabled service plan ids. Nil is unset, which
// equals anything; an empty, non-nil set says that nothing is disabled.
type ServicePlanIDs []string

// Equal reports whether the two agree, where unset agrees with everything.
func (p ServicePlanIDs) Equal(o ServicePlanIDs) bool {
	return p == nil || o == nil || slices.Equal(p, o)
}

// Value is what a grant says about its key: how many units, and which service
// plans are switched off.
type Value struct {
	Units      int64          `json:"units"`
	Without    ServicePlanIDs `json:"without,omitzero"`
	Policy     string         `json:"policy,omitempty"` // of a setting
	*Corrected                // nil for nearly all, of which there can be millions
}

// Corrected is what the service did otherwise than it was asked to, when it carried out a value.
// It is a record, and not compared.
type Corrected struct {
	Surplus ServicePlanIDs `json:"surplus,omitempty"`  // the part of Without that the service switched on all the same
	KeptOff ServicePlanIDs `json:"kept_off,omitempty"` // service plans that were asked to be on, and that the service kept off
}

// Equal reports whether two values agree.
func (v Value) Equal(o Value) bool {
	return v.Units == o.Units && v.Policy == o.Policy && v.Without.Equal(o.Without)
}

// Accepts reports whether a reading is what a want comes to, where v is what
// was recorded when the want was carried out: what the service switched on or kept
// off by itself then is accepted, not fought.
func (v Value) Accepts(want, have Value) bool {
	if want.Equal(have) {
		return true
	}
	if v.Corrected == nil || len(v.Surplus)+len(v.KeptOff) == 0 || want.Units != have.Units || !slices.Equal(v.Without, want.Without) {
		return false
	}
	left := slices.DeleteFunc(slices.Clone(want.Without), func(p string) bool { return slices.Contains(v.Surplus, p) })
	left = append(left, v.KeptOff...)
	slices.Sort(left)
	return slices.Equal(slices.Compact(left), have.Without)
}

// Grant is units of an item given to a holder. Origins say where it was
// declared; they are not part of its value.
type Grant struct {
	Holder Holder
	Item   Item
	Value
	Origins []Origin
}

// Key returns the identity of the grant.
func (g Grant) Key() Key { return Key{g.Holder.Kind, g.Holder.ID, g.Item.ID} }

// Address returns what people call the grant.
func (g Grant) Address() Address { return NewAddress(g.Holder, g.Item) }

// Origin is a place in a file that asks for something.
type Origin struct {
	File  string `json:"file"`
	Line  int    `json:"line"`
	Block string `json:"block,omitempty"` // such as assignment.finance
}

// Compare orders origins by file, line and block.
func (o Origin) Compare(p Origin) int {
	switch {
	case o.File != p.File:
		return strings.Compare(o.File, p.File)
	case o.Line != p.Line:
		return o.Line - p.Line
	}
	return strings.Compare(o.Block, p.Block)
}

// Instance is the instance of an assignment with for_each, such as ["berlin"]; "" for none.
func (o Origin) Instance() string {
	if at := strings.Index(o.Block, `["`); at > 0 && strings.HasPrefix(o.Block, "assignment.") {
		return o.Block[at:]
	}
	return ""
}

// MergeOrigins returns the sorted union of two sorted sets of origins.
func MergeOrigins(a, b []Origin) []Origin {
	all := slices.Concat(a, b)
	slices.SortFunc(all, Origin.Compare)
	return slices.Compact(all)
}

// Amount is the number of units of a value; nothing is 0 units.
func (v *Value) Amount() int64 {
	if v == nil {
		return 0
	}
	return v.Units
}
