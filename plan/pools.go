package plan

import (
	"cmp"
	"slices"
	"strings"

	"github.com/usher-cli/usher/catalog"
	"github.com/usher-cli/usher/ledger"
)

// book holds the account of every pool.
//
// A pool is what can run out: the seats of a product in the tenant, the units of a type in
// the tenant, the units of a meter in one environment. The book is kept twice: once for the
// present, and once while the calls of a plan are carried out in their order.
type book struct {
	pools map[ledger.PoolID]*ledger.Pool
	names map[string]string // of environments, by id
	read  map[string]bool   // environments that were read with all that is in them

	// coming is seats that come back when the service has finished with groups that
	// do not give them any more, each with the group's name.
	coming map[ledger.PoolID][]string
	last   []lateSeat // seats that come back after the service and a call

	more struct { // room that is not there, to try what it would help
		pool  ledger.PoolID
		units int64
	}
}

// accounts opens an account for everything that the tenant supplies, a policy
// names, or an environment has, with the use before the plan.
//
// A seat counts once for a person, however many groups give it as well. So use is counted
// over people, and a group counts for nothing by itself.
func accounts(in Input, c *coverage) *book {
	b := &book{pools: map[ledger.PoolID]*ledger.Pool{}, names: map[string]string{}, read: map[string]bool{}}
	for _, h := range in.Have.Inside {
		b.read[h.ID] = !in.Have.IsUnread(h)
	}
	for _, s := range in.Have.Supply {
		p := b.tenant(s.Item)
		p.Owned, p.Free, p.Unpaid, p.Inactive = s.Owned, s.Free, s.Trials(), s.Inactive
	}
	for _, policy := range in.Items {
		p := b.tenant(policy.Item)
		p.Label, p.Quantity, p.Reserve = policy.Label, policy.Quantity, policy.Reserve
		p.Unmanaged = policy.Unmanaged
		p.Refresh, p.Origins, p.Price = policy.Refresh, []ledger.Origin{policy.Origin}, policy.Price
		if policy.UseGrace {
			p.Grace = true
			p.Owned += grace(in.Have.Supply, policy.Item.ID)
			p.Unpaid += grace(in.Have.Supply, policy.Item.ID)
		}
	}
	m := newMeters(in)
	b.use(m, in.Have.Grants, c)
	b.use(m, unreadUnits(in), c)
	b.useThroughGroups(c)
	b.heed(in)
	for _, r := range in.Have.Rows {
		if r.Auto {
			for _, id := range m.drawn(ledger.HolderID{Kind: r.Key.Kind, ID: r.Key.Holder}, r.Key.Item) {
				b.poolOf(id).Maybe = true
			}
		}
	}
	for _, p := range b.pools {
		p.Open()
	}
	return b
}

// heed counts as used what the services report beyond what was seen: places that
// this identity may not list, what was deleted and is kept for a while. Their
// count may lag behind what was released a moment ago.
//
//	the service counts 25 in use, usher sees 23 holders: 2 are in use that nobody can see
//
// They are real: a mailbox of a deleted account keeps its seat for a while. To plan with
// them as free would end in a refused call.
func (b *book) heed(in Input) {
	for _, s := range in.Have.Supply {
		if p := b.tenant(s.Item); !s.Free {
			p.Unseen = max(0, s.Used-in.released[s.Item.ID]-p.Before)
			p.Before += p.Unseen
		}
	}
	for _, h := range in.Have.Unseen {
		p := b.poolOf(h.Pool)
		p.Unseen += h.Units
		p.Before += h.Units
	}
}

// grace is how many seats of an item are past their term and still usable.
func grace(supply []ledger.Supply, id string) int64 {
	for _, s := range supply {
		if s.Item.ID == id {
			return s.Grace
		}
	}
	return 0
}

// tenant is the tenant's own pool of an item.
func (b *book) tenant(item ledger.Item) *ledger.Pool {
	p := b.poolOf(ledger.PoolID{Item: item.ID})
	p.Item = item
	return p
}

// poolOf opens an account where there is none.
func (b *book) poolOf(id ledger.PoolID) *ledger.Pool {
	p := b.pools[id]
	if p == nil {
		p = &ledger.Pool{ID: id, Item: ledger.Item{ID: id.Item, Name: id.Item}}
		for _, m := range catalog.Meters() {
			if id.Environment != "" && m.ID == id.Item {
				p.Item = ledger.Item{Kind: ledger.Capacity, ID: m.ID, Name: m.Name}
			}
		}
		b.pools[id] = p
	}
	return p
}

// use counts what is in use: people with a seat of their own, units allocated
// to environments, which feed the pools there, and units drawn from those.
func (b *book) use(m meters, grants []ledger.Grant, c *coverage) {
	for i := range grants {
		g := &grants[i]
		switch g.Holder.Kind {
		case ledger.SelfService: // nothing is counted
		case ledger.Group: // counted by its members
		case ledger.User:
			if p := b.tenant(g.Item); !c.covered(g.Key()) {
				p.Before += g.Units
			}
		default:
			holder := g.Holder.Identity()
			b.names[holder.EnvironmentID()] = g.Holder.Around()
			if !g.Holder.Kind.Inside() {
				b.tenant(g.Item)
			}
			for _, id := range m.drawn(holder, g.Item.ID) {
				b.poolOf(id).Before += g.Units
			}
			for _, id := range m.fed(holder, g.Item.ID) {
				b.poolOf(id).Owned += g.Units
			}
		}
	}
}

// useThroughGroups counts whoever is covered by a group, once.
//
// Somebody whom a group is about to give a seat counts already: the service takes it without
// asking anybody.
func (b *book) useThroughGroups(c *coverage) {
	for key := range c.by {
		if p := b.pools[ledger.PoolID{Item: key.Item}]; p != nil && c.covered(key) {
			p.Before++
		}
	}
}

// unreadUnits are what the state knows of places that were not read: at least that
// much is in use there.
func unreadUnits(in Input) []ledger.Grant {
	if len(in.Have.Unread) == 0 {
		return nil
	}
	var grants []ledger.Grant
	for _, g := range in.Known {
		unread := in.Have.IsUnread(g.Holder.Identity())
		vouched := g.Item.ID == catalog.PerFlow && g.Holder.Kind.Inside() // part of every reading
		if unread && g.Item.Kind == ledger.Capacity && !vouched {
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
		room[id] = p.Limit - p.Before
	}
	if b.more.units > 0 {
		room[b.more.pool] += b.more.units
	}
	return room
}

// later is what the pools get when others have done their part: what is declared
// has been bought, and the service has finished with groups.
//
// Both can come at any time, and the plan does not know when. It only knows that nothing of
// it is to be used before.
func (b *book) later() map[ledger.PoolID]int64 {
	units := b.bought()
	for id, groups := range b.coming {
		units[id] += int64(len(groups))
	}
	return units
}

// noteComing notes the seats that come back when the service has finished.
func (b *book) noteComing(c *coverage) {
	b.coming, b.last = map[ledger.PoolID][]string{}, c.late
	for item, groups := range c.freed {
		id := ledger.PoolID{Item: item}
		for _, g := range groups {
			b.coming[id] = append(b.coming[id], c.groupName(g))
		}
		slices.Sort(b.coming[id])
	}
}

// runAccounts takes the accounts through the calls in order, the first part before
// what others have to do, and returns the accounts of pools that a policy
// declares or a call touches, sorted by kind and name.
//
// The highest point of each account is what a reader of the plan sees as "highest". It is
// the number that has to fit, and neither the one before nor the one after.
func (b *book) runAccounts(calls []ledger.Call, now, last int) []ledger.Pool {
	touched := map[ledger.PoolID]bool{}
	for id, p := range b.pools {
		p.Open()
		touched[id] = p.Label != ""
	}
	for i, c := range calls {
		if i == now {
			b.bookOthers()
		}
		if i == last {
			b.bookLateSeats(calls[:i]...)
		}
		for _, d := range net(c) {
			b.poolOf(d.Pool).Book(d.Units, d.Limit)
			touched[d.Pool] = true
		}
		if i >= last {
			b.bookLateSeats(c)
		}
	}
	if now >= len(calls) {
		b.bookOthers()
	}
	if last >= len(calls) {
		b.bookLateSeats(calls...)
	}
	var pools []ledger.Pool
	for id, p := range b.pools {
		if touched[id] || b.read[id.Environment] && p.Before > p.Limit {
			p.EnvironmentName = b.names[id.Environment]
			pools = append(pools, *p)
		}
	}
	slices.SortFunc(pools, func(x, y ledger.Pool) int {
		return cmp.Or(
			strings.Compare(x.EnvironmentName, y.EnvironmentName),
			strings.Compare(x.ID.Environment, y.ID.Environment),
			-strings.Compare(string(x.Item.Kind), string(y.Item.Kind)),
			strings.Compare(x.Item.Name, y.Item.Name),
			strings.Compare(x.Item.ID, y.Item.ID),
		)
	})
	return pools
}

// bookOthers enters what others do before the calls that wait for them.
func (b *book) bookOthers() {
	for id := range b.bought() {
		p := b.pools[id]
		p.Book(p.Owned-*p.Quantity, true)
	}
	for id, groups := range b.coming {
		b.poolOf(id).Book(-int64(len(groups)), false)
	}
}

// bookLateSeats enters the seats that come back after some calls.
func (b *book) bookLateSeats(calls ...ledger.Call) {
	for _, seat := range b.last {
		if slices.ContainsFunc(calls, seat.after) {
			b.poolOf(seat.pool).Book(-1, false)
		}
	}
}

// meet learns the names of the environments that calls are about, and of items
// that the tenant does not have at all.
func (b *book) meet(calls []ledger.Call) {
	for _, c := range calls {
		if environment := c.Holder.EnvironmentID(); environment != "" {
			b.names[environment] = c.Holder.Around()
		}
		for _, s := range c.Steps {
			if p := b.poolOf(ledger.PoolID{Item: s.Item.ID}); p.Item.Kind == "" && s.Item.Kind != ledger.Setting {
				p.Item = s.Item
			}
		}
	}
}

// short lists the pools that calls take from and that do not fit at the end.
// A pool that was over-full before and is only released from is not short.
//
// Somebody who lowers a quantity below the present use gets no refusal for that alone: who
// has a seat keeps it, and the pool is over-full until people leave.
func (b *book) short(calls []ledger.Call) []*ledger.Pool {
	taken := map[ledger.PoolID]bool{}
	for _, c := range calls {
		for _, d := range c.Takes {
			taken[d.Pool] = true
		}
	}
	var all []*ledger.Pool
	for id := range taken {
		if p := b.pools[id]; p.Left < 0 {
			all = append(all, p)
		}
	}
	slices.SortFunc(all, func(x, y *ledger.Pool) int {
		return cmp.Or(strings.Compare(x.Item.Name, y.Item.Name), strings.Compare(x.EnvironmentName, y.EnvironmentName), comparePools(x.ID, y.ID))
	})
	return all
}
