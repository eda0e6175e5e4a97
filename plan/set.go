package plan

import (
	"slices"

	"github.com/usher-cli/usher/ledger"
)

// set is grants in the order of their keys, each key once. Grants are large
// and stay where they are: the order is a list of stand-ins, or nothing where
// they are in order already.
type set struct {
	grants []ledger.Grant
	order  []ledger.StandIn
}

// newSet sorts grants. A list that is sorted already is taken as it is.
func newSet(grants []ledger.Grant) set {
	if strictlySorted(grants) {
		return set{grants: grants}
	}
	order := ledger.Order(grants)
	order = slices.CompactFunc(order, func(a, b ledger.StandIn) bool {
		return a.Compare(b) == 0 && ledger.CompareGrants(&grants[a.At], &grants[b.At]) == 0
	})
	return set{grants, order}
}

// strictlySorted reports whether grants are in the order of their keys, with
// each key once.
func strictlySorted(grants []ledger.Grant) bool {
	for i := 1; i < len(grants); i++ {
		if ledger.CompareGrants(&grants[i-1], &grants[i]) >= 0 {
			return false
		}
	}
	return true
}

// len is the number of grants, each key once.
func (s set) len() int {
	if s.order != nil {
		return len(s.order)
	}
	return len(s.grants)
}

// grantAt is a grant by its place in the order.
func (s set) grantAt(i int) *ledger.Grant {
	if s.order != nil {
		return &s.grants[s.order[i].At]
	}
	return &s.grants[i]
}

// has reports whether a key is in the set.
func (s set) has(k ledger.Key) bool { return s.get(k) != nil }

// get returns the grant of a key; nil for none.
func (s set) get(k ledger.Key) *ledger.Grant {
	low, high := 0, s.len()
	for low < high {
		mid := (low + high) / 2
		switch c := s.grantAt(mid).Key().Compare(k); {
		case c == 0:
			return s.grantAt(mid)
		case c < 0:
			low = mid + 1
		default:
			high = mid
		}
	}
	return nil
}

// eachOf calls f for every grant of a holder.
func (s set) eachOf(h ledger.HolderID, f func(*ledger.Grant)) {
	low, high := 0, s.len()
	for low < high {
		mid := (low + high) / 2
		if g := s.grantAt(mid); (ledger.Key{Kind: g.Holder.Kind, Holder: g.Holder.ID}).Compare(ledger.Key{Kind: h.Kind, Holder: h.ID}) < 0 {
			low = mid + 1
		} else {
			high = mid
		}
	}
	for ; low < s.len() && s.grantAt(low).Holder.Identity() == h; low++ {
		f(s.grantAt(low))
	}
}

// cursor walks a set from its beginning.
type cursor struct {
	set  set
	pos  int
	next *ledger.Grant // nil at the end
	ledger.StandIn
	seen int // makes a look more than nothing
}

// window is how many grants a cursor looks at ahead of its place.
const window = 32

// lookAhead reads every part of the grants to come. They lie anywhere in memory,
// and the waits for it overlap in a loop that does nothing else, which saves a
// third of the time of a plan of a million grants.
func (c *cursor) lookAhead() {
	for _, s := range c.set.order[c.pos:min(c.pos+window, len(c.set.order))] {
		g := &c.set.grants[s.At]
		c.seen += len(g.Holder.ID) + len(g.Item.ID) + len(g.Origins)
	}
}

// cursor begins a walk through the set.
func (s set) cursor() cursor {
	c := cursor{set: s, pos: -1}
	c.advance()
	return c
}

// advance goes on to the next grant; nil behind the last one.
func (c *cursor) advance() {
	switch c.pos++; {
	case c.pos >= c.set.len():
		c.next = nil
	case c.set.order != nil:
		if c.pos%window == 0 {
			c.lookAhead()
		}
		c.StandIn = c.set.order[c.pos]
		c.next = &c.set.grants[c.At]
	default:
		c.StandIn = ledger.NewStandIn(c.set.grants, c.pos)
		c.next = &c.set.grants[c.pos]
	}
}

// compareCursors orders two cursors by what they are at.
func (c *cursor) compareCursors(o *cursor) int {
	if order := c.Compare(o.StandIn); order != 0 {
		return order
	}
	return ledger.CompareGrants(c.next, o.next)
}
