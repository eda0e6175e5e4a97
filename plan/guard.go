package plan

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/usher-cli/usher/ledger"
)

// Breach is a guard that the plan exceeds.
type Breach struct {
	Kind    BreachKind `json:"kind"`
	Item    string     `json:"item,omitempty"`
	Address string     `json:"address,omitempty"` // of the grant, where it is about one
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
	// Undrawn is units of capacity taken from flows and machines.
	Undrawn BreachKind = "undrawn"
	// Forgets is records that would be dropped.
	Forgets BreachKind = "forgets"
	// Protected is a loss or change of a protected holder.
	Protected BreachKind = "protected"
	// Stops is a flow of a service principal that would stop running.
	Stops BreachKind = "stops"
)

// breaches measures the plan against its guard. They stop an apply, never the
// showing of the plan.
func breaches(p *Plan, in Input, c *coverage, parts []*part) []Breach {
	counts := map[Breach]int64{} // by kind and item
	names := map[string]string{}
	for _, pool := range p.Pools {
		names[pool.Item.ID] = pool.Item.Name
	}
	free := map[string]bool{} // what costs nothing and allows nothing is no loss
	for _, s := range in.Have.Supply {
		free[s.Item.ID] = s.Free
	}
	for key := range c.losses(p.Calls, parts, free) {
		if free[key.Item] {
			continue
		}
		counts[Breach{Kind: Losses, Item: names[key.Item]}]++
	}
	for _, s := range p.Steps() {
		switch d := delta(s); {
		case s.Op == ledger.Forget:
			counts[Breach{Kind: Forgets, Item: s.Item.Name}]++
		case s.Op == ledger.Adopt || d >= 0:
		case s.Holder.Kind == ledger.Environment:
			counts[Breach{Kind: Lowered, Item: s.Item.Name}] -= d
		case s.Holder.Kind.Inside():
			counts[Breach{Kind: Undrawn, Item: s.Item.Name}] -= d
		}
	}
	all := slices.Concat(protected(p, in.Guard, c, free), stops(p, in))
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

// losses returns the people, each with an item, whom the plan leaves without
// a seat or a service plan, by any route. As many losses as a person has gains
// by the same call, or by one that the loss comes after, are replacements and
// none; a moment without, where a call was split, is one.
func (c *coverage) losses(calls []ledger.Call, parts []*part, free map[string]bool) map[ledger.Key]bool {
	lost := map[ledger.Key]bool{}
	replaced := map[string]int{} // gains that are spent
	for _, key := range slices.SortedFunc(maps.Keys(c.lost), ledger.Key.Compare) {
		loss, gains := c.lost[key], 0
		for _, g := range c.gained[key.Holder] {
			if free[g.item] {
				continue
			}
			if g.part == parts[loss].twin || slices.Contains(parts[loss].after, g.part) {
				gains++
			}
		}
		if replaced[key.Holder] < gains {
			replaced[key.Holder]++
			continue
		}
		lost[key] = true
	}
	for _, call := range calls {
		for _, s := range call.Steps {
			switch {
			case s.Op == ledger.Change && s.Item.Kind == ledger.Seat && losesPlan(s):
				c.eachHolder(s, func(k ledger.Key) { lost[k] = true })
			case call.Gap && s.Op == ledger.Remove && !s.Kept:
				lost[s.Key()] = true
			}
		}
	}
	return lost
}

// eachHolder calls f for every person whom a step concerns.
func (c *coverage) eachHolder(s ledger.Step, f func(ledger.Key)) {
	if s.Holder.Kind == ledger.User {
		f(s.Key())
		return
	}
	c.eachMember(s, func(user string) { f(ledger.Key{Kind: ledger.User, Holder: user, Item: s.Item.ID}) })
}

func losesPlan(s ledger.Step) bool {
	return slices.ContainsFunc(s.After.Without, func(plan string) bool { return !slices.Contains(s.Before.Without, plan) })
}

// holders counts what the share of each guard is a share of: people who hold
// the item, units allocated, records kept.
func holders(p *Plan, in Input) map[Breach]int64 {
	held := map[Breach]int64{}
	for _, pool := range p.Pools {
		if pool.ID.Place != "" {
			held[Breach{Kind: Undrawn, Item: pool.Item.Name}] += pool.Before
			continue
		}
		held[Breach{Kind: Losses, Item: pool.Item.Name}] = pool.Before
		held[Breach{Kind: Lowered, Item: pool.Item.Name}] = pool.Before
	}
	records := map[string]int64{}
	for i := range in.Known {
		records[in.Known[i].Item.Name]++
	}
	for name, n := range records {
		held[Breach{Kind: Forgets, Item: name}] = n
	}
	return held
}

// protected finds losses and changes of protected holders, by any route.
func protected(p *Plan, g ledger.Guard, c *coverage, free map[string]bool) []Breach {
	safe := map[ledger.HolderID]ledger.Holder{}
	for _, h := range g.Protect {
		safe[h.Identity()] = h
	}
	if len(safe) == 0 {
		return nil
	}
	found := map[Breach]bool{}
	breach := func(h ledger.Holder, item ledger.Item) {
		found[Breach{Kind: Protected, Item: item.Name, Address: string(ledger.NewAddress(h, item))}] = true
	}
	for _, call := range p.Calls {
		for _, s := range call.Steps {
			if s.Op == ledger.Add || s.Op == ledger.Reprocess || free[s.Item.ID] {
				continue
			}
			if h, ok := safe[s.Holder.Identity()]; ok {
				breach(h, s.Item)
			}
			if s.Holder.Kind == ledger.Group && (s.Op == ledger.Change || !s.Kept) {
				c.eachMember(s, func(user string) {
					_, lost := c.lost[ledger.Key{Kind: ledger.User, Holder: user, Item: s.Item.ID}]
					if h, ok := safe[ledger.HolderID{Kind: ledger.User, ID: user}]; ok && (lost || s.Op == ledger.Change) {
						breach(h, s.Item)
					}
				})
			}
		}
	}
	return slices.Collect(maps.Keys(found))
}

// stops finds flows that would stop running: one that a service principal
// owns has no other licence to run on.
func stops(p *Plan, in Input) []Breach {
	if in.Guard.MayStop {
		return nil
	}
	principals := map[ledger.HolderID]bool{}
	for _, f := range in.Have.Flows {
		principals[f.Flow.Identity()] = f.Principal
	}
	var all []Breach
	for _, call := range p.Calls {
		for _, s := range call.Steps {
			if principals[s.Holder.Identity()] && s.Op == ledger.Remove {
				all = append(all, Breach{Kind: Stops, Item: s.Item.Name, Address: string(s.Address())})
			}
		}
	}
	return all
}
