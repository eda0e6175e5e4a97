package tenant

import (
	"context"
	"fmt"
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
		if id := h.Identity(); !listed[id] && !asked[id] && !r.isUnread(id) {
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
	t.believeDraws(ctx, r, o.Draws)
	if products := absent[ledger.SelfService]; len(products) > 0 && o.SelfService {
		r.unread(ledger.SelfService, leftOut("products that people can buy", products[0], nil))
	}
	r.believeMembers()
}

// leftOut says what a list lacks, or that nobody can tell.
func leftOut(list string, h ledger.Holder, err error) error {
	if err != nil {
		return fmt.Errorf("the list of %s does not have %s, and whether it is gone cannot be asked: %w", list, h.Address(), err)
	}
	return fmt.Errorf("the list of %s leaves out %s, which is there", list, h.Address())
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
	r.unread(ledger.User, leftOut("people", people[max(0, there)], err))
	r.Grants = slices.DeleteFunc(r.Grants, func(g ledger.Grant) bool { return g.Holder.Kind == ledger.User })
	r.Inherited = nil // part of a list proves nothing about the rest
}

// believeDraws asks for the rows of units that are on record and not in the lists.
func (t *Tenant) believeDraws(ctx context.Context, r *Reading, known []ledger.Grant) {
	listed := map[ledger.Key]bool{}
	for _, row := range r.Rows {
		listed[row.Key] = true
	}
	for _, g := range known {
		if !listed[g.Key()] {
			t.askInside(r, g.Holder, func(c *dataverse.Client) (bool, error) { return c.Holds(ctx, g.Holder, g.Item) })
		}
	}
}

func (t *Tenant) believeInside(ctx context.Context, r *Reading, h ledger.Holder) {
	t.askInside(r, h, func(c *dataverse.Client) (bool, error) { return c.There(ctx, h) })
}

// askInside asks an environment for what its lists lack. Where it is there after all,
// what is in the environment was not read.
func (t *Tenant) askInside(r *Reading, h ledger.Holder, ask func(*dataverse.Client) (bool, error)) {
	env := ledger.HolderID{Kind: ledger.Environment, ID: h.Place()}
	e, read := t.urls[h.Place()]
	if !read || !slices.Contains(r.Inside, env) {
		return
	}
	client, err := t.dataverse(e)
	there := false
	if err == nil {
		there, err = ask(client)
	}
	if err != nil || there {
		r.Unread = append(r.Unread, ledger.Unread{Holder: e.Holder, Inside: true, Reason: leftOut(h.Kind.Words()+"s", h, err).Error()})
		r.Inside = slices.DeleteFunc(r.Inside, func(id ledger.HolderID) bool { return id == env })
	}
}

// believeMembers compares the members of a group with the people who have something
// from it: when the service has finished with a group, only members do.
func (r *Reading) believeMembers() {
	working := map[string]bool{}
	for _, h := range r.Working {
		working[h.ID] = true
	}
	type given struct{ group, item string }
	gives, names := map[given]bool{}, map[string]ledger.Holder{}
	for i := range r.Grants {
		if g := &r.Grants[i]; g.Holder.Kind == ledger.Group {
			gives[given{g.Holder.ID, g.Item.ID}] = true
			names[g.Holder.ID] = g.Holder
		}
	}
	members := map[string]map[string]bool{}
	for _, m := range r.Members {
		members[m.Group] = map[string]bool{}
		for _, user := range m.Users {
			members[m.Group][user] = true
		}
	}
	for _, i := range r.Inherited {
		list, read := members[i.Group]
		if !read || working[i.Group] || !gives[given{i.Group, i.Item}] || list[i.User.ID] {
			continue
		}
		delete(members, i.Group)
		r.Unread = append(r.Unread, ledger.Unread{Holder: names[i.Group], Reason: fmt.Sprintf("its list of members leaves out %s, who has a product by it", i.User.Address())})
		r.Members = slices.DeleteFunc(r.Members, func(m ledger.Members) bool { return m.Group == i.Group })
		r.Grants = slices.DeleteFunc(r.Grants, func(g ledger.Grant) bool { return g.Holder.Kind == ledger.Group && g.Holder.ID == i.Group })
	}
}

// isUnread reports whether what a holder is in could not be read anyway.
func (r *Reading) isUnread(h ledger.HolderID) bool {
	return slices.ContainsFunc(r.Unread, func(u ledger.Unread) bool { return u.Covers(h) })
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
			r.Unread = append(r.Unread, ledger.Unread{Holder: h, Reason: leftOut("licenses", h, err).Error() + "; if it is gone, usher state rm ends usher's part in it"})
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
