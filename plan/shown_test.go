package plan_test

import (
	"fmt"
	"strings"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
)

// shown is a plan as the tables write it.
func shown(p *plan.Plan) string {
	var b strings.Builder
	for _, c := range p.Calls {
		var steps []string
		for _, s := range c.Steps {
			steps = append(steps, stepText(s))
		}
		fmt.Fprintf(&b, "call %d: %s%s\n", c.ID, strings.Join(steps, ", "), conditions(c))
	}
	for _, s := range p.Records {
		fmt.Fprintf(&b, "record: %s\n", stepText(s))
	}
	for _, pool := range p.Pools {
		name, limit := pool.Item.Name, fmt.Sprint(pool.Limit)
		if pool.ID.Environment != "" {
			name = pool.EnvironmentName + "/" + name
		}
		if pool.LimitAfter() != pool.Limit {
			limit += fmt.Sprintf(" -> %d", pool.LimitAfter())
		}
		fmt.Fprintf(&b, "pool %s: limit %s, use %d, highest %d, then %d\n", name, limit, pool.Before, pool.Peak, pool.After)
	}
	for _, s := range p.Shortages {
		fmt.Fprintf(&b, "short: %s by %d, bound by %s\n", strings.TrimPrefix(s.EnvironmentName+"/"+s.Item.Name, "/"), s.Short, s.Term)
		for _, o := range s.Overage {
			fmt.Fprintf(&b, "  overage: %s %d\n", o.Address, o.Units)
		}
		for _, name := range s.Blocked {
			fmt.Fprintf(&b, "  blocked: %s\n", name)
		}
	}
	for _, g := range p.Gaps {
		fmt.Fprintf(&b, "gap: %s, one of %d, for want of %s\n", g.Person, g.People, strings.Join(g.Items, " or "))
	}
	for _, x := range p.Breaches {
		fmt.Fprintf(&b, "breach: %s of %s: %d of %d, allowed %d %s\n", x.Kind, x.Item, x.Count, x.Of, x.Allowed, x.Address)
	}
	for _, x := range p.Purchases {
		fmt.Fprintf(&b, "buy: %s %d -> %d, %d calls wait\n", x.Item.Name, x.From, x.To, x.Waiting)
	}
	for _, x := range p.Refresh {
		how := "listed"
		if x.Force {
			how = "turned off and on"
		}
		fmt.Fprintf(&b, "refresh: %s is %s\n", x.Flow.Address(), how)
	}
	for _, x := range p.Due {
		fmt.Fprintf(&b, "due: %s %s %s\n", x.Day, x.Op, ledger.NewAddress(x.Holder, x.Item))
	}
	for _, n := range p.Notices {
		fmt.Fprintf(&b, "%s: %s: %s\n", n.Severity, n.Code, n.Address)
	}
	return b.String()
}

func conditions(c ledger.Call) string {
	text := ""
	if len(c.After) > 0 {
		text = fmt.Sprintf(" after %v", c.After)
	}
	if c.Gap {
		text += " (gap)"
	}
	if c.Manual != "" {
		text += " by hand"
	}
	if c.Waits != "" {
		text += " waits for " + c.Waits
	}
	return text
}

func stepText(s ledger.Step) string {
	text := fmt.Sprintf("%s %s", s.Op, s.Address())
	if s.People > 0 {
		text += fmt.Sprintf(" for %d", s.People)
	}
	if s.Item.Kind == ledger.Capacity {
		var from, to int64
		if s.Before != nil {
			from = s.Before.Units
		}
		if s.After != nil {
			to = s.After.Units
		}
		text += fmt.Sprintf(" %d -> %d", from, to)
	}
	if s.Op == ledger.Change && s.Item.Kind == ledger.Seat {
		text += fmt.Sprintf(" %v -> %v", s.Before.Without, s.After.Without)
	}
	if s.Why != "" {
		text += " (" + string(s.Why) + ")"
	}
	if s.Kept {
		text += " (kept)"
	}
	if len(s.Loses) > 0 {
		text += fmt.Sprintf(" (%d lose %v)", s.Reduced, s.Loses)
	}
	return text
}
