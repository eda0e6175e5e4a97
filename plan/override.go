package plan

import "slices"

// Override is a guard that somebody set aside for one run, and why.
type Override struct {
	Reason   string   `json:"reason"`
	Breaches []Breach `json:"breaches"` // limits that the plan exceeds all the same
}

// SetAside takes the limits of the guard out of what refuses the plan, for a reason. What it
// may be in a hurry for is a number: who is protected stays so, a flow that would stop needs
// its own permission, and no hurry makes a seat.
func (p *Plan) SetAside(reason string) {
	limit := func(b Breach) bool { return b.Kind != Protected && b.Kind != Stops }
	o := &Override{Reason: reason, Breaches: slices.DeleteFunc(slices.Clone(p.Breaches), func(b Breach) bool { return !limit(b) })}
	if len(o.Breaches) == 0 {
		return
	}
	p.Override = o
	p.Breaches = slices.DeleteFunc(slices.Clone(p.Breaches), limit)
}
