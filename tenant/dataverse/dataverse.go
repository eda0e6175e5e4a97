// Package dataverse is usher's client of the Dataverse organisation behind an
// environment: its flows and machines, and how many units of capacity each of
// them holds.
//
// It never deletes a row, because the platform would make it anew at the next
// run, and never writes over a row that changed since it was read.
package dataverse

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/tenant/wire"
)

const api = "/api/data/v9.2/"

// Client talks to the organisation of one environment.
type Client struct {
	w           *wire.Client
	environment ledger.Holder
	item        func(currency string) ledger.Item
	pause       time.Duration // before a flow is turned on once more
}

// New makes a client on a pipeline whose base is the organisation's address.
// Item turns a currency type into an item.
func New(w *wire.Client, environment ledger.Holder, item func(currency string) ledger.Item) *Client {
	return &Client{w.Prefer(`odata.include-annotations="` + lookup + `"`), environment, item, time.Second}
}

// Contents is what an environment has that can hold units.
type Contents struct {
	Holders []ledger.Holder
	Grants  []ledger.Grant
	Rows    []ledger.Row
	Flows   []ledger.FlowFact
	Unseen  []ledger.Unseen // units of holders of a kind that usher does not know
}

// Read lists the flows in solutions, the machines and the machine groups of
// the environment, and the units that each of them holds.
func (c *Client) Read(ctx context.Context) (Contents, error) {
	var all Contents
	if err := c.readsAll(ctx); err != nil {
		return all, err
	}
	if err := c.flows(ctx, &all); err != nil {
		return all, err
	}
	for _, table := range tables() {
		if table.kind == ledger.Flow {
			continue
		}
		rows, err := c.named(ctx, table, "")
		if err != nil {
			return all, err
		}
		for _, r := range rows {
			all.Holders = append(all.Holders, c.holder(table.kind, text(r[table.id]), text(r["name"])))
		}
	}
	return all, c.units(ctx, &all)
}

// table is where Dataverse keeps a kind of holder. Source: Microsoft's table
// references workflow, flowmachine, flowmachinegroup and
// flowcapacityassignment.
type table struct {
	kind            ledger.HolderKind
	set, id, target string // entity set, primary key, logical name
}

func tables() []table {
	return []table{
		{ledger.Flow, "workflows", "workflowid", "workflow"},
		{ledger.Machine, "flowmachines", "flowmachineid", "flowmachine"},
		{ledger.MachineGroup, "flowmachinegroups", "flowmachinegroupid", "flowmachinegroup"},
	}
}

func (c *Client) holder(kind ledger.HolderKind, id, name string) ledger.Holder {
	id = strings.ToLower(id)
	return ledger.Within(c.environment, kind, id, wire.Name(name, id))
}

// States of a flow, and kinds of workflow.
const (
	activated = 1
	suspended = 2
	cloudFlow = 5
)

type workflow struct {
	ID    string `json:"workflowid"`
	Name  string `json:"name"`
	State int    `json:"statecode"`
	Owner *struct {
		User        string `json:"azureactivedirectoryobjectid"`
		Application string `json:"applicationid"`
	} `json:"owninguser"`
}

// Shape implements wire.Shaped.
func (w *workflow) Shape() error {
	if w.ID == "" {
		return errors.New("a flow has no id")
	}
	return nil
}

func (c *Client) flows(ctx context.Context, all *Contents) error {
	rows, err := list[workflow](
		ctx,
		c,
		"workflows?$select=workflowid,name,statecode"+
			"&$expand=owninguser($select=azureactivedirectoryobjectid,applicationid)&$filter=category%20eq%205",
	)
	if err != nil {
		return err
	}
	for _, r := range rows {
		h := c.holder(ledger.Flow, r.ID, r.Name)
		fact := ledger.FlowFact{Flow: h, Published: r.State == activated, Suspended: r.State == suspended}
		if r.Owner != nil {
			fact.Principal, fact.Owner = r.Owner.Application != "", strings.ToLower(r.Owner.User)
		}
		all.Holders, all.Flows = append(all.Holders, h), append(all.Flows, fact)
	}
	return nil
}

// assignment is a row of flowcapacityassignments.
type assignment struct {
	ID        string     `json:"flowcapacityassignmentid"`
	Etag      string     `json:"@odata.etag"`
	Type      int        `json:"capacitytype"`
	Count     wire.Count `json:"count"`
	Origin    int        `json:"allocationorigin"`
	Auto      bool       `json:"allowautoallocation"`
	Regarding string     `json:"_regarding_value"`
	Target    string     `json:"_regarding_value@Microsoft.Dynamics.CRM.lookuplogicalname"`
	Created   time.Time  `json:"createdon"`
}

// Shape implements wire.Shaped.
func (a *assignment) Shape() error {
	if a.ID == "" || a.Regarding == "" {
		return errors.New("a capacity assignment has no id, or is about nothing")
	}
	return nil
}

// lookup is the annotation that says in which table a row is looked up. The
// service sends it only to whoever asks.
const lookup = "Microsoft.Dynamics.CRM.lookuplogicalname"

// system is the origin of rows that the platform allocated by itself.
const system = 1

const assignmentColumns = "flowcapacityassignments?$select=name,capacitytype,count,allocationorigin," +
	"allowautoallocation,createdon,_regarding_value"

// units reads the rows that say how many units who holds. Of kinds that usher
// does not know it concludes nothing.
func (c *Client) units(ctx context.Context, all *Contents) error {
	rows, err := list[assignment](ctx, c, assignmentColumns+"&$filter=statecode%20eq%200")
	if err != nil {
		return err
	}
	names := map[string]ledger.Holder{}
	for _, h := range all.Holders {
		names[string(h.Kind)+h.ID] = h
	}
	units := map[ledger.Key]int{} // positions in the grants: a holder can have several rows
	for _, r := range rows {
		if r.Target == "" {
			return errors.New("the service does not describe its rows")
		}
		at := slices.IndexFunc(tables(), func(t table) bool { return t.target == r.Target })
		currency, known := currencyOf(r.Type)
		if at < 0 && known && r.Count > 0 { // spent all the same
			all.Unseen = append(all.Unseen, ledger.Unseen{Pool: ledger.PoolID{Item: currency, Environment: c.environment.ID}, Units: int64(r.Count)})
		}
		if at < 0 || !known {
			continue
		}
		h := c.holder(tables()[at].kind, r.Regarding, "")
		if named, ok := names[string(h.Kind)+h.ID]; ok {
			h = named
		}
		g := ledger.Grant{Holder: h, Item: c.item(currency), Value: ledger.Value{Units: int64(r.Count)}}
		if i, twice := units[g.Key()]; twice && r.Count > 0 {
			all.Grants[i].Units += int64(r.Count)
		} else if r.Count > 0 {
			units[g.Key()] = len(all.Grants)
			all.Grants = append(all.Grants, g)
		}
		all.Rows = append(all.Rows, ledger.Row{Key: g.Key(), System: r.Origin == system, Auto: r.Auto, Created: r.Created})
	}
	return nil
}

// There asks for one flow, machine or machine group by its id.
func (c *Client) There(ctx context.Context, h ledger.Holder) (bool, error) {
	at := slices.IndexFunc(tables(), func(t table) bool { return t.kind == h.Kind })
	if at < 0 {
		return false, nil
	}
	t := tables()[at]
	_, id, _ := strings.Cut(h.ID, "/")
	rows, err := c.named(ctx, t, "&$filter="+url.QueryEscape(t.id+" eq "+id))
	return err == nil && len(rows) > 0, err
}

// Holds asks for the units of one flow, machine or machine group.
func (c *Client) Holds(ctx context.Context, h ledger.Holder, item ledger.Item) (bool, error) {
	if !slices.Contains(capacityTypes(), item.ID) {
		return false, nil // no list has these
	}
	rows, err := c.rows(ctx, ledger.Step{Holder: h, Item: item})
	return err == nil && sum(rows) > 0, err
}

// named lists the ids and names of a table, whose columns are called after it.
func (c *Client) named(ctx context.Context, t table, query string) ([]map[string]any, error) {
	rows, err := list[map[string]any](ctx, c, t.set+"?$select="+t.id+",name"+query)
	if err == nil && slices.ContainsFunc(rows, func(r map[string]any) bool { return text(r[t.id]) == "" }) {
		err = fmt.Errorf("the answer is not the expected one: a %s has no id", t.kind.Words())
	}
	return rows, err
}

// list reads all pages of a table.
func list[T any](ctx context.Context, c *Client, query string) ([]T, error) {
	return wire.All[T](ctx, c.w, api+query)
}

func text(v any) string {
	s, _ := v.(string)
	return s
}
