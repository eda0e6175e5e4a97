package tenant

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/usher-cli/usher/catalog"
	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/tenant/graph"
	"github.com/usher-cli/usher/tenant/powerplatform"
	"github.com/usher-cli/usher/tenant/wire"
)

// Reading is what one reading of the tenant found: the facts for the planner,
// and the directory in which names are looked up.
type Reading struct {
	ledger.Have
	Vanished map[string]Vanished // products that the state is about and the tenant does not list, by id
	catalog  *catalog.Catalog
	names    map[ledger.HolderID]string   // of holders, by identity, once somebody asks
	holders  []ledger.Holder              // everybody and everything that was read
	byName   map[nameKey]int              // the first bearer of a name, in holders
	twins    map[nameKey][]ledger.Holder  // further bearers
	missing  map[ledger.HolderKind]string // kinds whose list is incomplete, with the reason
	cannot   map[ledger.HolderID]string   // groups that can be given nothing, with the reason
	groups   []ledger.Holder              // all of the tenant, by id and name, where one of the files was not found
	deleted  map[string]deletedAccount    // of late, by id and by folded name, where the files name somebody who is not there
	people   map[string]int               // positions of people among the holders, once somebody asks
	traits   graph.Traits                 // of people, who come first among the holders
	outside  map[nameKey]bool             // flows that are in no solution, by id or name
}

// ReadOptions narrow a reading.
type ReadOptions struct {
	// Known, where not nil, stands in for reading people: they are believed
	// to be and to have what the state says.
	Known []ledger.Grant
	// Recorded are the holders that the state is about, and Products its products:
	// none of them is gone only because a list does not have it.
	Recorded []ledger.Holder
	Grants   []ledger.Grant // what the state says that they have, for the same
	Products []ledger.Item
	// Groups are the groups to read, and Environments those whose flows and
	// machines to read, each by id or name.
	Groups       []string
	Environments []string
	SelfService  bool     // what people may buy by themselves is to be read
	GroupNames   bool     // the names of all groups are wanted, also of those that nothing mentions
	Attributes   []string // of people, in the words of the language
	Given        bool     // when direct seats were given or changed last is wanted
	// Whole is to read everything that gives somebody something, whoever mentions it.
	Whole bool
	// NoUnits says that environments and capacity concern nobody: they are not
	// asked for. SkipUnits leaves them unread although they may.
	NoUnits, SkipUnits bool
	// Progress is called now and then while a long reading goes on.
	Progress func(people int)
}

// Read reads the tenant. What cannot be read is noted in Have.Unread; only
// a tenant that cannot be reached or identified at all is an error.
func (t *Tenant) Read(ctx context.Context, o ReadOptions) (*Reading, error) {
	r := &Reading{catalog: t.catalog, missing: map[ledger.HolderKind]string{}, cannot: map[ledger.HolderID]string{},
		outside: map[nameKey]bool{}}
	id, err := t.graph.Tenant(ctx)
	if err != nil {
		return nil, &unreadable{"the tenant cannot be read: " + wire.Explain(err, "the application permission User.Read.All"), err}
	}
	if id == "" {
		return nil, fmt.Errorf("the tenant does not name itself: the list of organisations is empty")
	}
	if t.id != "" && id != t.id {
		return nil, fmt.Errorf(
			"the tenant that answers is %s, and tenant_id is %s: correct the tenant block, or sign in as an identity of that tenant",
			id,
			t.id,
		)
	}
	r.Tenant = id
	seats, err := t.graph.Supply(ctx)
	if err != nil {
		return nil, &unreadable{
			"the tenant's licenses cannot be read: " + wire.Explain(err, "the application permission LicenseAssignment.Read.All"), err,
		}
	}
	t.vanished(ctx, r, seats, o.Products)
	t.sort(seats)
	holders := t.people(ctx, r, seats, o)
	holders = append(holders, t.groups(ctx, r, seats, o)...)
	if o.GroupNames && r.groups == nil {
		if r.groups, err = t.graph.GroupNames(ctx); err != nil {
			r.unread(ledger.Group, err)
		}
	}
	switch {
	case o.SkipUnits:
		r.unread(ledger.Environment, errors.New("this run skips it"))
	case !o.NoUnits:
		holders = append(holders, t.environments(ctx, r, o)...)
	}
	if o.SelfService || o.Whole {
		holders = append(holders, t.selfService(ctx, r)...)
	}
	t.believe(ctx, r, holders, o)
	r.rename(o.Products)
	r.Supply = slices.Concat(seats, r.Supply)
	r.index(holders)
	return r, nil
}

// unreadable says why a tenant cannot be read at all, in words for people.
type unreadable struct {
	text  string
	cause error
}

// Error implements error.
func (u *unreadable) Error() string { return u.text }

// Unwrap is what the service answered.
func (u *unreadable) Unwrap() error { return u.cause }

// sort marks the products that cost nothing, and those that end by themselves.
func (t *Tenant) sort(seats []ledger.Supply) {
	for i := range seats {
		for _, p := range t.catalog.Product(seats[i].Item.ID) {
			seats[i].Free, seats[i].Trial = p.Kind == catalog.Free, seats[i].Trial || p.Kind == catalog.Trial
		}
	}
}

// rename gives products that the tenant does not list the names that the state
// knows.
func (r *Reading) rename(products []ledger.Item) {
	if len(r.Vanished) == 0 {
		return
	}
	names := map[string]ledger.Item{}
	for _, p := range products {
		names[p.ID] = p
	}
	for i := range r.Grants {
		if g := &r.Grants[i]; g.Item.Name == g.Item.ID && names[g.Item.ID].ID != "" {
			g.Item = names[g.Item.ID]
		}
	}
}

func (t *Tenant) people(ctx context.Context, r *Reading, seats []ledger.Supply, o ReadOptions) []ledger.Holder {
	if o.Known != nil {
		holders := make([]ledger.Holder, 0, len(o.Known))
		first := slices.IndexFunc(o.Known, func(g ledger.Grant) bool { return g.Holder.Kind == ledger.User })
		if first < 0 {
			first = len(o.Known)
		}
		r.Grants = o.Known[first:len(o.Known):len(o.Known)] // users come last of all kinds
		for _, g := range r.Grants {
			if n := len(holders); n == 0 || holders[n-1] != g.Holder {
				holders = append(holders, g.Holder)
			}
		}
		r.Unlisted = true
		return holders
	}
	progress := o.Progress
	if progress == nil {
		progress = func(int) {}
	}
	p, err := t.graph.People(ctx, seats, graph.Wanted{Attributes: o.Attributes, Given: o.Given}, progress)
	if err != nil {
		r.unread(ledger.User, err)
	}
	r.Grants, r.Inherited, r.Disabled, r.Nowhere, r.traits = p.Grants, p.Inherited, p.Disabled, p.Nowhere, p.Traits
	r.Given, r.Guests = p.Given, p.Traits.Guests(p.Holders)
	return p.Holders
}

// GroupNames are the names of groups, by id, as far as they were asked for.
func (r *Reading) GroupNames() map[string]string {
	names := make(map[string]string, len(r.groups))
	for _, g := range r.groups {
		names[g.ID] = g.Name
	}
	return names
}

// unread notes that a kind of holder was not read completely.
func (r *Reading) unread(kind ledger.HolderKind, err error) {
	reason := explain(kind, err)
	r.missing[kind] = reason
	r.Unread = append(r.Unread, ledger.Unread{Holder: ledger.Holder{Kind: kind}, Reason: reason})
}

// explain adds the way out to why a kind of holder could not be read.
func explain(kind ledger.HolderKind, err error) string {
	switch kind {
	case ledger.User:
		return wire.Explain(err, "the application permission User.Read.All")
	case ledger.Group:
		return wire.Explain(err, "the application permissions GroupMember.Read.All and User.Read.All")
	case ledger.Environment:
		return powerplatform.Explain(err)
	}
	return err.Error() // its client has said so
}

func (r *Reading) index(holders []ledger.Holder) {
	r.holders = holders
	r.byName = make(map[nameKey]int, len(holders))
	r.twins = map[nameKey][]ledger.Holder{}
	for i, h := range holders {
		key := keyOf(h)
		if _, taken := r.byName[key]; taken {
			r.twins[key] = append(r.twins[key], h)
			continue
		}
		r.byName[key] = i
	}
	ledger.SortGrants(r.Grants)
}

// bearers lists everybody who is called by a name now.
func (r *Reading) bearers(key nameKey) []ledger.Holder {
	i, ok := r.byName[key]
	if !ok {
		return nil
	}
	if len(r.twins) == 0 {
		return r.holders[i : i+1 : i+1]
	}
	return append([]ledger.Holder{r.holders[i]}, r.twins[key]...)
}

// Name returns what the tenant calls a holder now. Most plans never ask, so
// the table is made when one does.
func (r *Reading) Name(h ledger.HolderID) (string, bool) {
	if r.names == nil {
		r.names = make(map[ledger.HolderID]string, len(r.holders))
		for _, p := range r.holders {
			r.names[p.Identity()] = p.Name
		}
	}
	name, ok := r.names[h]
	return name, ok
}
