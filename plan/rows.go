package plan

import (
	"slices"
	"time"

	"github.com/usher-cli/usher/catalog"
	"github.com/usher-cli/usher/ledger"
)

// row is one key with what each side says of it; nil is nothing.
type row struct {
	key               ledger.Key
	want, known, have *ledger.Grant
}

// sides are the three sets of a plan, in this order, each sorted by key.
type sides struct{ want, known, have set }

// unequal is how many rows have something on one side alone: about so many steps there are. A list of
// a million steps that grew one by one would be copied over and over.
func (s sides) unequal() (n int) {
	s.rows(func(r row) {
		if r.want != nil && r.have == nil || r.want == nil && r.known != nil {
			n++
		}
	})
	return n
}

// rows walks the three sets side by side, in the order of their keys.
func (s sides) rows(each func(row)) {
	cursors := [...]cursor{s.want.cursor(), s.known.cursor(), s.have.cursor()}
	for {
		var least *cursor
		var found [len(cursors)]*ledger.Grant // those with the least key
		for i := range cursors {
			c := &cursors[i]
			if c.next == nil {
				continue
			}
			order := -1
			if least != nil {
				order = c.compareCursors(least)
			}
			if order < 0 {
				least, found = c, [len(cursors)]*ledger.Grant{}
			}
			if order <= 0 {
				found[i] = c.next
			}
		}
		if least == nil {
			return
		}
		key := least.next.Key()
		for i := range cursors {
			if found[i] != nil {
				cursors[i].advance()
			}
		}
		each(row{key: key, want: found[0], known: found[1], have: found[2]})
	}
}

// holder prefers the tenant's own spelling of the name.
func (r row) holder() ledger.Holder {
	switch {
	case r.have != nil:
		return r.have.Holder
	case r.want != nil:
		return r.want.Holder
	}
	return r.known.Holder
}

// item is the item of a row, under the name that is newest.
func (r row) item() ledger.Item {
	switch {
	case r.have != nil:
		return r.have.Item
	case r.want != nil:
		return r.want.Item
	}
	return r.known.Item
}

// reading is what there is: what was read, corrected by what is known better.
func reading(in Input) []ledger.Grant {
	have := settleLag(in)
	var vouched []ledger.Grant // what no service lists, a person has confirmed
	for _, g := range in.Known {
		if g.Item.ID == catalog.PerFlow && g.Holder.Kind.Inside() {
			vouched = append(vouched, g)
		}
	}
	if len(vouched) > 0 {
		have = slices.Concat(have, vouched)
	}
	return have
}

// settleLag corrects a reading that still shows what was there before writes
// of ours within the service's known lag: such a reading is old, not drift.
//
//	10:00  usher gives Ada E5
//	10:01  a reading without it
//
// The reading is a minute old, and the service says that readings can be five minutes
// behind. So Ada has E5. At 10:06 the same reading would be drift.
func settleLag(in Input) []ledger.Grant {
	fresh := recently(in)
	if len(fresh) == 0 {
		return in.Have.Grants
	}
	have := make([]ledger.Grant, 0, len(in.Have.Grants))
	for _, g := range in.Have.Grants {
		w, ok := fresh[g.Key()]
		delete(fresh, g.Key())
		switch {
		case !ok || !w.was(&g.Value):
			have = append(have, g)
		case w.last.Grant.Units > 0:
			g.Value = w.last.Grant.Value
			have = append(have, g)
		}
	}
	for _, w := range fresh {
		if w.was(nil) && w.last.Grant.Units > 0 {
			have = append(have, w.last.Grant)
		}
	}
	return have
}

// written is what was written to a key within the lag: the last of it, and what
// was there before each write, of which a reading may show any.
type written struct {
	last   ledger.Recent
	before []*ledger.Value
}

// was reports whether a value was there before one of the writes.
func (w written) was(v *ledger.Value) bool {
	return slices.ContainsFunc(w.before, func(b *ledger.Value) bool {
		if b == nil || v == nil {
			return b == v
		}
		return b.Equal(*v)
	})
}

// recently gathers what was written within the lag.
func recently(in Input) map[ledger.Key]written {
	fresh := map[ledger.Key]written{}
	for _, r := range in.Recent {
		if in.isFresh(r) {
			w := fresh[r.Grant.Key()]
			w.before = append(w.before, r.Before)
			if w.last.At.IsZero() || !r.At.Before(w.last.At) {
				w.last = r
			}
			fresh[r.Grant.Key()] = w
		}
	}
	return fresh
}

// isFresh reports whether a write is so young that readings may not show it. One
// that a clock ahead of ours has dated proves nothing.
func (in Input) isFresh(r ledger.Recent) bool {
	lag, age := in.Have.Lag(r.Grant.Holder.Kind), in.At.Sub(r.At)
	return lag > 0 && age >= -clockSkew && age < lag
}

// clockSkew is how far the clocks of the machines that apply may be apart.
const clockSkew = time.Minute

// releasedLately counts the units of each item that were given back within the
// lag: for so long a service may count them as used.
func releasedLately(in Input) map[string]int64 {
	units := map[string]int64{}
	for _, r := range in.Recent {
		if !in.isFresh(r) || r.Grant.Holder.Kind.Inside() || r.Before == nil {
			continue
		}
		if r.Grant.Holder.Kind == ledger.Group {
			for _, m := range in.Have.Members {
				if m.Group == r.Grant.Holder.ID && r.Grant.Units == 0 {
					units[r.Grant.Item.ID] += int64(len(m.Users))
				}
			}
			continue
		}
		units[r.Grant.Item.ID] += max(0, r.Before.Units-r.Grant.Units)
	}
	return units
}
