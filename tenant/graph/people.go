package graph

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/tenant/wire"
)

// People is who is in the directory and who holds what.
type People struct {
	Holders   []ledger.Holder
	Grants    []ledger.Grant
	Inherited []ledger.Inherited
	Disabled  []ledger.HolderID
	Nowhere   []ledger.HolderID
	Given     map[ledger.Key]time.Time // when direct seats were given or changed last
	Traits    Traits                   // of the holders, in their order
}

type user struct {
	ID       string           `json:"id"`
	UPN      string           `json:"userPrincipalName"`
	Enabled  *bool            `json:"accountEnabled"`
	Location trait            `json:"usageLocation"`
	States   wire.List[state] `json:"licenseAssignmentStates"`
	traits
}

// Shape implements wire.Shaped. Without its states an account says nothing about
// what it has.
func (u *user) Shape() error {
	if u.States == nil {
		return fmt.Errorf("the account %q has no list of licenses", cmp.Or(u.UPN, u.ID))
	}
	for _, s := range u.States {
		if s.SKU == "" {
			return fmt.Errorf("the account %q has something without a product", cmp.Or(u.UPN, u.ID))
		}
	}
	return hasID(u.ID)
}

type state struct {
	SKU      string   `json:"skuId"`
	Group    *string  `json:"assignedByGroup"`
	Disabled []string `json:"disabledPlans"`
	Updated  string   `json:"lastUpdatedDateTime"`
	State    string   `json:"state"`
	Error    string   `json:"error"` // a cause, or nothing, which the service also writes as "None"
}

// failed reports whether the service could not give what the row says: such
// a row covers nobody.
func (s state) failed() bool { return s.State == "Error" }

func (s state) cause() string {
	if s.Error == "" || s.Error == "None" || s.Error == "Others" { // an older spelling
		return ledger.Sibling
	}
	return s.Error
}

// group is the id of the group that the row comes from; "" is a direct one.
func (s state) group() string {
	if s.Group == nil {
		return ""
	}
	return strings.ToLower(*s.Group)
}

func (u *user) holder() ledger.Holder {
	return ledger.Holder{Kind: ledger.User, ID: strings.ToLower(u.ID), Name: cmp.Or(u.UPN, strings.ToLower(u.ID))}
}

// Deleted is an account that was deleted in the last 30 days, and could be restored.
type Deleted struct {
	ID   string
	Name string // as it was before; the service puts the id before it
	Day  string // YYYY-MM-DD
}

// Deleted lists them. Source: Microsoft Graph, "List deletedItems (directory objects)", for which
// the permission User.Read.All is enough.
func (c *Client) Deleted(ctx context.Context) ([]Deleted, error) {
	rows, err := wire.All[struct {
		ID   string `json:"id"`
		UPN  string `json:"userPrincipalName"`
		When string `json:"deletedDateTime"`
	}](ctx, c.w, "/v1.0/directory/deletedItems/microsoft.graph.user?$select=id,userPrincipalName,deletedDateTime&$top=999")
	var all []Deleted
	for _, r := range rows {
		if isDay(r.When) {
			id, name := strings.ToLower(r.ID), r.UPN
			if before := strings.ReplaceAll(id, "-", ""); len(name) > len(before) && strings.EqualFold(name[:len(before)], before) {
				name = name[len(before):]
			}
			all = append(all, Deleted{ID: id, Name: name, Day: r.When[:len(time.DateOnly)]})
		}
	}
	return all, err
}

const userSelect = "?$select=id,userPrincipalName,accountEnabled,usageLocation,licenseAssignmentStates"

// Wanted is what is read of people besides who they are and what they have.
type Wanted struct {
	Attributes []string // in the words of the language
	Given      bool     // when direct seats were given or changed last
}

// People reads the whole directory, 999 people a request. On an error it returns what was read so
// far, which proves nothing about the rest.
func (c *Client) People(ctx context.Context, supply []ledger.Supply, also Wanted, progress func(people int)) (People, error) {
	items := newInterner(supply)
	seen := map[string]bool{} // pages of a changing directory can overlap
	all := People{Traits: Traits{Attributes: also.Attributes, texts: map[string]string{}}}
	if also.Given {
		all.Given = map[ledger.Key]time.Time{}
	}
	query := userSelect
	for _, p := range properties(also.Attributes) {
		query += "," + p
	}
	var unsaid error
	err := wire.Each(ctx, c.w, "/v1.0/users"+query+"&$top=999", func(page []user) {
		all.Holders, all.Grants = withRoom(all.Holders, len(page)), withRoom(all.Grants, len(page))
		for i := range page {
			if u := &page[i]; !seen[strings.ToLower(u.ID)] {
				seen[strings.ToLower(u.ID)] = true
				all.addAccount(u, items)
				unsaid = cmp.Or(unsaid, all.Traits.add(u))
			}
		}
		progress(len(all.Holders))
	})
	return all, cmp.Or(err, unsaid)
}

// withRoom makes room for more. A list doubles: one of millions that grew by a quarter would be
// copied over and over.
func withRoom[T any](list []T, more int) []T {
	if cap(list)-len(list) >= more {
		return list
	}
	return slices.Grow(list, max(len(list), more))
}

func (p *People) addAccount(u *user, items *interner) {
	h := u.holder()
	p.Holders = append(p.Holders, h)
	if u.Enabled != nil && !*u.Enabled {
		p.Disabled = append(p.Disabled, h.Identity())
	}
	if u.Location.value == "" {
		p.Nowhere = append(p.Nowhere, h.Identity())
	}
	for _, s := range u.sources() {
		item := items.item(s.SKU)
		if group := s.group(); group != "" {
			row := ledger.Inherited{User: h, Item: item.ID, Group: group, Without: items.plans(item.ID, s.Disabled)}
			if s.failed() {
				row.Error = s.cause()
			}
			p.Inherited = append(p.Inherited, row)
			continue
		}
		if s.failed() {
			continue
		}
		g := ledger.Grant{Holder: h, Item: item, Value: ledger.Value{Units: 1, Without: items.plans(item.ID, s.Disabled)}}
		p.Grants = append(p.Grants, g)
		if p.Given == nil {
			continue
		}
		if at, err := time.Parse(time.RFC3339, s.Updated); err == nil {
			p.Given[g.Key()] = at
		}
	}
}

// sources gives the rows of an account, one for each product and source. Where the
// service has several, as of a product that is bought twice, a service plan is off
// only where all that work have it off.
func (u *user) sources() []state {
	return merged(u.States, func(have *state, next state) bool {
		switch {
		case have.group() != next.group() || !strings.EqualFold(have.SKU, next.SKU):
			return false
		case have.failed():
			*have = next
		case !next.failed():
			have.Disabled = offInBoth(have.Disabled, next.Disabled)
		}
		return true
	})
}

// from is the row of a product from a group, or from the account itself, "", as
// sources gives it; nil for none.
func (u *user) from(group, product string) *state {
	for _, s := range u.sources() {
		if s.group() == group && strings.EqualFold(s.SKU, product) {
			return &s
		}
	}
	return nil
}

// merged makes one row of those that are about the same thing: merge puts a row into
// an earlier one, or says that it is about something else.
func merged[T any](rows []T, merge func(have *T, row T) bool) []T {
	all := make([]T, 0, len(rows))
next:
	for _, row := range rows {
		for i := range all {
			if merge(&all[i], row) {
				continue next
			}
		}
		all = append(all, row)
	}
	return all
}

// offInBoth lists the service plans that two rows have off.
func offInBoth(a, b []string) []string {
	off := []string{}
	for _, plan := range a {
		if slices.ContainsFunc(b, func(other string) bool { return strings.EqualFold(plan, other) }) {
			off = append(off, plan)
		}
	}
	return off
}
