package plan

import (
	"slices"
	"strings"
	"time"

	"github.com/usher-cli/usher/ledger"
)

// DriftKind says how the tenant differs from what usher left there.
type DriftKind string

const (
	// Gone is a grant of usher's that somebody took away.
	Gone DriftKind = "gone"
	// Changed is a grant of usher's that has another value now.
	Changed DriftKind = "changed"
	// Unfinished is a removal that the service accepted and has not carried out.
	Unfinished DriftKind = "unfinished"
	// Undeclared is a direct seat of a declared license that no file explains.
	Undeclared DriftKind = "undeclared"
)

// Drift is one difference.
type Drift struct {
	Kind   DriftKind     `json:"kind"`
	Holder ledger.Holder `json:"holder"`
	Item   ledger.Item   `json:"item"`
	Known  *ledger.Value `json:"known,omitempty"`
	Have   *ledger.Value `json:"have,omitempty"`
	// Deleted says that the tenant no longer has the declared holder at all.
	Deleted bool `json:"deleted,omitempty"`
	Old     bool `json:"always_there,omitempty"` // it was undeclared when a run first read all of the product
	// By is the account that made the difference, and At when; "" and nil where nobody knows.
	By      string          `json:"by,omitempty"`
	ByID    string          `json:"by_id,omitempty"`
	App     bool            `json:"app,omitempty"` // By is an application
	At      *time.Time      `json:"at,omitempty"`
	Group   string          `json:"group,omitempty"`         // id of the group with the same cause
	Origins []ledger.Origin `json:"origins,omitempty"`       // lines that ask for the grant
	Rule    bool            `json:"by_attributes,omitempty"` // attributes of the person find it, and no name
}

// Address returns what people call the grant that drifted.
func (d Drift) Address() ledger.Address { return ledger.NewAddress(d.Holder, d.Item) }

// Drifts compares the tenant with the state, and what is in neither with the
// files. It looks at no scope that was not read completely.
func Drifts(in Input) []Drift {
	t := newTable(in)
	var all []Drift
	t.sides.rows(func(r row) {
		if _, vanished := t.in.Vanished[r.key.Item]; vanished || !t.inScope(r.holder()) {
			return
		}
		if keep := t.adopted(r); keep != nil {
			r.want = keep
		}
		if kind, ok := t.drift(r); ok {
			d := Drift{Kind: kind, Holder: r.holder(), Item: r.item(), Deleted: kind == Gone && t.gone[r.holder().Identity()]}
			if r.known != nil {
				d.Known = &r.known.Value
			}
			if r.have != nil {
				d.Have = &r.have.Value
			}
			if r.want != nil {
				d.Origins = r.want.Origins
				_, d.Rule = t.in.Matches[r.key]
			}
			all = append(all, d)
		}
	})
	slices.SortFunc(all, func(a, b Drift) int { return strings.Compare(string(a.Address()), string(b.Address())) })
	return all
}

// pendingRemoval reports whether the service accepted to take something away.
func (t *table) pendingRemoval(k ledger.Key) bool {
	return slices.ContainsFunc(t.in.Pending, func(g ledger.Grant) bool { return g.Key() == k && g.Units == 0 })
}

// atRemoval reports whether the service is still at a removal that it accepted.
func (t *table) atRemoval(r row) bool {
	if r.have == nil {
		return t.held[r.key] > 0
	}
	return r.want == nil && t.pendingRemoval(r.key)
}

// drift says how a row has drifted from what the state knows; false where it has not.
func (t *table) drift(r row) (DriftKind, bool) {
	switch {
	case r.known != nil && t.atRemoval(r):
		return Unfinished, true
	case r.known != nil && r.have == nil:
		return Gone, r.known.Units > 0
	case r.known != nil:
		return Changed, !r.known.Accepts(r.known.Value, r.have.Value) && (r.want == nil || !r.want.Equal(r.have.Value))
	case r.want == nil && r.have != nil && r.key.Kind == ledger.User:
		mode := t.itemRules[r.key.Item].Unmanaged
		return Undeclared, mode == ledger.Warn || mode == ledger.Take && t.spares(r) == ""
	}
	return "", false
}
