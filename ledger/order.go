package ledger

import (
	"cmp"
	"encoding/binary"
	"slices"
	"strings"
)

// SortGrants orders grants by key, in place; equal keys keep their order.
// Sorted input costs one pass.
func SortGrants(grants []Grant) {
	if slices.IsSortedFunc(grants, func(a, b Grant) int { return CompareGrants(&a, &b) }) {
		return
	}
	sorted := make([]Grant, len(grants))
	for i, s := range Order(grants) {
		sorted[i] = grants[s.At]
	}
	copy(grants, sorted)
}

// Order lists stand-ins for grants in the order of their keys; equal keys keep their order.
//
// A grant is large, and a sort moves what it sorts many times.
func Order(grants []Grant) []StandIn {
	order := make([]StandIn, len(grants))
	for i := range grants {
		order[i] = NewStandIn(grants, i)
	}
	order = byBeginning(order)
	for start := 0; start < len(order); {
		end := start + 1
		for end < len(order) && order[end].Compare(order[start]) == 0 {
			end++
		}
		slices.SortStableFunc(order[start:end], func(a, b StandIn) int { return CompareGrants(&grants[a.At], &grants[b.At]) })
		start = end
	}
	return order
}

// StandIn is sorted and compared in the place of a grant: the kind of the
// holder and the beginning of its id decide nearly always, and need no look at
// the grant itself.
type StandIn struct {
	begins uint64 // the first eight bytes of the id
	At     int32  // where the grant is
	kind   uint8
}

// NewStandIn is what can be compared in the place of a grant: its kind, and how its id begins.
func NewStandIn(grants []Grant, at int) StandIn {
	h := &grants[at].Holder
	s := StandIn{At: int32(at), kind: h.Kind.Rank()}
	if len(h.ID) >= 8 {
		s.begins = binary.BigEndian.Uint64([]byte(h.ID[:8]))
		return s
	}
	var short [8]byte
	copy(short[:], h.ID)
	s.begins = binary.BigEndian.Uint64(short[:])
	return s
}

// Compare orders stand-ins as their grants are, as far as they tell.
func (s StandIn) Compare(o StandIn) int {
	if s.kind != o.kind {
		return cmp.Compare(s.kind, o.kind)
	}
	return cmp.Compare(s.begins, o.begins)
}

// byBeginning sorts byte by byte from the last one on, the kind at the end, which
// takes as long for each grant however many there are. Equal ones keep their
// order.
func byBeginning(order []StandIn) []StandIn {
	next := make([]StandIn, len(order))
	for place := range 9 {
		var count [257]int
		for _, s := range order {
			count[int(s.digit(place))+1]++
		}
		if slices.Contains(count[1:], len(order)) {
			continue // all have the same byte here
		}
		for b := range 256 {
			count[b+1] += count[b]
		}
		for _, s := range order {
			at := &count[s.digit(place)]
			next[*at] = s
			*at++
		}
		order, next = next, order
	}
	return order
}

// digit is a byte of what orders a stand-in, counted from the last one.
func (s StandIn) digit(place int) byte {
	if place == 8 {
		return s.kind
	}
	return byte(s.begins >> (8 * place))
}

// CompareGrants orders grants by kind, holder and item.
func CompareGrants(a, b *Grant) int {
	if a.Holder.Kind != b.Holder.Kind {
		return strings.Compare(string(a.Holder.Kind), string(b.Holder.Kind))
	}
	if a.Holder.ID != b.Holder.ID {
		return strings.Compare(a.Holder.ID, b.Holder.ID)
	}
	return strings.Compare(a.Item.ID, b.Item.ID)
}
