package plan

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/usher-cli/usher/ledger"
)

// book holds the account of every pool.
type book struct {
	pools map[ledger.PoolID]*ledger.Pool
}

// accounts opens an account for everything that the tenant supplies or a
// policy names, with the use before the plan.
func accounts(in Input, c cover) *book {
	b := &book{pools: map[ledger.PoolID]*ledger.Pool{}}
	for _, s := range in.Have.Supply {
		b.pool(s.Item).Owned = s.Owned
	}
	for _, policy := range in.Policies {
		p := b.pool(policy.Item)
		p.Label, p.Quantity, p.Reserve = policy.Label, policy.Quantity, policy.Reserve
		p.Origins = []ledger.Origin{policy.Origin}
		if policy.UseGrace {
			p.Grace = true
			p.Owned += grace(in.Have.Supply, policy.Item.ID)
		}
	}
	b.use(in, c)
	return b
}

func grace(supply []ledger.Supply, id string) int64 {
	for _, s := range supply {
		if s.Item.ID == id {
			return s.Grace
		}
	}
	return 0
}

func (b *book) pool(item ledger.Item) *ledger.Pool {
	id := ledger.PoolID{Item: item.ID}
	p := b.pools[id]
	if p == nil {
		p = &ledger.Pool{ID: id, Item: item}
		b.pools[id] = p
	}
	return p
}

// use counts what is in use: people covered by at least one source, and units
// allocated. Where a reading is not complete, the service's own count stands
// in for what was not seen, if it is higher.
func (b *book) use(in Input, c cover) {
	for _, grants := range [][]ledger.Grant{sorted(settleLag(in)), unseen(in)} {
		for _, g := range grants {
			p := b.pool(g.Item)
			if g.Item.Kind == ledger.Capacity || !c[g.Key()] {
				p.Before += g.Units
			}
		}
	}
	for key := range c {
		if p := b.pools[ledger.PoolID{Item: key.Item}]; p != nil {
			p.Before++
		}
	}
	for _, s := range in.Have.Supply {
		if p := b.pool(s.Item); in.Have.Incomplete(s.Item.Kind) {
			p.Before = max(p.Before, s.Used)
		}
	}
}

// unseen is what the state knows of environments that were not read: at
// least that much is in use there.
func unseen(in Input) []ledger.Grant {
	hidden := map[ledger.HolderID]bool{}
	for _, u := range in.Have.Unread {
		hidden[u.Holder.Identity()] = u.Holder.Kind == ledger.Environment
	}
	var grants []ledger.Grant
	for _, g := range in.Known {
		if hidden[g.Holder.Identity()] || hidden[ledger.HolderID{Kind: g.Holder.Kind}] {
			grants = append(grants, g)
		}
	}
	return grants
}

// room is how many units each pool can still give; negative where it is
// over-full.
func (b *book) room() map[ledger.PoolID]int64 {
	room := make(map[ledger.PoolID]int64, len(b.pools))
	for id, p := range b.pools {
		room[id] = p.Limit() - p.Before
	}
	return room
}

// run takes the accounts through the calls in order and returns those that a
// policy declares or a call touches, sorted by kind and name.
func (b *book) run(calls []ledger.Call) []ledger.Pool {
	touched := map[ledger.PoolID]bool{}
	for id, p := range b.pools {
		p.Peak, p.After = p.Before, p.Before
		touched[id] = p.Label != ""
	}
	for _, c := range calls {
		for _, d := range net(c) {
			p := b.pools[d.Pool]
			if p == nil { // an item that the tenant no longer has at all
				p = &ledger.Pool{ID: d.Pool, Item: ledger.Item{ID: d.Pool.Item, Name: d.Pool.Item}}
				b.pools[d.Pool] = p
			}
			p.After += d.Units
			p.Peak = max(p.Peak, p.After)
			touched[d.Pool] = true
		}
	}
	var pools []ledger.Pool
	for _, id := range slices.SortedFunc(maps.Keys(b.pools), func(x, y ledger.PoolID) int { return strings.Compare(x.Item, y.Item) }) {
		if touched[id] {
			pools = append(pools, *b.pools[id])
		}
	}
	slices.SortStableFunc(pools, func(x, y ledger.Pool) int {
		return cmp.Or(-strings.Compare(string(x.Item.Kind), string(y.Item.Kind)), strings.Compare(x.Item.Name, y.Item.Name))
	})
	return pools
}

// net is what a call does to each pool, releases negative.
func net(c ledger.Call) []ledger.Draw {
	draws := slices.Clone(c.Takes)
	for _, d := range c.Releases {
		draws = append(draws, ledger.Draw{Pool: d.Pool, Units: -d.Units})
	}
	return draws
}

// short lists the pools that calls take from and that do not fit at the end.
// A pool that was over-full before and is only released from is not short.
func (b *book) short(calls []ledger.Call) []ledger.Pool {
	taken := map[ledger.PoolID]bool{}
	for _, c := range calls {
		for _, d := range c.Takes {
			taken[d.Pool] = true
		}
	}
	var all []ledger.Pool
	for id := range taken {
		if p := b.pools[id]; p.After > p.Limit() {
			all = append(all, *p)
		}
	}
	slices.SortFunc(all, func(x, y ledger.Pool) int { return strings.Compare(x.Item.Name, y.Item.Name) })
	return all
}

// explainShortages says for every short pool how much is missing, what binds,
// and which lines draw on it.
func explainShortages(p *Plan, in Input) []Shortage {
	b := &book{pools: map[ledger.PoolID]*ledger.Pool{}}
	for i := range p.Pools {
		b.pools[p.Pools[i].ID] = &p.Pools[i]
	}
	var all []Shortage
	for _, pool := range b.short(p.Calls) {
		s := Shortage{Pool: pool.ID, Item: pool.Item, Short: pool.After - pool.Limit(), Limit: pool.Limit(), Term: pool.Binding(pool.After)}
		var declared int64
		s.Drawers, declared = drawers(in.Want, pool.ID)
		s.Unlisted = max(0, pool.After-declared)
		all = append(all, s)
	}
	return all
}

func drawers(want []ledger.Grant, pool ledger.PoolID) ([]Drawer, int64) {
	var sum int64
	blocks := map[string]*Drawer{}
	for _, g := range want {
		if g.Item.ID != pool.Item || len(g.Origins) == 0 {
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
