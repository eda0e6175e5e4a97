package sandbox

import (
	"slices"
	"strings"
)

// indexed is a tenant with its look-up tables.
type indexed struct {
	*Tenant
	users map[string]*User // by id and by lower-case UPN
	skus  map[string]*SKU  // by lower-case id
	place map[string]int   // of a user id in Users
}

func index(t *Tenant) *indexed {
	x := &indexed{Tenant: t, users: map[string]*User{}, skus: map[string]*SKU{}, place: map[string]int{}}
	for _, s := range t.SKUs {
		s.ID = strings.ToLower(s.ID)
		s.consumed = 0
		for i := range s.Plans {
			s.Plans[i].ID = strings.ToLower(s.Plans[i].ID)
			lower(s.Plans[i].DependsOn)
			lower(s.Plans[i].Excludes)
		}
		x.skus[s.ID] = s
	}
	for i, u := range t.Users {
		u.ID = strings.ToLower(u.ID)
		x.users[u.ID], x.users[strings.ToLower(u.UPN)] = u, u
		x.place[u.ID] = i
		for _, l := range u.Licenses {
			lower(l.Without)
		}
		x.count(u, 1)
	}
	for _, e := range t.Environments {
		e.ID = strings.ToLower(e.ID)
	}
	for _, g := range t.Groups {
		g.ID = strings.ToLower(g.ID)
		lower(g.Members)
		lower(g.Groups)
		for i := range g.Licenses {
			g.Licenses[i].SKU = strings.ToLower(g.Licenses[i].SKU)
			lower(g.Licenses[i].Without)
		}
	}
	return x
}

func lower(ids []string) {
	for i := range ids {
		ids[i] = strings.ToLower(ids[i])
	}
}

// count adds the user's seats to what the SKUs have consumed: one a SKU,
// however many sources it has, and none for a source in error.
func (x *indexed) count(u *User, sign int64) {
	for id := range covered(u) {
		x.skus[id].consumed += sign
	}
}

// covered lists the SKUs of which the user takes a seat.
func covered(u *User) map[string]bool {
	ids := map[string]bool{}
	for _, l := range u.Licenses {
		if l.Error == "" {
			ids[strings.ToLower(l.SKU)] = true
		}
	}
	return ids
}

func (x *indexed) environment(id string) *Environment {
	for _, e := range x.Environments {
		if e.ID == strings.ToLower(id) && (e.Spelling == "" || id == e.ID || id == e.Spelling) {
			return e
		}
	}
	return nil
}

// apply makes a change, new or from the journal.
func (x *indexed) apply(c change) {
	if c.User != nil {
		x.putUser(c.User)
	}
	if c.DeletedUser != nil {
		x.deleteUser(*c.DeletedUser)
	}
	if c.Environment != nil {
		if e := x.environment(c.Environment.ID); e != nil {
			*e = *c.Environment
		}
	}
	if c.Group != nil {
		x.putGroup(c.Group)
	}
	x.putSettings(c)
	if c.Clock != nil {
		x.Clock = c.Clock
	}
	if c.Entry != nil && x.Audit != nil && c.Entry.Number > len(x.Audit.Entries) {
		x.Audit.Entries = append(x.Audit.Entries, c.Entry)
	}
	if c.Overspend != nil {
		x.Overspends = append(x.Overspends, *c.Overspend)
	}
}

func (x *indexed) deleteUser(d DeletedUser) {
	u := x.users[d.ID]
	if u == nil {
		return
	}
	x.count(u, -1)
	delete(x.users, u.ID)
	delete(x.users, strings.ToLower(u.UPN))
	x.Users = slices.DeleteFunc(x.Users, func(o *User) bool { return o == u })
	for _, g := range x.Groups {
		g.Members = slices.DeleteFunc(slices.Clone(g.Members), func(id string) bool { return id == u.ID })
	}
	for i, o := range x.Users {
		x.place[o.ID] = i
	}
	x.Deleted = append(x.Deleted, d)
}

// putSettings changes what the tenant decides for itself.
func (x *indexed) putSettings(c change) {
	for i := range x.SelfService {
		if c.SelfService != nil && x.SelfService[i].ID == c.SelfService.ID {
			x.SelfService[i] = *c.SelfService
		}
	}
	if c.Application == nil {
		return
	}
	if a := x.application(c.Application.ID); a != nil {
		*a = *c.Application
	}
}

func (x *indexed) putGroup(g *Group) {
	for i, old := range x.Groups {
		if old.ID == g.ID {
			x.Groups[i] = g
			return
		}
	}
	x.Groups = append(x.Groups, g)
}

func (x *indexed) putUser(u *User) {
	old := x.users[u.ID]
	if old == nil {
		x.place[u.ID] = len(x.Users)
		x.Users = append(x.Users, u)
	} else {
		x.count(old, -1)
		// A name that somebody else took in the meantime stays theirs.
		if name := strings.ToLower(old.UPN); x.users[name] == old {
			delete(x.users, name)
		}
		x.Users[x.place[u.ID]] = u
	}
	x.users[u.ID], x.users[strings.ToLower(u.UPN)] = u, u
	x.count(u, 1)
}

// allocated sums an item over all environments.
func (x *indexed) allocated(currency string) int64 {
	var sum int64
	for _, e := range x.Environments {
		sum += e.Allocations[currency]
	}
	return sum
}
