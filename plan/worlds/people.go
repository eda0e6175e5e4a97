package worlds

import (
	"fmt"

	"pgregory.net/rapid"

	"github.com/usher-cli/usher/ledger"
)

func (d *drawer) people() {
	for i := range rapid.IntRange(1, 8).Draw(d.t, "people") {
		h := person(fmt.Sprintf("user-%d", i))
		d.users = append(d.users, h)
		if d.chance("gone", 4) {
			d.in.Gone = append(d.in.Gone, h.Identity())
			d.leaver(h)
			continue
		}
		d.location(h)
		asleep := d.chance("asleep", 8)
		if len(d.seats) > 1 && d.chance("swapper", 40) {
			d.swapper(h)
			continue
		}
		for _, item := range d.seats {
			d.seat(h, item, asleep)
		}
	}
}

// circles draws people who move among products so that every seat that one of
// them needs is held by another.
func (d *drawer) circles() {
	for range rapid.IntRange(1, 2).Draw(d.t, "circles") {
		order := rapid.Permutation(d.seats).Draw(d.t, "circle")
		order = order[:rapid.IntRange(2, len(order)).Draw(d.t, "length")]
		for i, from := range order {
			d.swap(d.someone(), from, order[(i+1)%len(order)])
		}
	}
	if d.chance("outsider", 40) {
		h := d.someone()
		g := ledger.Grant{Holder: h, Item: d.seats[0], Value: ledger.Value{Units: 1}, Origins: origin(len(d.in.Want))}
		d.in.Want = append(d.in.Want, g)
		g.Without = ledger.ServicePlanIDs{}
		d.in.Have.Grants = append(d.in.Have.Grants, g)
	}
}

func (d *drawer) someone() ledger.Holder {
	h := person(fmt.Sprintf("user-%d", len(d.users)))
	d.users = append(d.users, h)
	return h
}

// location leaves some accounts without a usage location. For half of them the files have one.
func (d *drawer) location(h ledger.Holder) {
	if !d.chance("nowhere", 6) {
		return
	}
	d.in.Have.Nowhere = append(d.in.Have.Nowhere, h.Identity())
	if d.chance("located", 50) {
		if d.in.Location == nil {
			d.in.Location = map[ledger.HolderID]string{}
		}
		d.in.Location[h.Identity()] = "NL"
	}
}
