// Package graph is usher's client of Microsoft Graph: what a tenant owns, who
// has what, and the one call that changes it.
//
// It speaks v1.0 only, reads per-source assignment states rather than the
// merged view, and never touches a license that a group gives.
package graph

import (
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
	Status        string     `json:"capabilityStatus"`
	ConsumedUnits wire.Count `json:"consumedUnits"`
	PrepaidUnits  *struct {
		Enabled   wire.Count `json:"enabled"`
		Warning   wire.Count `json:"warning"`
		Suspended wire.Count `json:"suspended"`
		LockedOut wire.Count `json:"lockedOut"`
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
	if s.Plans == nil { // without them everything would count as switched on
		return fmt.Errorf("the product %q does not list its service plans", s.PartNumber)
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
			return nil, fmt.Errorf("the answer has the product %s twice", all[i].Item.ID)
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
	trials, paid := map[string]bool{}, map[string]bool{} // products of which there are such subscriptions
	for _, r := range rows {
		id := strings.ToLower(r.SKU)
		trials[id], paid[id] = trials[id] || r.Trial, paid[id] || !r.Trial
		for i := range supply {
			if s := &supply[i]; s.Item.ID == id && isDay(r.Next) {
				s.Lapses = append(s.Lapses, ledger.Lapse{Day: r.Next[:len(time.DateOnly)], Seats: int64(r.Seats), Trial: r.Trial})
			}
		}
	}
	for i := range supply {
		supply[i].Trial = trials[supply[i].Item.ID] && !paid[supply[i].Item.ID]
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
		Owned: int64(s.PrepaidUnits.Enabled), Grace: int64(s.PrepaidUnits.Warning), Used: int64(s.ConsumedUnits), Status: s.Status,
		Inactive: ledger.Inactive{Suspended: int64(s.PrepaidUnits.Suspended), LockedOut: int64(s.PrepaidUnits.LockedOut)},
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

// interner gives every reading of an item the same strings, and drops plans that the product does
// not have, or that apply to the whole tenant: those switch off nothing for anybody.
type interner struct {
	items map[string]ledger.Item
	known map[string]map[string]string
	none  ledger.ServicePlanIDs
}

func newInterner(supply []ledger.Supply) *interner {
	n := &interner{items: map[string]ledger.Item{}, known: map[string]map[string]string{}, none: ledger.ServicePlanIDs{}}
	for _, s := range supply {
		n.items[s.Item.ID] = s.Item
		n.known[s.Item.ID] = map[string]string{}
		for _, p := range s.Plans {
			if !p.ByTenant {
				n.known[s.Item.ID][p.ID] = p.ID
			}
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

func (n *interner) plans(item string, ids []string) ledger.ServicePlanIDs {
	if len(ids) == 0 {
		return n.none
	}
	out := ledger.ServicePlanIDs{}
	for _, id := range ids {
		if plan, ok := n.known[item][strings.ToLower(id)]; ok {
			out = append(out, plan)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
