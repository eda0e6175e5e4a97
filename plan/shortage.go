package plan

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/usher-cli/usher/catalog"
	"github.com/usher-cli/usher/ledger"
)

// explainShortages says for every short pool how much is missing, what binds,
// which lines draw on it, and what would follow where it is ignored.
//
// A shortage stops the whole plan and not some of its calls: which of forty people is to get
// the last seat, only people can say.
func explainShortages(b *book, calls []ledger.Call, in Input, have set) []Shortage {
	var all []Shortage
	m := newMeters(in)
	for _, pool := range b.short(calls) {
		s := Shortage{
			Pool:            pool.ID,
			Item:            pool.Item,
			EnvironmentName: pool.EnvironmentName,
			Short:           -pool.Left,
			Limit:           pool.LimitAfter(),
			Term:            pool.Binding(pool.After),
			Inactive:        pool.Inactive,
		}
		var declared int64
		s.Drawers, declared = drawers(in, pool.ID, m, have)
		if pool.ID.Environment == "" {
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

// holdsGroups reports whether the files give an item to a group.
func holdsGroups(want []ledger.Grant, item string) bool {
	return slices.ContainsFunc(want, func(g ledger.Grant) bool { return g.Holder.Kind == ledger.Group && g.Item.ID == item })
}

// drawers lists the blocks that draw on a pool: a group for each of its
// members, and nobody who is held back or not looked at and has nothing.
//
//	20  assignment.office (people.hcl:4)
//	 5  assignment.makers (makers.csv:1)
//
// Blocks are what a reader can change. Their sum need not be the use of the pool: the rest
// is in use without a line, and told apart.
func drawers(in Input, pool ledger.PoolID, m meters, have set) ([]Drawer, int64) {
	members := map[string]int64{}
	for _, g := range in.Have.Members {
		members[g.Group] = int64(len(g.Users))
	}
	var sum int64
	blocks := map[string]*Drawer{}
	for i := range in.Want {
		g := &in.Want[i]
		if len(g.Origins) == 0 || !slices.Contains(m.drawn(g.Holder.Identity(), g.Item.ID), pool) {
			continue
		}
		if in.leavesAlone(g) && !have.has(g.Key()) {
			continue
		}
		units := g.Units
		if g.Holder.Kind == ledger.Group {
			units = members[g.Holder.ID]
		}
		o := g.Origins[0]
		sum += units
		d := blocks[o.File+"\x00"+o.Block]
		if d == nil {
			d = &Drawer{Origin: o}
			blocks[o.File+"\x00"+o.Block] = d
		}
		d.Units += units
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

// leavesAlone reports whether the plan does not give a grant for a reason that has nothing to
// do with pools.
func (in Input) leavesAlone(g *ledger.Grant) bool {
	return slices.Contains(in.HeldBack, g.Key()) || slices.Contains(in.Gone, g.Holder.Identity()) ||
		slices.ContainsFunc(in.Blocked, func(h ledger.Holder) bool { return h.Identity() == g.Holder.Identity() }) || !in.looksAt(g.Holder)
}

// siblings lists what the groups that want a short product want besides: the
// service gives a member either all products of a group or none.
//
// The service tries all products of a group for a member at once, and gives none of them
// where one fails. So a short product costs the member the others as well.
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
	drawn := drawnAtEnd(calls, in, pool, m)
	keys := slices.Collect(maps.Keys(drawn))
	slices.SortFunc(keys, func(a, b ledger.Key) int {
		x, y := drawn[a], drawn[b]
		return cmp.Or(x.rank-y.rank, -x.created.Compare(y.created), a.Compare(b))
	})
	var all []Overage
	for _, k := range keys {
		if n := drawn[k].units; n > 0 && short > 0 {
			all = append(all, Overage{Address: string(drawn[k].address), Units: min(short, n)})
			short -= n
		}
	}
	return all
}

// drawing is what a flow or machine draws from a pool at the end of a plan.
type drawing struct {
	address ledger.Address
	units   int64
	created time.Time
	rank    int // of two, the lower falls into overage first
}

// drawnAtEnd lists what flows and machines draw from a pool when the calls are done.
func drawnAtEnd(calls []ledger.Call, in Input, pool ledger.PoolID, m meters) map[ledger.Key]drawing {
	draws := func(h ledger.Holder, i ledger.Item) bool {
		return h.Kind.Inside() && slices.Contains(m.drawn(h.Identity(), i.ID), pool)
	}
	created := map[ledger.Key]time.Time{}
	for _, r := range in.Have.Rows {
		created[r.Key] = r.Created
	}
	all := map[ledger.Key]drawing{}
	for _, g := range in.Have.Grants {
		if draws(g.Holder, g.Item) {
			all[g.Key()] = drawing{g.Address(), g.Units, created[g.Key()], overageRank(g.Key(), pool, false)}
		}
	}
	for _, c := range calls {
		for _, s := range c.Steps {
			if draws(s.Holder, s.Item) {
				fresh := s.Before == nil || s.Before.Units == 0
				d := drawing{s.Address(), 0, created[s.Key()], overageRank(s.Key(), pool, fresh)}
				if s.After != nil {
					d.units = s.After.Units
				}
				all[s.Key()] = d
			}
		}
	}
	return all
}

// overageRank is the order in which the platform marks rows that have no capacity.
func overageRank(k ledger.Key, pool ledger.PoolID, fresh bool) int {
	switch {
	case k.Item != pool.Item: // hosted units that serve here fall last
		return 3
	case k.Kind == ledger.Machine && pool.Item == catalog.Hosted:
		return 2
	case fresh:
		return 0
	}
	return 1
}
