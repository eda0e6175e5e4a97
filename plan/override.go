package plan

// Override is a guard that somebody set aside for one run, and why.
type Override struct {
	Reason   string   `json:"reason"`
	Breaches []Breach `json:"breaches"` // limits that the plan exceeds all the same
}

// SetAside takes the limits of the guard out of what refuses the plan, for a reason. What it
// may be in a hurry for is a number: who is protected stays so, a flow that would stop needs
// its own permission, and no hurry makes a seat.
func (p *Plan) SetAside(reason string) {
	var aside, stay []Breach
	for _, b := range p.Breaches {
		if b.Kind == Protected || b.Kind == Stops {
			stay = append(stay, b)
		} else {
			aside = append(aside, b)
		}
	}
	if len(aside) > 0 {
		p.Override, p.Breaches = &Override{Reason: reason, Breaches: aside}, stay
	}
}
