// Package graph is usher's client of Microsoft Graph: what a tenant owns, who
// has what, and the one call that changes it.
//
// It speaks v1.0 only, reads per-source assignment states rather than the
// merged view, and never touches a licence that a group gives.
package graph

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/tenant/wire"
)

// Client talks to one tenant.
type Client struct {
	// Wait bounds how long a call waits for what the service accepts first and
	// does later.
	Wait time.Duration
	// Lag is how old a reading of people may be.
	Lag time.Duration
	// Pause is the least time between two tries of a call, and grows with them.
	Pause time.Duration
	w     *wire.Client

	mu   sync.Mutex
	open map[string]*attempt // calls that have not ended, by the person's id
}

// New makes a client on a pipeline whose base is the Graph host.
func New(w *wire.Client) *Client {
	return &Client{w: w, Pause: 500 * time.Millisecond, open: map[string]*attempt{}}
}

// Tenant returns the tenant's id.
func (c *Client) Tenant(ctx context.Context) (string, error) {
	list, err := wire.All[organization](ctx, c.w, "/v1.0/organization?$select=id")
	if err != nil || len(list) == 0 {
		return "", err
	}
	return strings.ToLower(list[0].ID), nil
}

type organization struct {
	ID string `json:"id"`
}

// Shape implements wire.Shaped.
func (o *organization) Shape() error { return hasID(o.ID) }

// hasID refuses what does not say what it is about.
func hasID(id string) error {
	if id == "" {
		return errors.New("it has no id")
	}
	return nil
}

type sku struct {
	ID            string     `json:"skuId"`
	PartNumber    string     `json:"skuPartNumber"`
	AppliesTo     string     `json:"appliesTo"`
	ConsumedUnits wire.Count `json:"consumedUnits"`
	PrepaidUnits  *struct {
		Enabled wire.Count `json:"enabled"`
		Warning wire.Count `json:"warning"`
	} `json:"prepaidUnits"`
	Plans []struct {
		ID        string `json:"servicePlanId"`
		Name      string `json:"servicePlanName"`
		AppliesTo string `json:"appliesTo"`
	} `json:"servicePlans"`
}

// Shape implements wire.Shaped.
func (s *sku) Shape() error {
	if s.PrepaidUnits == nil {
		return fmt.Errorf("the product %q does not say how many units of it are owned", s.PartNumber)
	}
	return hasID(s.ID)
}

// Supply lists the products of the tenant, sorted by id.
func (c *Client) Supply(ctx context.Context) ([]ledger.Supply, error) {
	rows, err := wire.All[sku](ctx, c.w, "/v1.0/subscribedSkus")
	if err != nil {
		return nil, err
	}
	all := make([]ledger.Supply, 0, len(rows))
	for _, s := range rows {
		all = append(all, s.supply())
	}
	slices.SortFunc(all, func(a, b ledger.Supply) int { return strings.Compare(a.Item.ID, b.Item.ID) })
	for i := 1; i < len(all); i++ {
		if all[i].Item.ID == all[i-1].Item.ID {
			return nil, fmt.Errorf("the answer is not what was asked for: it has the product %s twice", all[i].Item.ID)
		}
	}
	c.lapses(ctx, all)
	return all, nil
}

// lapses adds when the subscriptions of each product lapse. An identity that
// may not read them plans without: nothing but a warning depends on it.
func (c *Client) lapses(ctx context.Context, supply []ledger.Supply) {
	rows, err := wire.All[struct {
		SKU   string     `json:"skuId"`
		Seats wire.Count `json:"totalLicenses"`
		Trial bool       `json:"isTrial"`
		Next  string     `json:"nextLifecycleDateTime"`
	}](ctx, c.w, "/v1.0/directory/subscriptions?$select=skuId,totalLicenses,isTrial,nextLifecycleDateTime")
	if err != nil {
		return
	}
	for _, r := range rows {
		for i := range supply {
			if s := &supply[i]; s.Item.ID == strings.ToLower(r.SKU) && isDay(r.Next) {
				s.Trial = s.Trial || r.Trial
				s.Lapses = append(s.Lapses, ledger.Lapse{Day: r.Next[:len(time.DateOnly)], Seats: int64(r.Seats), Trial: r.Trial})
			}
		}
	}
	for i := range supply {
		slices.SortFunc(supply[i].Lapses, func(a, b ledger.Lapse) int { return strings.Compare(a.Day, b.Day) })
	}
}

// isDay reports whether a time begins with a day.
func isDay(s string) bool {
	_, err := time.Parse(time.DateOnly, s[:min(len(s), len(time.DateOnly))])
	return err == nil
}

func (s sku) supply() ledger.Supply {
	out := ledger.Supply{
		Item:  ledger.Item{Kind: ledger.Seat, ID: strings.ToLower(s.ID), Name: s.PartNumber},
		Owned: int64(s.PrepaidUnits.Enabled), Grace: int64(s.PrepaidUnits.Warning), Used: int64(s.ConsumedUnits),
		// Departmental products are bought by people themselves; the service
		// refuses every program that assigns or removes them.
		SelfService: strings.HasSuffix(strings.ToUpper(s.PartNumber), "_DEPT"),
		Assignable:  s.AppliesTo == "User",
	}
	for _, p := range s.Plans {
		out.Plans = append(out.Plans, ledger.ServicePlan{ID: strings.ToLower(p.ID), Name: p.Name, ByTenant: p.AppliesTo == "Company"})
	}
	return out
}

// People is who is in the directory and who holds what.
type People struct {
	Holders   []ledger.Holder
	Grants    []ledger.Grant
	Inherited []ledger.Inherited
	Disabled  []ledger.HolderID
	Nowhere   []ledger.HolderID
}

type user struct {
	ID      string           `json:"id"`
	UPN     string           `json:"userPrincipalName"`
	Enabled *bool            `json:"accountEnabled"`
	Country *string          `json:"usageLocation"`
	States  wire.List[state] `json:"licenseAssignmentStates"`
}

// Shape implements wire.Shaped. Without its states an account says nothing about
// what it has.
func (u *user) Shape() error {
	if u.States == nil {
		return fmt.Errorf("the account %q does not say what it has", cmp.Or(u.UPN, u.ID))
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

const userQuery = "?$select=id,userPrincipalName,accountEnabled,usageLocation,licenseAssignmentStates&$top=999"

// People reads the whole directory, 999 people a request. On an error it
// returns what was read so far, which proves nothing about the rest.
func (c *Client) People(ctx context.Context, supply []ledger.Supply, progress func(people int)) (People, error) {
	items := newInterner(supply)
	seen := map[string]bool{} // pages of a changing directory can overlap
	var all People
	err := wire.Each(ctx, c.w, "/v1.0/users"+userQuery, func(page []user) {
		for i := range page {
			if u := &page[i]; !seen[strings.ToLower(u.ID)] {
				seen[strings.ToLower(u.ID)] = true
				all.add(u, items)
			}
		}
		progress(len(all.Holders))
	})
	ledger.SortGrants(all.Grants)
	return all, err
}

func (p *People) add(u *user, items *interner) {
	h := u.holder()
	p.Holders = append(p.Holders, h)
	if u.Enabled != nil && !*u.Enabled {
		p.Disabled = append(p.Disabled, h.Identity())
	}
	if u.Country == nil || *u.Country == "" {
		p.Nowhere = append(p.Nowhere, h.Identity())
	}
	for _, s := range u.States {
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
		p.Grants = append(p.Grants, ledger.Grant{Holder: h, Item: item,
			Value: ledger.Value{Units: 1, Without: items.plans(item.ID, s.Disabled)}})
	}
}

// interner gives every reading of an item the same strings, and drops plans
// that the product does not have, which switch off nothing.
type interner struct {
	items map[string]ledger.Item
	known map[string]map[string]string
	none  ledger.Plans
}

func newInterner(supply []ledger.Supply) *interner {
	n := &interner{items: map[string]ledger.Item{}, known: map[string]map[string]string{}, none: ledger.Plans{}}
	for _, s := range supply {
		n.items[s.Item.ID] = s.Item
		n.known[s.Item.ID] = map[string]string{}
		for _, p := range s.Plans {
			n.known[s.Item.ID][p.ID] = p.ID
		}
	}
	return n
}

func (n *interner) item(id string) ledger.Item {
	id = strings.ToLower(id)
	if it, ok := n.items[id]; ok {
		return it
	}
	it := ledger.Item{Kind: ledger.Seat, ID: id, Name: id}
	n.items[id] = it
	return it
}

func (n *interner) plans(item string, ids []string) ledger.Plans {
	if len(ids) == 0 {
		return n.none
	}
	out := ledger.Plans{}
	for _, id := range ids {
		if plan, ok := n.known[item][strings.ToLower(id)]; ok {
			out = append(out, plan)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
