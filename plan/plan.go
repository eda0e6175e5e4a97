package plan

import (
	"fmt"
	"slices"
	"time"

	"github.com/usher-cli/usher/ledger"
)

// Format is the version of the plan document that this package writes.
const Format = 1

// Input is everything that a plan follows from.
type Input struct {
	Want         []ledger.Grant              // one a key
	Matches      map[ledger.Key]ledger.Match // why selections cover some of what is wanted
	Matched      map[ledger.Key]ledger.Match // and some of what is known
	Selectors    map[string]string           // of the files, by the key of their matches: with whom they leave out
	Applied      []string                    // those that a complete run has applied before
	Dated        []ledger.Dated              // wants that hold for some days only
	Held         []Held                      // those of them that no line asks for; nil where nothing is known
	Gone         []ledger.HolderID
	HeldBack     []ledger.Key
	LetGo        map[ledger.Key]ledger.Origin // records to forget, by the block that says so: what they are about stays
	Blocked      []ledger.Holder              // nothing is done for them, for a reason among Notices
	Nobody       []Nobody
	Listed       []Listed
	Vanished     map[string]bool              // products that the tenant does not list, by id; true where their records stay
	Aliases      map[ledger.HolderID][]string // other addresses by which the files or the state know a holder
	Location     map[ledger.HolderID]string   // where the files say that people are
	Items        []ledger.ItemRules
	Environments []ledger.EnvironmentRules
	Guard        ledger.Guard
	Notices      []ledger.Notice // of the resolver

	State  StateRef
	Known  []ledger.Grant
	Since  []Trial        // when people were given what ends by itself
	Claims []ledger.Grant // additions that an interrupted run meant to make
	// Approved is what such a run was allowed to take away and did not come to; what
	// stays has units, what goes has none.
	Approved []ledger.Grant
	Pending  []ledger.Grant // what was accepted and is not effective yet; no units where it was removed
	Recent   []ledger.Recent

	Have    ledger.Have
	At      time.Time
	Today   string          // the day of At where the organisation is, as YYYY-MM-DD
	Targets []ledger.Holder // by kind and name; empty for all
	Only    Only            // "" for everything
	Restart []ledger.Grant  // flows that an earlier run was turning off and on, and the seat that it was for

	AllowGaps    int64 // people who may be without a seat for a moment
	FlowCapacity bool  // usher itself may write the capacity of flows and machines

	targeted map[string]bool  // addresses of Targets, in lower case
	released map[string]int64 // by item: units that were given back so lately that the services may still count them

	undo  bool  // it reverses a run
	saved *Plan // the plan that is fitted to a new reading; its files are not at hand
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
	Format       int                       `json:"format"`
	Tenant       string                    `json:"tenant"`
	State        StateRef                  `json:"state"`
	At           time.Time                 `json:"at"`
	Today        string                    `json:"today,omitempty"`
	HoldsTo      string                    `json:"holds_to,omitempty"` // the last day for which the plan is what the files ask for
	Targets      int                       `json:"targets,omitempty"`  // how many holders it is narrowed to; 0 for all
	Only         Only                      `json:"only,omitempty"`
	Selectors    []string                  `json:"selectors,omitempty"` // of the files, which a complete run notes
	Held         []Held                    `json:"held,omitzero"`       // seats that stay for a while
	Believed     bool                      `json:"believed,omitempty"`  // people were not read: the state was believed
	Digest       string                    `json:"digest"`
	Calls        []ledger.Call             `json:"calls"`   // in an order that fits
	Records      []ledger.Step             `json:"records"` // adoptions and forgets: no request
	Pools        []ledger.Pool             `json:"pools"`
	Environments []ledger.EnvironmentRules `json:"environments,omitempty"`
	Purchases    []Purchase                `json:"purchases,omitempty"`
	Guard        ledger.Guard              `json:"guard"`
	AllowGaps    int64                     `json:"allow_gaps,omitempty"`
	ByUsher      bool                      `json:"flow_capacity,omitempty"` // usher itself writes the capacity of flows and machines
	Expenses     []Expense                 `json:"expenses,omitempty"`      // of pools with a price
	Shortages    []Shortage                `json:"shortages,omitempty"`
	Gaps         []Gap                     `json:"gaps,omitempty"`
	Breaches     []Breach                  `json:"breaches,omitempty"`
	Override     *Override                 `json:"override,omitempty"`   // of the guard, for one run; nil for none
	Slips        []Slip                    `json:"slips,omitempty"`      // names that mean nobody, beside what the plan takes away
	Unreviewed   *Unreviewed               `json:"unreviewed,omitempty"` // what nobody has reviewed, where a review is expected
	Due          []Due                     `json:"due,omitempty"`
	Refresh      []Refresh                 `json:"refresh,omitempty"` // flows that may take a week to notice a new license
	Notices      []ledger.Notice           `json:"notices,omitempty"`
	Unread       []ledger.Unread           `json:"unread,omitempty"`
	Perhaps      []ledger.Key              `json:"perhaps_ours,omitempty"` // to be settled with state confirm or state rm
	Undoes       string                    `json:"undoes,omitempty"`       // the run that it reverses
	Edits        []Edit                    `json:"edits,omitempty"`        // of an undo, for it to last
	Owners       []Owner                   `json:"owners,omitempty"`       // who has to agree
	Base         *Base                     `json:"base,omitempty"`         // the revision that the branch is to be merged into
	Blocked      []ledger.Holder           `json:"blocked,omitempty"`      // nothing is done for them, as a notice says
	Awaited      []ledger.Holder           `json:"awaited,omitempty"`      // groups that the service has not finished with

	owning owning // of the files that it was made of
}

// Purchase is what a file declares and the tenant does not own yet.
type Purchase struct {
	Item            ledger.Item     `json:"item"`
	Label           string          `json:"label"`
	From            int64           `json:"from"`
	To              int64           `json:"to"`
	ledger.Inactive                 // of what is missing: to be reactivated, and not bought
	Waiting         int             `json:"waiting,omitempty"` // calls that wait for it
	Origins         []ledger.Origin `json:"origins"`
}

// Shortage is a pool that the end of the plan does not fit.
type Shortage struct {
	Pool            ledger.PoolID `json:"pool"`
	Item            ledger.Item   `json:"item"`
	EnvironmentName string        `json:"environment,omitempty"` // its name
	Short           int64         `json:"short"`                 // missing units
	Limit           int64         `json:"limit"`
	Term            ledger.Term   `json:"term"` // what binds
	ledger.Inactive               // seats that would count again once their subscription is reactivated
	Drawers         []Drawer      `json:"drawers"`
	Unlisted        int64         `json:"undeclared,omitempty"` // units in use that no file declares
	Blocked         []string      `json:"blocked,omitempty"`    // what the service would then not give either
	Overage         []Overage     `json:"overage,omitempty"`    // what would run without capacity, the first first
}

// Drawer is a block that draws on a pool, with the first of its lines.
type Drawer struct {
	Origin ledger.Origin `json:"origin"`
	Units  int64         `json:"units"`
}

// Overage is a flow or machine that would have less than it is given.
type Overage struct {
	Address string `json:"address"`
	Units   int64  `json:"units"` // that it would lack
}

// Gap is a set of swaps that cannot start, because every one of them waits
// for a unit that another one holds. It takes one person who gives up a seat
// before getting the other, or one free seat.
type Gap struct {
	Person string `json:"person"` // address of the one whose call is split
	People int    `json:"people"`
	// so many free seats of any of these make it unnecessary; nothing where none of a single product does
	Items   []string `json:"items"`
	Seats   int64    `json:"seats,omitempty"`   // how many
	Without []string `json:"without,omitempty"` // what the person is without for a moment; nothing where no call can be split
	Until   string   `json:"until,omitempty"`   // address of the group that has to be finished first: then it is more than a moment
}

// New makes a plan. It always succeeds: what stands in the way of applying it
// is part of it.
//
//	compareAll      what has to be done, holder by holder
//	arrangeCalls    in which calls, in which order, and whether it fits
//	notices         what people have to know besides
func New(in Input) *Plan {
	t := newTable(in)
	t.compareAll()
	in.match(t.steps)
	in.match(t.records)
	p := &Plan{
		Format:       Format,
		Tenant:       in.Have.Tenant,
		State:        in.State,
		At:           in.At,
		Today:        in.Today,
		Targets:      len(in.Targets),
		Only:         in.Only,
		Selectors:    in.selectors(),
		Held:         in.Held,
		Believed:     in.Have.Unlisted,
		Guard:        in.Guard,
		Environments: in.Environments,
		AllowGaps:    in.AllowGaps,
		ByUsher:      in.FlowCapacity,
		Records:      t.records,
		Unread:       in.Have.Unread,
		Perhaps:      t.perhaps,
		Blocked:      t.in.Blocked,
		Awaited:      t.awaited(),
	}
	p.Due, p.HoldsTo = upcoming(in)
	if len(t.kept) > 0 {
		t.in.Want = slices.Concat(t.in.Want, t.kept)
	}
	p.arrangeCalls(t.steps, t.in, t.sides.have)
	p.Notices = slices.Concat(p.Notices, t.notices, p.owned(t.in), p.lapses(t.in), p.inactive(), p.autoClaims(), p.included(t.in),
		leftOff(t.in))
	slices.SortStableFunc(p.Notices, compareNotices)
	p.owning = owning{in.Items, in.Environments, in.Guard.Owner}
	p.askOwners()
	p.Digest = digest(p)
	return p
}

// arrangeCalls makes calls of steps, puts them in order, runs them through the
// accounts, and says what stands in the way.
//
// Some stages change what the ones before have found: a member whom a call for a group
// stirs takes a seat, and so does one who is asked for once more. The parts are then made
// and linked anew, from the same steps.
func (p *Plan) arrangeCalls(steps []ledger.Step, in Input, have set) {
	cover := newCoverage(in, have)
	b := accounts(in, cover)
	parts := partsOf(steps)
	cover.link(parts)
	if cover.stir(in, b, parts) { // which changes who takes what
		parts = partsOf(steps)
		cover.link(parts)
	}
	b.noteComing(cover)
	if more := retries(in, cover, b, parts); len(more) > 0 { // likewise
		parts = append(partsOf(steps), more...)
		cover.link(parts)
		b.noteComing(cover)
	}
	p.Notices = append(p.Notices, cover.tellStirred(in)...)
	newCosts(in, cover).markCosts(parts, cover)
	newMeters(in).book(parts)
	byHand(parts, in.FlowCapacity)
	calls, callOf := join(parts)
	b.meet(calls)
	locate(calls, in)

	p.Gaps = nil
	s := arrange(calls, b)
	if left := s.left(); len(left) > 0 {
		b.runAccounts(calls, 0, 0)
		if len(b.short(calls)) == 0 {
			var split []ledger.Call
			split, p.Gaps = splitGaps(calls, b, in.Guard)
			if !p.TooManyGaps() {
				calls = split
				s = arrange(calls, b)
			}
		}
	}
	p.Refresh = refreshes(in, cover, parts)
	if more := refreshCalls(p.Refresh, s, callOf); len(more) > 0 {
		s = arrange(append(calls, more...), b)
	}
	p.Calls = numbered(s, b)
	p.Pools = b.runAccounts(p.Calls, s.now, s.last)
	if p.Purchases = nil; p.Targets == 0 && p.Only == "" {
		p.Purchases = b.purchases(p.Calls)
	}
	p.Shortages = explainShortages(b, p.Calls, in, have)
	p.Expenses = expenses(p.Pools, in.Today)
	p.Breaches = breaches(p, in, cover, parts)
	if in.saved == nil { // it is about the files, which are not at hand for a saved plan
		p.Slips = slips(p, in, cover, parts)
	}
}

// numbered returns the calls in the order found, numbered from 1: those that
// need nobody, then those that wait, then those that no order can start.
func numbered(s *scheduler, b *book) []ledger.Call {
	order := slices.Concat(s.done, s.left())
	number := make([]int, len(order))
	for n, i := range order {
		number[i] = n + 1
	}
	calls := make([]ledger.Call, len(order))
	for n, i := range order {
		c := s.calls[i]
		c.ID = n + 1
		after := make([]int, 0, len(c.After))
		for _, id := range c.After {
			after = append(after, number[id-1])
		}
		slices.Sort(after)
		if c.After = after; len(after) == 0 {
			c.After = nil
		}
		if c.Gap && len(c.Undo) == 0 {
			c.Waits = "" // set anew: it only said that its second half has to wait
		}
		if n >= s.now && n < len(s.done) && c.Runs() {
			c.Waits = waitsFor(c, b)
		}
		calls[n] = c
	}
	return calls
}

// waitsFor says what a person has to do before a call can start.
func waitsFor(c ledger.Call, b *book) string {
	for _, d := range c.Takes {
		if p := b.poolOf(d.Pool); p.Quantity != nil && *p.Quantity > p.Owned {
			if missing := *p.Quantity - p.Owned; missing > p.InactiveSeats() {
				return fmt.Sprintf("%d more of %s to be bought", missing-p.InactiveSeats(), p.Item.Name)
			}
			return fmt.Sprintf("the subscription of %s to be reactivated", p.Item.Name)
		}
		if slices.ContainsFunc(b.last, func(seat lateSeat) bool { return seat.pool == d.Pool }) {
			return "the service to finish with groups"
		}
		if groups := b.coming[d.Pool]; len(groups) > 0 {
			return "the service to finish with the group " + groups[0]
		}
	}
	return "a step by hand"
}
