package ledger

import "fmt"

// PoolID names a pool: the units of a meter in a place. The empty place is
// the tenant; an environment's own pool has the environment's id.
type PoolID struct {
	Item        string `json:"item"`
	Environment string `json:"place,omitempty"`
}

// Draw is units that a call takes from a pool or gives back to it. With Limit
// it is the pool itself that grows or shrinks, not its use: an environment that
// is raised feeds its own pool.
type Draw struct {
	Pool  PoolID `json:"pool"`
	Units int64  `json:"units"`
	Limit bool   `json:"limit,omitempty"`
}

// Term names one of the three numbers that make a limit.
type Term string

const (
	// Owned is what the tenant has, or what an environment is allocated.
	Owned Term = "owned"
	// Quantity is what the configuration says the organisation means to own.
	Quantity Term = "quantity"
	// Reserve is what the configuration keeps back.
	Reserve Term = "reserve"
)

// Supply is what the tenant reports about an item.
type Supply struct {
	Item  Item
	Owned int64 // units enabled
	Grace int64 // seats past their term: they keep their holders
	Inactive
	Status      string // of its subscriptions together, as the service spells it; "" for one that nobody knows
	Used        int64  // what the service itself counts as used, which lags
	SelfService bool   // bought by people themselves: read-only to us
	Assignable  bool   // can be given to people
	Free        bool   // it costs nothing and only tracks use: its units are no supply
	Trial       bool   // all of it is tried: it ends by itself, 90 days after it was given to somebody
	Lapses      []Lapse
	Plans       []ServicePlan
}

// Inactive are seats of subscriptions that do not run: nobody can be given one. Source:
// Microsoft Graph, licenseUnitsDetail.
type Inactive struct {
	Suspended int64 `json:"suspended,omitempty"`  // the subscription ended or was cancelled, and can be reactivated
	LockedOut int64 `json:"locked_out,omitempty"` // the customer cancelled it
}

// InactiveSeats is how many there are.
func (i Inactive) InactiveSeats() int64 { return i.Suspended + i.LockedOut }

// InactiveText tells how many seats do not run, and why.
func (i Inactive) InactiveText() string {
	switch {
	case i.LockedOut == 0:
		return Plural(i.Suspended, "seat is", "seats are") + " suspended"
	case i.Suspended == 0:
		return Plural(i.LockedOut, "seat is", "seats are") + " locked out"
	}
	return fmt.Sprintf("%d seats are suspended and %d locked out", i.Suspended, i.LockedOut)
}

// Lapse is a subscription that moves on to its next state on a day, if it is
// not renewed.
type Lapse struct {
	Day   string `json:"day"` // YYYY-MM-DD
	Seats int64  `json:"seats"`
	Trial bool   `json:"trial,omitempty"`
}

// ServicePlan is one of the services that a product switches on.
type ServicePlan struct {
	ID       string
	Name     string
	ByTenant bool // applies to the whole tenant, cannot be switched per person
}

// Trials are the seats that cost nothing because somebody only tries them.
func (s Supply) Trials() int64 {
	if s.Trial {
		return s.Owned
	}
	var n int64
	for _, l := range s.Lapses {
		if l.Trial {
			n += l.Seats
		}
	}
	return min(n, s.Owned)
}

// Pool is the account of one pool over a plan. Limit and Available are
// written out for readers of the document; Settle computes them.
type Pool struct {
	ID              PoolID        `json:"id"`
	Item            Item          `json:"item"`
	EnvironmentName string        `json:"environment,omitempty"` // name of the environment
	Label           string        `json:"label,omitempty"`       // the license or capacity block
	Owned           int64         `json:"owned"`
	Growth          int64         `json:"owned_change,omitempty"` // by the plan: allocations, and what is to be bought
	Quantity        *int64        `json:"quantity,omitempty"`
	Reserve         int64         `json:"reserve,omitempty"`
	Refresh         RefreshMode   `json:"refresh_flows,omitempty"`
	Unmanaged       UnmanagedMode `json:"unmanaged,omitempty"` // of the license block; "" where there is none
	Grace           bool          `json:"use_grace,omitempty"` // owned counts seats past their term
	Inactive
	Limit   int64    `json:"limit"` // before
	Before  int64    `json:"use_before"`
	Unseen  int64    `json:"unseen,omitempty"` // part of it: the service reports it, and no reading explains it
	Peak    int64    `json:"use_peak"`
	After   int64    `json:"use_after"`
	Least   int64    `json:"least_available"`       // at any moment on the way; negative where it was over-full
	Left    int64    `json:"available"`             // after
	Maybe   bool     `json:"conditional,omitempty"` // it holds only if the platform allocates no more by itself
	Free    bool     `json:"free,omitempty"`        // it costs nothing and only tracks use
	Unpaid  int64    `json:"unpaid,omitempty"`      // part of owned: trials, and seats past their term
	Price   *Price   `json:"price,omitempty"`       // of a unit; nil where nobody says
	Origins []Origin `json:"origins,omitempty"`     // where the policy is declared
}

// limitOf is the highest use that new draws may reach when so many units are
// owned: min(owned, quantity) - reserve, and never below zero.
func (p *Pool) limitOf(owned int64) int64 {
	if p.Quantity != nil {
		owned = min(owned, *p.Quantity)
	}
	return max(0, owned-p.Reserve)
}

// Open computes the limit with which the account starts, and closes it there.
func (p *Pool) Open() {
	p.Limit = p.limitOf(p.Owned)
	p.Growth, p.Peak, p.After = 0, p.Before, p.Before
	p.Left = p.Limit - p.Before
	p.Least = p.Left
}

// Book enters what a call takes from the pool, or gives back to it where
// units is negative. With limit the pool itself shrinks or grows.
func (p *Pool) Book(units int64, limit bool) {
	if limit {
		p.Growth -= units
	} else {
		p.After += units
	}
	p.Peak = max(p.Peak, p.After)
	p.Left = p.LimitAfter() - p.After
	p.Least = min(p.Least, p.Left)
}

// LimitAfter is the limit at the end of the plan.
func (p *Pool) LimitAfter() int64 { return p.limitOf(p.Owned + p.Growth) }

// Binding names the number that stops whoever runs into the limit at the end:
// the one whose relaxing alone would let a use of n fit, the reserve first,
// since changing it costs nothing.
func (p *Pool) Binding(n int64) Term {
	owned := p.Owned + p.Growth
	base := owned
	if p.Quantity != nil {
		base = min(base, *p.Quantity)
	}
	switch {
	case p.Reserve > 0 && n <= base:
		return Reserve
	case p.Quantity != nil && *p.Quantity < owned:
		return Quantity
	}
	return Owned
}

// Available is what is left for new draws at the end, never negative.
func (p *Pool) Available() int64 { return max(0, p.Left) }
