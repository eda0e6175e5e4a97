package plan

import (
	"time"

	"github.com/usher-cli/usher/ledger"
)

// Format is the version of the plan document that this package writes.
const Format = 1

// Input is everything that a plan follows from.
type Input struct {
	Want     []ledger.Grant // one a key
	Gone     []ledger.HolderID
	Asleep   []ledger.Key
	Policies []ledger.Policy
	Guard    ledger.Guard
	Notices  []ledger.Notice // of the resolver

	State  StateRef
	Known  []ledger.Grant
	Claims []ledger.Grant // additions that an interrupted run meant to make
	Recent []ledger.Recent

	Have    ledger.Have
	At      time.Time
	Targets []ledger.Holder // by kind and name; empty for all
}

// StateRef is the state that a plan was made from. The zero value is "no
// state yet".
type StateRef struct {
	Lineage string `json:"lineage,omitempty"`
	Serial  uint64 `json:"serial,omitempty"`
}

// Plan is what should be done, as plain data: it can be saved, shown,
// compared, and applied later.
type Plan struct {
	Format    int             `json:"format"`
	Tenant    string          `json:"tenant"`
	State     StateRef        `json:"state"`
	At        time.Time       `json:"at"`
	Targets   int             `json:"targets,omitempty"`  // how many holders it is narrowed to; 0 for all
	Believed  bool            `json:"believed,omitempty"` // people were not read: the state was believed
	Digest    string          `json:"digest"`
	Calls     []ledger.Call   `json:"calls"`   // in an order that fits
	Records   []ledger.Step   `json:"records"` // adoptions and forgets: no request
	Pools     []ledger.Pool   `json:"pools"`
	Guard     ledger.Guard    `json:"guard"`
	Shortages []Shortage      `json:"shortages,omitempty"`
	Gaps      []Gap           `json:"gaps,omitempty"`
	Breaches  []Breach        `json:"breaches,omitempty"`
	Notices   []ledger.Notice `json:"notices,omitempty"`
	Unread    []ledger.Unread `json:"unread,omitempty"`
	Perhaps   []ledger.Key    `json:"perhaps_ours,omitempty"` // to be settled with state confirm or state rm
}

// Shortage is a pool that the end of the plan does not fit.
type Shortage struct {
	Pool     ledger.PoolID `json:"pool"`
	Item     ledger.Item   `json:"item"`
	Short    int64         `json:"short"` // missing units
	Limit    int64         `json:"limit"`
	Term     ledger.Term   `json:"term"` // what binds
	Drawers  []Drawer      `json:"drawers"`
	Unlisted int64         `json:"undeclared,omitempty"` // units in use that no file declares
}

// Drawer is a block that draws on a pool, with the first of its lines.
type Drawer struct {
	Origin ledger.Origin `json:"origin"`
	Units  int64         `json:"units"`
}

// Gap is a set of swaps that cannot start, because every one of them waits
// for a unit that another one holds.
type Gap struct {
	Person string   `json:"person"` // address of one whose call would have to be split
	People int      `json:"people"`
	Items  []string `json:"items"` // one free unit of any of these makes it possible
}

// Breach is a guard that the plan exceeds.
type Breach struct {
	Kind    BreachKind `json:"kind"`
	Item    string     `json:"item,omitempty"`
	Address string     `json:"address,omitempty"` // of a protected holder's grant
	Count   int64      `json:"count,omitempty"`
	Of      int64      `json:"of,omitempty"`
	Allowed int64      `json:"allowed,omitempty"`
}

// BreachKind names a guard.
type BreachKind string

const (
	// Losses is people who lose a seat or a service plan.
	Losses BreachKind = "losses"
	// Lowered is units of capacity taken from environments.
	Lowered BreachKind = "lowered"
	// Forgets is records that would be dropped.
	Forgets BreachKind = "forgets"
	// Protected is a loss or change of a protected holder.
	Protected BreachKind = "protected"
)

// New makes a plan. It always succeeds: what stands in the way of applying it
// is part of it.
func New(in Input) *Plan {
	t := newTable(in)
	t.compare()
	p := &Plan{Format: Format, Tenant: in.Have.Tenant, State: in.State, At: in.At, Targets: len(in.Targets), Believed: in.Have.Unlisted, Guard: in.Guard,
		Records: t.records, Notices: t.notices, Unread: in.Have.Unread, Perhaps: t.perhaps}
	cover := newCover(in.Have)
	p.settle(group(t.steps, cover), accounts(in, cover))
	p.Shortages = explainShortages(p, in)
	p.Breaches = breaches(p, in)
	p.Digest = digest(p)
	return p
}

// settle puts the calls in order and runs them through the accounts.
func (p *Plan) settle(calls []ledger.Call, pools *book) {
	ordered, stuck := order(calls, pools.room())
	for i := range ordered {
		ordered[i].ID = i + 1
	}
	p.Calls = ordered
	p.Pools = pools.run(ordered)
	p.Gaps = nil
	if len(pools.short(ordered)) == 0 {
		p.Gaps = gaps(stuck)
	}
}

// Steps returns every step of the plan, with a call or without.
func (p *Plan) Steps() []ledger.Step {
	var all []ledger.Step
	for _, c := range p.Calls {
		all = append(all, c.Steps...)
	}
	return append(all, p.Records...)
}

// Empty reports whether there is nothing to do at all.
func (p *Plan) Empty() bool { return len(p.Calls) == 0 && len(p.Records) == 0 }

// Errors returns the notices that refuse the plan.
func (p *Plan) Errors() []ledger.Notice {
	var all []ledger.Notice
	for _, n := range p.Notices {
		if n.Severity == ledger.Error {
			all = append(all, n)
		}
	}
	return all
}

// Refused reports whether capacity, a gap or a guard forbids applying.
func (p *Plan) Refused() bool {
	return len(p.Shortages)+len(p.Gaps)+len(p.Breaches) > 0
}
