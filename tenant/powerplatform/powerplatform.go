// Package powerplatform is usher's client of the Power Platform API: the
// environments, what is purchased, and what each environment is allocated.
//
// It writes absolute numbers, only for the types that a call names, and never
// assumes that the service refuses more than was purchased: it does not.
package powerplatform

import (
	"context"
	"errors"
	"fmt"
	"net/http"
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
	spelled map[string]string           // ids of environments as the service writes them, by id
	newer   map[string]bool             // environments that the first allocations route does not serve
}

// New makes a client on a pipeline whose base is the Power Platform host.
func New(w *wire.Client, name func(currency string) string) *Client {
	return &Client{
		w: w, name: name, seen: map[string]map[string]int64{}, written: map[string]int64{},
		spelled: map[string]string{}, newer: map[string]bool{},
	}
}

// Environment is an environment, with the address of the Dataverse organisation
// behind it, "" where it has none.
type Environment struct {
	ledger.Holder
	URL string
}

// Environments lists the environments that the identity can see.
func (c *Client) Environments(ctx context.Context) ([]Environment, error) {
	rows, err := wire.All[environment](ctx, c.w, "/environmentmanagement/environments?"+version)
	if err != nil {
		return nil, err
	}
	var all []Environment
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range rows {
		all = append(all, e.read())
		c.spelled[strings.ToLower(e.ID)] = e.ID
	}
	return all, nil
}

// Environment asks for one environment by its id; false where there is none.
func (c *Client) Environment(ctx context.Context, id string) (bool, error) {
	var e environment
	err := c.w.Get(ctx, "/environmentmanagement/environments/"+c.inPath(id)+"?"+version, &e)
	var refused *wire.Error
	if errors.As(err, &refused) && refused.Status == http.StatusNotFound {
		return false, nil
	}
	return err == nil, err
}

type environment struct {
	ID   string `json:"id"`
	Name string `json:"displayName"`
	URL  string `json:"url"`
}

// Shape implements wire.Shaped.
func (e *environment) Shape() error {
	if e.ID == "" {
		return errors.New("the environment has no id")
	}
	return nil
}

func (e environment) read() Environment {
	return Environment{ledger.Holder{Kind: ledger.Environment, ID: strings.ToLower(e.ID), Name: wire.Name(e.Name, e.ID)}, e.URL}
}

type allocation struct {
	Currency  string     `json:"currencyType"`
	Allocated wire.Count `json:"allocated"`
}

type allocations struct {
	Environment string                `json:"environmentId,omitempty"`
	Currencies  wire.List[allocation] `json:"currencyAllocations"`
}

// Shape implements wire.Shaped.
func (a *allocations) Shape() error {
	if a.Currencies == nil {
		return fmt.Errorf("the environment %q has no list of capacity", a.Environment)
	}
	return onlyOnce(a.Currencies, func(row allocation) string { return row.Currency })
}

// onlyOnce refuses rows that say two things of one currency type.
func onlyOnce[T any](rows []T, currency func(T) string) error {
	seen := map[string]bool{}
	for _, r := range rows {
		name := currency(r)
		if name == "" || seen[name] {
			return fmt.Errorf("it has the capacity type %q without a name, or twice", name)
		}
		seen[name] = true
	}
	return nil
}

// Allocations reads what every environment is given: all in one request, and
// one more for each environment that the answer leaves out. Those that cannot
// be read are returned as such.
func (c *Client) Allocations(ctx context.Context, environments []Environment) ([]ledger.Grant, []ledger.Unread) {
	var rows wire.List[allocations]
	listed := map[string]allocations{}
	listErr := c.w.Get(ctx, "/licensing/allocationsByEnvironment?"+version, &rows)
	for _, row := range rows {
		id := strings.ToLower(row.Environment)
		if _, twice := listed[id]; twice {
			listErr = errors.New("it has an environment twice")
		}
		listed[id] = row
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
	var err error
	if !c.isNewer(id) {
		if err = c.w.Get(ctx, c.allocationPath(id), &row); legacy(err) {
			c.noteNewer(id)
		}
	}
	if c.isNewer(id) {
		row = allocations{}
		err = c.w.Get(ctx, c.documentPath(id), &row)
	}
	if noDocument(err) {
		return allocations{}, nil
	}
	return row, err
}

// Allocates asks for what one environment is given, and returns the position of the
// first grant of it that is there; -1 for none.
func (c *Client) Allocates(ctx context.Context, environment string, grants []ledger.Grant) (int, error) {
	row, err := c.allocation(ctx, environment)
	given := values(row)
	return slices.IndexFunc(grants, func(g ledger.Grant) bool { return given[g.Item.ID] != 0 }), err
}

func (c *Client) grants(e ledger.Holder, row allocations) []ledger.Grant {
	var grants []ledger.Grant
	for _, a := range row.Currencies {
		if a.Allocated != 0 {
			grants = append(grants, ledger.Grant{Holder: e, Item: c.Item(a.Currency), Value: ledger.Value{Units: int64(a.Allocated)}})
		}
	}
	return grants
}

// Item is the item of a currency type.
func (c *Client) Item(currency string) ledger.Item {
	return ledger.Item{Kind: ledger.Capacity, ID: currency, Name: c.name(currency)}
}

// report is what the tenant has of one currency type.
type report struct {
	Currency  string      `json:"currencyType"`
	Purchased *wire.Count `json:"purchased"`
	Allocated wire.Count  `json:"allocated"`
}

type reports struct{ wire.List[report] }

// Shape implements wire.Shaped.
func (r reports) Shape() error {
	if err := r.List.Shape(); err != nil {
		return err
	}
	for _, row := range r.List {
		if row.Purchased == nil {
			return fmt.Errorf("it does not say how much of %q was purchased", row.Currency)
		}
	}
	return onlyOnce(r.List, func(row report) string { return row.Currency })
}

// Supply reads what the tenant purchased, sorted by type.
func (c *Client) Supply(ctx context.Context) ([]ledger.Supply, error) {
	var rows reports
	err := c.w.Get(ctx, "/licensing/tenantCapacity/currencyReports?includeAllocations=true&includeConsumptions=false&"+version, &rows)
	if err != nil {
		return nil, err
	}
	var all []ledger.Supply
	for _, r := range rows.List {
		all = append(all, ledger.Supply{Item: c.Item(r.Currency), Owned: int64(*r.Purchased), Used: int64(r.Allocated)})
	}
	slices.SortFunc(all, func(a, b ledger.Supply) int { return strings.Compare(a.Item.ID, b.Item.ID) })
	return all, nil
}

// Outside lists the names and ids of the flows of an environment that are in
// no solution: those have no place in Dataverse, and can hold no capacity.
func (c *Client) Outside(ctx context.Context, environment string) ([]string, error) {
	rows, err := wire.All[struct {
		Name       string `json:"name"`
		WorkflowID string `json:"workflowId"`
		ResourceID string `json:"resourceId"`
	}](ctx, c.w, "/powerautomate/environments/"+c.inPath(environment)+"/cloudFlows?api-version=2022-03-01-preview")
	var refs []string
	for _, f := range rows {
		if f.WorkflowID == "" {
			refs = append(refs, f.Name, f.ResourceID)
		}
	}
	return refs, err
}

// Explain adds the way out to what the service answered. Source: what others
// report of these routes; Microsoft documents the codes of few.
func Explain(err error) string {
	return wire.Explain(
		err,
		"to be registered as a management application, or a role in the environment or of the Power Platform that may do this",
		[]wire.Remedy{
			{
				Code: "TenantPoolLockedByPolicy",
				Way:  "a rule of the environment's group decides this; change the rule, or take the environment out of the group",
			},
			{Text: "Error converting value", Way: "this tenant cannot allocate that type"},
			{Code: "RouteNotFound", Way: elsewhere},
			{Text: "Supported API versions are", Way: elsewhere},
		}...)
}

const elsewhere = "this cloud does not have the route that usher knows; look whether the cloud in the tenant block is " +
	"right, or for a newer usher"
