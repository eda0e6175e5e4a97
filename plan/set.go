package plan

import (
	"slices"
	"strings"

	"github.com/usher-cli/usher/ledger"
)

// set is grants in the order of their keys, each key once. Grants are large,
// so they stay where they are: the set is a list of positions, or nothing
// where they are in order already.
type set struct {
	grants []ledger.Grant
	order  []int32
}

func newSet(grants []ledger.Grant) set {
	if strictlySorted(grants) {
		return set{grants: grants}
	}
	stand := make([]standIn, len(grants))
	for i := range grants {
		stand[i] = standIn{prefixOf(&grants[i]), int32(i)}
	}
	stand = byPrefix(stand)
	for start := 0; start < len(stand); {
		end := start + 1
		for end < len(stand) && stand[end].prefix == stand[start].prefix {
			end++
		}
		slices.SortStableFunc(stand[start:end], func(a, b standIn) int { return compareGrants(&grants[a.at], &grants[b.at]) })
		start = end
	}
	order := make([]int32, 0, len(grants))
	for n, s := range stand {
		if n == 0 || s.prefix != stand[n-1].prefix || compareGrants(&grants[s.at], &grants[stand[n-1].at]) != 0 {
			order = append(order, s.at)
		}
	}
	return set{grants, order}
}

// standIn is sorted in the place of a grant: the beginning of its key decides
// nearly always, and needs no look at the grant itself.
type standIn struct {
	prefix uint64
	at     int32
}

// byPrefix sorts by prefix, byte by byte from the last one on, which takes as
// long for each grant however many there are. Equal ones keep their order.
func byPrefix(stand []standIn) []standIn {
	next := make([]standIn, len(stand))
	for shift := 0; shift < 64; shift += 8 {
		var count [257]int
		for i := range stand {
			count[int(byte(stand[i].prefix>>shift))+1]++
		}
		if slices.Contains(count[1:], len(stand)) {
			continue // all have the same byte here
		}
		for b := range 256 {
			count[b+1] += count[b]
		}
		for i := range stand {
			at := &count[byte(stand[i].prefix>>shift)]
			next[*at] = stand[i]
			*at++
		}
		stand, next = next, stand
	}
	return stand
}

// prefixOf is a number that orders grants as their keys do, as far as it goes:
// the kind of the holder and the first eight characters of its id, of seven bits
// each. What does not fit into seven ends it.
func prefixOf(g *ledger.Grant) uint64 {
	const chars, bits, last = 8, 7, 1<<7 - 1
	p := uint64(kindRank(g.Holder.Kind))
	id, ended := g.Holder.ID, false
	for i := range chars {
		p <<= bits
		if i < len(id) && !ended {
			p |= uint64(min(id[i], last))
			ended = id[i] >= last
		}
	}
	return p
}

// kindRank is the place of a kind in the order of their names.
func kindRank(k ledger.HolderKind) byte {
	switch k {
	case ledger.Environment:
		return 0
	case ledger.Flow:
		return 1
	case ledger.Group:
		return 2
	case ledger.Machine:
		return 3
	case ledger.MachineGroup:
		return 4
	case ledger.SelfService:
		return 5
	}
	return 6 // a user
}

func compareGrants(a, b *ledger.Grant) int {
	if a.Holder.Kind != b.Holder.Kind {
		return strings.Compare(string(a.Holder.Kind), string(b.Holder.Kind))
	}
	if a.Holder.ID != b.Holder.ID {
		return strings.Compare(a.Holder.ID, b.Holder.ID)
	}
	return strings.Compare(a.Item.ID, b.Item.ID)
}

// strictlySorted reports whether grants are in the order of their keys, with
// each key once.
func strictlySorted(grants []ledger.Grant) bool {
	for i := 1; i < len(grants); i++ {
		if compareGrants(&grants[i-1], &grants[i]) >= 0 {
			return false
		}
	}
	return true
}

func (s set) len() int {
	if s.order != nil {
		return len(s.order)
	}
	return len(s.grants)
}

func (s set) at(i int) *ledger.Grant {
	if s.order != nil {
		return &s.grants[s.order[i]]
	}
	return &s.grants[i]
}

// has reports whether a key is in the set.
func (s set) has(k ledger.Key) bool {
	low, high := 0, s.len()
	for low < high {
		mid := (low + high) / 2
		switch c := s.at(mid).Key().Compare(k); {
		case c == 0:
			return true
		case c < 0:
			low = mid + 1
		default:
			high = mid
		}
	}
	return false
}

// cursor walks a set from its beginning.
type cursor struct {
	set  set
	pos  int
	next *ledger.Grant // nil at the end
}

func (s set) cursor() *cursor {
	c := &cursor{set: s, pos: -1}
	c.advance()
	return c
}

func (c *cursor) advance() {
	if c.pos++; c.pos < c.set.len() {
		c.next = c.set.at(c.pos)
	} else {
		c.next = nil
	}
}

// take returns the next grant if it has the key of another one, and goes on.
func (c *cursor) take(least *ledger.Grant) *ledger.Grant {
	g := c.next
	if g == nil || compareGrants(g, least) != 0 {
		return nil
	}
	c.advance()
	return g
}
