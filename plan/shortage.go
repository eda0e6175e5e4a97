package plan

import (
	"cmp"
	"slices"
	"time"

	"github.com/usher-cli/usher/catalog"
	"github.com/usher-cli/usher/ledger"
)

// explainShortages says for every short pool how much is missing, what binds,
// which lines draw on it, and what would follow where it is ignored.
func explainShortages(b *book, calls []ledger.Call, in Input) []Shortage {
	var all []Shortage
	m := newMeters(in.Places)
	for _, pool := range b.short(calls) {
		s := Shortage{Pool: pool.ID, Item: pool.Item, Place: pool.Place, Short: -pool.Left, Limit: pool.LimitAfter(), Term: pool.Binding(pool.After)}
		var declared int64
		s.Drawers, declared = drawers(in.Want, pool.ID, m)
		if pool.ID.Place == "" {
			s.Blocked = siblings(in.Want, pool.ID.Item)
		} else {
			s.Overage = overage(calls, in, pool.ID, m, s.Short)
		}
		if !holdsGroups(in.Want, pool.ID.Item) { // a group's line draws as many seats as it has members
			s.Unlisted = max(0, pool.After-declared)
		}
		all = append(all, s)
	}
	return all
}

func holdsGroups(want []ledger.Grant, item string) bool {
	return slices.ContainsFunc(want, func(g ledger.Grant) bool { return g.Holder.Kind == ledger.Group && g.Item.ID == item })
}

func drawers(want []ledger.Grant, pool ledger.PoolID, m meters) ([]Drawer, int64) {
	var sum int64
	blocks := map[string]*Drawer{}
	for _, g := range want {
		if len(g.Origins) == 0 || !slices.Contains(m.drawn(g.Holder.Identity(), g.Item.ID), pool) {
			continue
		}
		o := g.Origins[0]
		sum += g.Units
		d := blocks[o.File+"\x00"+o.Block]
		if d == nil {
			d = &Drawer{Origin: o}
			blocks[o.File+"\x00"+o.Block] = d
		}
		d.Units += g.Units
		if o.Line < d.Origin.Line {
			d.Origin = o
		}
	}
	var all []Drawer
	for _, d := range blocks {
		all = append(all, *d)
	}
	slices.SortFunc(all, func(a, b Drawer) int { return a.Origin.Compare(b.Origin) })
	return all, sum
}

// siblings lists what the groups that want a short product want besides: the
// service gives a member either all products of a group or none.
func siblings(want []ledger.Grant, item string) []string {
	groups := map[string]bool{}
	for _, g := range want {
		if g.Holder.Kind == ledger.Group && g.Item.ID == item {
			groups[g.Holder.ID] = true
		}
	}
	var all []string
	for _, g := range want {
		if g.Holder.Kind == ledger.Group && g.Item.ID != item && groups[g.Holder.ID] {
			all = append(all, string(g.Address()))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// overage lists what would run without capacity if an environment came short,
// in the order in which the platform marks it: what was attached last comes
// first; of hosted units, the committed bots of machine groups before hosted
// machines. Source: Microsoft Learn, "Process capacity utilization" and
// "Hosted process capacity utilization".
func overage(calls []ledger.Call, in Input, pool ledger.PoolID, m meters, short int64) []Overage {
	units := map[ledger.Key]int64{}
	names := map[ledger.Key]ledger.Grant{}
	fresh := map[ledger.Key]bool{}
	for _, g := range in.Have.Grants {
		if g.Holder.Kind.Inside() && slices.Contains(m.drawn(g.Holder.Identity(), g.Item.ID), pool) {
			units[g.Key()], names[g.Key()] = g.Units, g
		}
	}
	for _, c := range calls {
		for _, s := range c.Steps {
			if s.Holder.Kind.Inside() && slices.Contains(m.drawn(s.Holder.Identity(), s.Item.ID), pool) {
				fresh[s.Key()] = s.Before == nil || s.Before.Units == 0
				names[s.Key()] = ledger.Grant{Holder: s.Holder, Item: s.Item}
				if units[s.Key()] = 0; s.After != nil {
					units[s.Key()] = s.After.Units
				}
			}
		}
	}
	created := map[ledger.Key]time.Time{}
	for _, r := range in.Have.Rows {
		created[r.Key] = r.Created
	}
	var keys []ledger.Key
	for k, n := range units {
		if n > 0 {
			keys = append(keys, k)
		}
	}
	rank := func(k ledger.Key) int {
		switch {
		case k.Item != pool.Item: // hosted units that serve here fall last
			return 3
		case k.Kind == ledger.Machine && pool.Item == catalog.Hosted:
			return 2
		case fresh[k]:
			return 0
		}
		return 1
	}
	slices.SortFunc(keys, func(a, b ledger.Key) int {
		return cmp.Or(rank(a)-rank(b), -created[a].Compare(created[b]), a.Compare(b))
	})
	var all []Overage
	for _, k := range keys {
		if short <= 0 {
			break
		}
		all = append(all, Overage{Address: string(names[k].Address()), Units: min(short, units[k])})
		short -= units[k]
	}
	return all
}
