package state

import (
	"bytes"
	"fmt"
	"slices"
)

// Undeclared is who had a product, and no file said why, when a run first read all of it: what
// was always there. A comparison of the night tells it from what somebody gave since.
type Undeclared struct {
	Item    string   `json:"item"`    // id of the product
	Since   string   `json:"since"`   // the day of that run, as YYYY-MM-DD
	Holders []string `json:"holders"` // ids of people, sorted; those who have lost it since are left out
}

// encodeLists writes what is held, which selectors were applied, and what was always there.
func (d *Document) encodeLists(b *bytes.Buffer) {
	if len(d.Leaving) > 0 {
		list(b, "leaving", d.Leaving, func(l Leaving) any {
			r := rowOf(l.Grant)
			r.Since = l.Since
			return r
		})
	}
	if len(d.Selectors) > 0 {
		list(b, "selectors", d.Selectors, func(s string) any { return s })
	}
	if len(d.Undeclared) > 0 {
		list(b, "undeclared", d.Undeclared, func(u Undeclared) any { return u })
	}
}

// undeclared reads what was always there.
func (f file) undeclared() ([]Undeclared, error) {
	for i, u := range f.Undeclared {
		if u.Item == "" || u.Since == "" || u.Holders == nil {
			return nil, fmt.Errorf("%w: undeclared seats have no product, no day or no holders", ErrDamaged)
		}
		if slices.ContainsFunc(f.Undeclared[:i], func(other Undeclared) bool { return other.Item == u.Item }) {
			return nil, fmt.Errorf("%w: undeclared seats of %s are there twice", ErrDamaged, u.Item)
		}
		slices.Sort(u.Holders)
	}
	return f.Undeclared, nil
}

// UndeclaredSince are the days of the lists of undeclared seats, by the id of the product.
func (d *Document) UndeclaredSince() map[string]string {
	days := map[string]string{}
	if d != nil {
		for _, u := range d.Undeclared {
			days[u.Item] = u.Since
		}
	}
	return days
}

// WasThere reports whether somebody had a product, undeclared, when a run first read all of
// it. Of a product that no run has read, everybody had it.
func (d *Document) WasThere(user, item string) bool {
	if d == nil {
		return true
	}
	at := slices.IndexFunc(d.Undeclared, func(u Undeclared) bool { return u.Item == item })
	if at < 0 {
		return true
	}
	_, there := slices.BinarySearch(d.Undeclared[at].Holders, user)
	return there
}
