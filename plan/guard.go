package plan

import (
	"cmp"
	"slices"
	"strings"

	"github.com/usher-cli/usher/ledger"
)

// breaches measures the plan against its guard. They stop an apply, never the
// showing of the plan.
func breaches(p *Plan, in Input) []Breach {
	counts := map[Breach]int64{} // by kind and item
	for _, c := range p.Calls {
		lost := losses(c)
		for _, s := range c.Steps {
			switch {
			case s.Holder.Kind == ledger.Environment:
				if d := delta(s); d < 0 {
					counts[Breach{Kind: Lowered, Item: s.Item.Name}] -= d
				}
			case lost[s.Item.ID]:
				counts[Breach{Kind: Losses, Item: s.Item.Name}]++
			}
		}
	}
	for _, s := range p.Records {
		if s.Op == ledger.Forget {
			counts[Breach{Kind: Forgets, Item: s.Item.Name}]++
		}
	}
	all := protected(p, in.Guard)
	held := holders(p, in)
	for b, n := range counts {
		of := held[b]
		if allowed := max(in.Guard.MaxLosses, of*in.Guard.MaxLossPercent/100); n > allowed {
			all = append(all, Breach{Kind: b.Kind, Item: b.Item, Count: n, Of: of, Allowed: allowed})
		}
	}
	slices.SortFunc(all, func(a, b Breach) int {
		return cmp.Or(strings.Compare(string(a.Kind), string(b.Kind)), strings.Compare(a.Item, b.Item), strings.Compare(a.Address, b.Address))
	})
	return all
}

// losses returns the items of which the call takes the seat, or a service
// plan, from the holder for good. As many removals as the call has additions
// are a replacement and no loss; one that another source covers is not felt.
func losses(c ledger.Call) map[string]bool {
	lost := map[string]bool{}
	replaced := 0
	for _, s := range c.Steps {
		if s.Op == ledger.Add {
			replaced++
		}
	}
	for _, s := range c.Steps {
		switch {
		case s.Op == ledger.Change && losesPlan(s):
			lost[s.Item.ID] = true
		case s.Op == ledger.Remove && s.Kept:
		case s.Op == ledger.Remove && replaced > 0:
			replaced--
		case s.Op == ledger.Remove:
			lost[s.Item.ID] = true
		}
	}
	return lost
}

func losesPlan(s ledger.Step) bool {
	return slices.ContainsFunc(s.After.Without, func(plan string) bool { return !slices.Contains(s.Before.Without, plan) })
}

// holders counts what the share of each guard is a share of: people who hold
// the item, units allocated, records kept.
func holders(p *Plan, in Input) map[Breach]int64 {
	held := map[Breach]int64{}
	for _, pool := range p.Pools {
		held[Breach{Kind: Losses, Item: pool.Item.Name}] = pool.Before
		held[Breach{Kind: Lowered, Item: pool.Item.Name}] = pool.Before
	}
	for _, g := range in.Known {
		held[Breach{Kind: Forgets, Item: g.Item.Name}]++
	}
	return held
}

// protected finds losses and changes of protected holders, by any route.
func protected(p *Plan, g ledger.Guard) []Breach {
	safe := map[ledger.HolderID]bool{}
	for _, h := range g.Protect {
		safe[h.Identity()] = true
	}
	var all []Breach
	for _, c := range p.Calls {
		for _, s := range c.Steps {
			if safe[s.Holder.Identity()] && s.Op != ledger.Add {
				all = append(all, Breach{Kind: Protected, Item: s.Item.Name, Address: string(s.Address())})
			}
		}
	}
	return all
}
