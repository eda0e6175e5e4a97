package tenant

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/tenant/dataverse"
)

// believe asks by id for everything that the state is about and that a complete
// list does not have. A list that leaves out something that is there is no complete
// list: nothing is concluded from it.
func (t *Tenant) believe(ctx context.Context, r *Reading, holders []ledger.Holder, o ReadOptions) {
	listed := make(map[ledger.HolderID]bool, len(holders))
	for _, h := range holders {
		listed[h.Identity()] = true
	}
	absent := map[ledger.HolderKind][]ledger.Holder{}
	asked := map[ledger.HolderID]bool{}
	for _, h := range o.Recorded {
		if id := h.Identity(); !listed[id] && !asked[id] && !r.IsUnread(id) {
			asked[id] = true
			absent[h.Kind] = append(absent[h.Kind], h)
		}
	}
	if people := absent[ledger.User]; len(people) > 0 && !r.Unlisted {
		t.believePeople(ctx, r, people)
	}
	for _, h := range absent[ledger.Environment] {
		if there, err := t.power.Environment(ctx, h.ID); err != nil || there {
			r.unread(ledger.Environment, leftOut("environments", h, err))
			break
		}
	}
	for _, kind := range []ledger.HolderKind{ledger.Flow, ledger.Machine, ledger.MachineGroup} {
		for _, h := range absent[kind] {
			t.believeInside(ctx, r, h)
		}
	}
	t.believeGrants(ctx, r, listed, o.Grants)
	if products := absent[ledger.SelfService]; len(products) > 0 && o.SelfService {
		r.unread(ledger.SelfService, leftOut("products that people can buy", products[0], nil))
	}
	t.believeMembers(ctx, r)
}

// leftOut says what a list lacks, or that nobody can tell.
func leftOut(list string, h ledger.Holder, err error) error {
	if err != nil {
		return fmt.Errorf("the list of %s does not have %s, and whether it is gone cannot be asked: %w", list, h.Address(), err)
	}
	return fmt.Errorf("the list of %s leaves out %s, and it is there", list, h.Address())
}

func (t *Tenant) believePeople(ctx context.Context, r *Reading, people []ledger.Holder) {
	ids := make([]string, len(people))
	for i, h := range people {
		ids[i] = h.ID
	}
	there, err := t.graph.There(ctx, ids)
	if err == nil && there < 0 {
		return
	}
	r.noPeople(leftOut("people", people[max(0, there)], err))
}

// believeGrants asks for what is on record of holders that the lists have, and that the
// lists do not have of them.
func (t *Tenant) believeGrants(ctx context.Context, r *Reading, listed map[ledger.HolderID]bool, known []ledger.Grant) {
	var seats []ledger.Grant
	units := map[string][]ledger.Grant{} // by environment
	for _, g := range r.lacking(known) {
		switch h := g.Holder.Identity(); {
		case !listed[h]: // it was asked for as a whole
		case h.Kind.Inside():
			t.askInside(r, g.Holder, func(c *dataverse.Client) (bool, error) { return c.Holds(ctx, g.Holder, g.Item) },
				func(err error) error { return leftOutOf(g, err) })
		case h.Kind == ledger.User && r.Vanished[g.Item.ID] == Vanished{}:
			seats = append(seats, g)
		case h.Kind == ledger.Environment:
			units[h.ID] = append(units[h.ID], g)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(units)) {
		if at, err := t.power.Allocates(ctx, id, units[id]); err != nil || at >= 0 {
			g := units[id][max(0, at)]
			r.Unread = append(r.Unread, ledger.Unread{Holder: g.Holder, Reason: explain(ledger.Environment, leftOutOf(g, err))})
		}
	}
	if len(seats) == 0 || r.Unlisted {
		return
	}
	if at, err := t.graph.Holds(ctx, seats); err != nil || at >= 0 {
		r.noPeople(leftOutOf(seats[max(0, at)], err))
	}
}

// lacking lists what is on record and not in the reading, where it was read.
func (r *Reading) lacking(known []ledger.Grant) []ledger.Grant {
	has := make(map[ledger.Key]bool, len(r.Grants))
	for i := range r.Grants {
		has[r.Grants[i].Key()] = true
	}
	for _, row := range r.Rows {
		has[row.Key] = true
	}
	var all []ledger.Grant
	for _, g := range known {
		if !has[g.Key()] && g.Units > 0 && !r.IsUnread(g.Holder.Identity()) {
			all = append(all, g)
		}
	}
	return all
}

// leftOutOf says what a list lacks of somebody, or that nobody can tell.
func leftOutOf(g ledger.Grant, err error) error {
	if err != nil {
		return fmt.Errorf("the list does not have %s, and whether it is gone cannot be asked: %w", g.Address(), err)
	}
	return fmt.Errorf("the list leaves out %s, and it is there", g.Address())
}

// noPeople notes that the list of people proves nothing: what it leaves out of one of
// them, or somebody, it may leave out of others.
func (r *Reading) noPeople(reason error) {
	r.unread(ledger.User, reason)
	r.Grants = slices.DeleteFunc(r.Grants, func(g ledger.Grant) bool { return g.Holder.Kind == ledger.User })
	r.Inherited = nil
}

func (t *Tenant) believeInside(ctx context.Context, r *Reading, h ledger.Holder) {
	t.askInside(r, h, func(c *dataverse.Client) (bool, error) { return c.There(ctx, h) },
		func(err error) error { return leftOut(h.Kind.Words()+"s", h, err) })
}

// askInside asks an environment for what its lists lack. Where it is there after all,
// what is in the environment was not read, for the reason that lacks gives.
func (t *Tenant) askInside(r *Reading, h ledger.Holder, ask func(*dataverse.Client) (bool, error), lacks func(error) error) {
	env := ledger.HolderID{Kind: ledger.Environment, ID: h.EnvironmentID()}
	e, read := t.urls[h.EnvironmentID()]
	if !read || !slices.Contains(r.Inside, env) {
		return
	}
	client, err := t.dataverse(e)
	there := false
	if err == nil {
		there, err = ask(client)
	}
	if err != nil || there {
		r.Unread = append(r.Unread, ledger.Unread{Holder: e.Holder, Inside: true, Reason: dataverse.Explain(lacks(err))})
		r.Inside = slices.DeleteFunc(r.Inside, func(id ledger.HolderID) bool { return id == env })
	}
}

// believeMembers compares the members of a group with the people who have something
// from it: when the service has finished with a group, only members do, and those who
// left a moment ago. Whether they left, they are asked themselves.
func (t *Tenant) believeMembers(ctx context.Context, r *Reading) {
	absent := r.absentMembers()
	for _, group := range slices.Sorted(maps.Keys(absent)) {
		people := absent[group]
		ids := make([]string, len(people))
		for i, h := range people {
			ids[i] = h.ID
		}
		at, err := t.graph.InGroup(ctx, group, ids)
		if err == nil && at < 0 {
			continue
		}
		of := ledger.Holder{Kind: ledger.Group, ID: group, Name: group}
		for i := range r.Grants {
			if r.Grants[i].Holder.Identity() == of.Identity() {
				of = r.Grants[i].Holder
			}
		}
		r.Unread = append(r.Unread, ledger.Unread{Holder: of, Reason: explain(ledger.Group, leftOut("members", people[max(0, at)], err))})
		r.Members = slices.DeleteFunc(r.Members, func(m ledger.Members) bool { return m.Group == group })
		r.Grants = slices.DeleteFunc(r.Grants, func(g ledger.Grant) bool { return g.Holder.Identity() == of.Identity() })
	}
}

// absentMembers lists, by group, who has something from it and is not in its list of
// members, though the service has finished with it.
func (r *Reading) absentMembers() map[string][]ledger.Holder {
	members, seen := map[string]map[string]bool{}, map[string]bool{}
	for _, m := range r.Members {
		members[m.Group] = map[string]bool{}
		for _, user := range m.Users {
			members[m.Group][user] = true
		}
	}
	for _, h := range r.Working {
		delete(members, h.ID)
	}
	absent := map[string][]ledger.Holder{}
	for _, i := range r.Inherited {
		list, read := members[i.Group]
		if who := i.Group + "/" + i.User.ID; read && !list[i.User.ID] && !seen[who] {
			seen[who] = true
			absent[i.Group] = append(absent[i.Group], i.User)
		}
	}
	return absent
}

// vanished finds the products that the state is about and the tenant does not have
// any more. One that is there after all, or of which nobody can tell, was not read.
func (t *Tenant) vanished(ctx context.Context, r *Reading, seats []ledger.Supply, products []ledger.Item) {
	r.Vanished = map[string]Vanished{}
	for _, p := range products {
		if slices.ContainsFunc(seats, func(s ledger.Supply) bool { return s.Item.ID == p.ID }) {
			continue
		}
		v := Vanished{Item: p}
		if there, err := t.graph.Owns(ctx, r.Tenant, p.ID); err != nil || there {
			h := ledger.Holder{Kind: ledger.License, ID: p.ID, Name: p.Name}
			v.Unread = true
			r.Unread = append(
				r.Unread,
				ledger.Unread{Holder: h, Reason: leftOut("licenses", h, err).Error() + "; if it is gone, drop its records with usher state rm"},
			)
		}
		r.Vanished[p.ID] = v
	}
}

// Vanished is a product that the tenant does not list any more. It is gone, unless
// nobody can tell.
type Vanished struct {
	Item   ledger.Item
	Unread bool
}
