// Package powerplatform is usher's client of the Power Platform API: the
// environments, what is purchased, and what each environment is allocated.
//
// It writes absolute numbers, only for the types that a call names, and never
// assumes that the service refuses more than was purchased: it does not.
package powerplatform

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/tenant/wire"
)

const version = "api-version=2024-10-01"

// Client talks to one tenant. Name turns a currency type into the name that
// people read.
type Client struct {
	w    *wire.Client
	name func(currency string) string

	mu      sync.Mutex
	written map[string]int64            // into documents by this run, by environment and type
	seen    map[string]map[string]int64 // what a reading showed, by environment and currency type
}

// New makes a client on a pipeline whose base is the Power Platform host.
func New(w *wire.Client, name func(currency string) string) *Client {
	return &Client{w: w, name: name, seen: map[string]map[string]int64{}, written: map[string]int64{}}
}

// Environment is an environment, with the address of the Dataverse organisation
// behind it, "" where it has none.
type Environment struct {
	ledger.Holder
	URL string
}

// Environments lists the environments that the identity can see.
func (c *Client) Environments(ctx context.Context) ([]Environment, error) {
	var all []Environment
	for next := "/environmentmanagement/environments?" + version; next != ""; {
		var page struct {
			Value []struct {
				ID   string `json:"id"`
				Name string `json:"displayName"`
				URL  string `json:"url"`
			} `json:"value"`
			Next  string `json:"nextLink"`
			Odata string `json:"@odata.nextLink"`
		}
		if err := c.w.Get(ctx, next, &page); err != nil {
			return nil, err
		}
		for _, e := range page.Value {
			h := ledger.Holder{Kind: ledger.Environment, ID: strings.ToLower(e.ID), Name: cmp.Or(e.Name, strings.ToLower(e.ID))}
			all = append(all, Environment{h, e.URL})
		}
		next = page.Next + page.Odata
	}
	return all, nil
}

type allocation struct {
	Currency  string `json:"currencyType"`
	Allocated int64  `json:"allocated"`
}

type allocations struct {
	Environment string       `json:"environmentId,omitempty"`
	Currencies  []allocation `json:"currencyAllocations"`
}

// Allocations reads what every environment is given: all in one request, and
// one more for each environment that the answer leaves out. Those that cannot
// be read are returned as such.
func (c *Client) Allocations(ctx context.Context, environments []Environment) ([]ledger.Grant, []ledger.Unread) {
	var rows []allocations
	listed := map[string]allocations{}
	listErr := c.w.Get(ctx, "/licensing/allocationsByEnvironment?"+version, &rows)
	for _, row := range rows {
		listed[strings.ToLower(row.Environment)] = row
	}
	var grants []ledger.Grant
	var unread []ledger.Unread
	for _, e := range environments {
		row, ok := listed[e.ID]
		if !ok || listErr != nil {
			var err error
			if row, err = c.allocation(ctx, e.ID); err != nil {
				unread = append(unread, ledger.Unread{Holder: e.Holder, Reason: Explain(err)})
				continue
			}
		}
		c.see(e.ID, row)
		grants = append(grants, c.grants(e.Holder, row)...)
	}
	ledger.SortGrants(grants)
	return grants, unread
}

// allocation reads one environment. One that the service has no allocations
// for has none.
func (c *Client) allocation(ctx context.Context, id string) (allocations, error) {
	var row allocations
	err := c.w.Get(ctx, allocationPath(id), &row)
	var e *wire.Error
	if errors.As(err, &e) && e.Status == http.StatusNotFound && e.Code == "AllocationDocumentDoesNotExist" {
		return allocations{}, nil
	}
	return row, err
}

func allocationPath(id string) string {
	return "/licensing/environments/" + url.PathEscape(id) + "/allocations?" + version
}

func (c *Client) grants(e ledger.Holder, row allocations) []ledger.Grant {
	var grants []ledger.Grant
	for _, a := range row.Currencies {
		if a.Allocated != 0 {
			grants = append(grants, ledger.Grant{Holder: e, Item: c.Item(a.Currency), Value: ledger.Value{Units: a.Allocated}})
		}
	}
	return grants
}

// Item is the item of a currency type.
func (c *Client) Item(currency string) ledger.Item {
	return ledger.Item{Kind: ledger.Capacity, ID: currency, Name: c.name(currency)}
}

// Supply reads what the tenant purchased, sorted by type.
func (c *Client) Supply(ctx context.Context) ([]ledger.Supply, error) {
	var rows []struct {
		Currency  string `json:"currencyType"`
		Purchased int64  `json:"purchased"`
		Allocated int64  `json:"allocated"`
	}
	err := c.w.Get(ctx, "/licensing/tenantCapacity/currencyReports?includeAllocations=true&includeConsumptions=false&"+version, &rows)
	if err != nil {
		return nil, err
	}
	var all []ledger.Supply
	for _, r := range rows {
		all = append(all, ledger.Supply{Item: c.Item(r.Currency), Owned: r.Purchased, Used: r.Allocated})
	}
	slices.SortFunc(all, func(a, b ledger.Supply) int { return strings.Compare(a.Item.ID, b.Item.ID) })
	return all, nil
}

// Outside lists the names and ids of the flows of an environment that are in
// no solution: those have no place in Dataverse, and can hold no capacity.
func (c *Client) Outside(ctx context.Context, environment string) ([]string, error) {
	var refs []string
	for next := "/powerautomate/environments/" + url.PathEscape(environment) + "/cloudFlows?api-version=2022-03-01-preview"; next != ""; {
		var page struct {
			Value []struct {
				Name       string `json:"name"`
				WorkflowID string `json:"workflowId"`
				ResourceID string `json:"resourceId"`
			} `json:"value"`
			Next string `json:"nextLink"`
		}
		if err := c.w.Get(ctx, next, &page); err != nil {
			return nil, err
		}
		for _, f := range page.Value {
			if f.WorkflowID == "" {
				refs = append(refs, f.Name, f.ResourceID)
			}
		}
		next = page.Next
	}
	return refs, nil
}

// Explain adds the way out to what the service answered. Source: what others
// report of these routes; Microsoft documents the codes of few.
func Explain(err error) string {
	return wire.Explain(err, "to be registered as a management application, or a role in the environment or of the Power Platform that may do this", []wire.Remedy{
		{Code: "TenantPoolLockedByPolicy", Way: "a rule of the environment's group decides this; change the rule, or take the environment out of the group"},
		{Text: "Error converting value", Way: "this tenant cannot allocate that type"},
		{Code: "RouteNotFound", Way: elsewhere},
		{Text: "Supported API versions are", Way: elsewhere},
	}...)
}

const elsewhere = "this cloud does not have the route that usher knows; look whether the cloud in the tenant block is right, or for a newer usher"
