package ledger

// PoolID names a pool: the units of an item in a place. The empty place is
// the tenant; an environment's own pool has the environment's id.
type PoolID struct {
	Item  string `json:"item"`
	Place string `json:"place,omitempty"`
}

// Draw is units that a call takes from a pool or gives back to it.
type Draw struct {
	Pool  PoolID `json:"pool"`
	Units int64  `json:"units"`
}

// Term names one of the three numbers that make a limit.
type Term string

const (
	// Owned is what the tenant has.
	Owned Term = "owned"
	// Quantity is what the configuration says the organisation means to own.
	Quantity Term = "quantity"
	// Reserve is what the configuration keeps back.
	Reserve Term = "reserve"
)

// Supply is what the tenant reports about an item.
type Supply struct {
	Item        Item
	Owned       int64 // units enabled
	Grace       int64 // seats past their term: they keep their holders
	Used        int64 // what the service itself counts as used, which lags
	SelfService bool  // bought by people themselves: read-only to us
	Assignable  bool  // can be given to people
	Plans       []ServicePlan
}

// ServicePlan is one of the services that a product switches on.
type ServicePlan struct {
	ID       string
	Name     string
	ByTenant bool // applies to the whole tenant, cannot be switched per person
}

// Pool is the account of one pool over a plan.
type Pool struct {
	ID       PoolID   `json:"id"`
	Item     Item     `json:"item"`
	Label    string   `json:"label,omitempty"` // the license or capacity block
	Owned    int64    `json:"owned"`
	Quantity *int64   `json:"quantity,omitempty"`
	Reserve  int64    `json:"reserve,omitempty"`
	Grace    bool     `json:"use_grace,omitempty"` // owned counts seats past their term
	Before   int64    `json:"use_before"`
	Peak     int64    `json:"use_peak"`
	After    int64    `json:"use_after"`
	Origins  []Origin `json:"origins,omitempty"` // where the policy is declared
}

// Limit is the highest use that new draws may reach:
// min(owned, quantity) - reserve, and never below zero.
func (p Pool) Limit() int64 {
	n := p.Owned
	if p.Quantity != nil {
		n = min(n, *p.Quantity)
	}
	return max(0, n-p.Reserve)
}

// Binding names the number that stops whoever runs into the limit: the one
// whose relaxing alone would let a use of n fit, the reserve first, since
// changing it costs nothing.
func (p Pool) Binding(n int64) Term {
	base := p.Owned
	if p.Quantity != nil {
		base = min(base, *p.Quantity)
	}
	switch {
	case p.Reserve > 0 && n <= base:
		return Reserve
	case p.Quantity != nil && *p.Quantity < p.Owned:
		return Quantity
	}
	return Owned
}

// Available is what is left for new draws, never negative.
func (p Pool) Available() int64 { return max(0, p.Limit()-p.After) }
