package plan

import (
	"slices"

	"github.com/usher-cli/usher/catalog"
	"github.com/usher-cli/usher/ledger"
)

// row is one key with what each side says of it; nil is nothing.
type row struct {
	key               ledger.Key
	want, known, have *ledger.Grant
}

// normal returns the input with each of the three sets sorted, each key once,
// and the reading corrected.
func (in Input) normal() Input {
	in.Want, in.Known, in.Have.Grants = sorted(in.Want), sorted(in.Known), reading(in)
	return in
}

// rows walks the three sets, which are sorted, side by side, in the order of
// their keys.
func (in Input) rows(each func(row)) {
	want, known, have := in.Want, in.Known, in.Have.Grants
	for len(want)+len(known)+len(have) > 0 {
		r := row{key: least(want, known, have)}
		r.want, want = take(want, r.key)
		r.known, known = take(known, r.key)
		r.have, have = take(have, r.key)
		each(r)
	}
}

func sorted(grants []ledger.Grant) []ledger.Grant {
	if strictlySorted(grants) {
		return grants
	}
	grants = slices.Clone(grants)
	ledger.SortGrants(grants)
	return slices.CompactFunc(grants, func(a, b ledger.Grant) bool { return a.Key() == b.Key() })
}

// strictlySorted reports whether the set is sorted, with each key once.
func strictlySorted(grants []ledger.Grant) bool {
	for i := 1; i < len(grants); i++ {
		if grants[i-1].Key().Compare(grants[i].Key()) >= 0 {
			return false
		}
	}
	return true
}

func least(sets ...[]ledger.Grant) ledger.Key {
	var key ledger.Key
	found := false
	for _, s := range sets {
		if len(s) > 0 && (!found || s[0].Key().Compare(key) < 0) {
			key, found = s[0].Key(), true
		}
	}
	return key
}

func take(set []ledger.Grant, key ledger.Key) (*ledger.Grant, []ledger.Grant) {
	if len(set) == 0 || set[0].Key() != key {
		return nil, set
	}
	return &set[0], set[1:]
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

func (r row) item() ledger.Item {
	switch {
	case r.have != nil:
		return r.have.Item
	case r.want != nil:
		return r.want.Item
	}
	return r.known.Item
}

// reading is what there is, sorted: what was read, corrected by what is known
// better.
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
	return sorted(have)
}

// settleLag corrects a reading that still shows what was there before a write
// of ours within the service's known lag: such a reading is old, not drift.
func settleLag(in Input) []ledger.Grant {
	fresh := map[ledger.Key]ledger.Recent{}
	for _, r := range in.Recent {
		lag := in.Have.SeatLag
		switch kind := r.Grant.Holder.Kind; {
		case kind == ledger.Environment:
			lag = in.Have.UnitLag
		case kind.Inside():
			lag = 0
		}
		if in.At.Sub(r.At) < lag {
			fresh[r.Grant.Key()] = r
		}
	}
	if len(fresh) == 0 {
		return in.Have.Grants
	}
	have := make([]ledger.Grant, 0, len(in.Have.Grants))
	for _, g := range in.Have.Grants {
		r, ok := fresh[g.Key()]
		delete(fresh, g.Key())
		switch {
		case !ok || r.Before == nil || !g.Equal(*r.Before):
			have = append(have, g)
		case r.Grant.Units > 0:
			g.Value = r.Grant.Value
			have = append(have, g)
		}
	}
	for _, r := range fresh {
		if r.Before == nil && r.Grant.Units > 0 {
			have = append(have, r.Grant)
		}
	}
	return have
}
