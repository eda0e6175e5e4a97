package worlds

import (
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
)

// Judge is the tenant of a world. It carries out calls step by step, and notes
// every moment at which a pool's use is raised above its limit, or its limit
// lowered below its use.
type Judge struct {
	mu       sync.Mutex
	Values   map[ledger.Key]ledger.Value // what every holder is given: people, groups, environments and what is in them
	names    map[ledger.Key]ledger.Grant
	members  map[string][]string // users by group
	failed   map[given]string    // what a group could not give a member, and why
	late     map[given]bool      // what a group has not given a member yet
	foreign  map[ledger.Key]bool // what people have from groups that nobody declares
	policies []ledger.Policy
	supply   map[string]ledger.Supply
	items    map[string]ledger.Item
	serves   map[string]bool  // environments where hosted units serve as process
	hidden   map[string]int64 // use in places that could not be read
	unread   []ledger.Unread
	started  map[ledger.Key]bool // who had what at the start
	without  map[ledger.Key]bool // who was without it at some moment
	Broken   []string            // what must not have happened
}

// given is an item that a group gives a member.
type given struct{ group, user, item string }

// NewJudge makes the tenant that the reading of a world describes.
func NewJudge(in plan.Input) *Judge {
	j := &Judge{Values: map[ledger.Key]ledger.Value{}, names: map[ledger.Key]ledger.Grant{}, members: map[string][]string{}, failed: map[given]string{},
		late: map[given]bool{}, foreign: map[ledger.Key]bool{}, supply: map[string]ledger.Supply{}, items: map[string]ledger.Item{}, serves: map[string]bool{},
		hidden: map[string]int64{}, without: map[ledger.Key]bool{}, policies: in.Policies, unread: in.Have.Unread}
	for _, g := range in.Have.Grants {
		j.put(g)
	}
	for _, g := range in.Known {
		if g.Item.ID == "PerFlowPlan" && g.Holder.Kind == ledger.Flow {
			j.put(g) // nobody lists these: the state is all there is
		}
	}
	for _, s := range in.Have.Supply {
		j.supply[s.Item.ID], j.items[s.Item.ID] = s, s.Item
	}
	for _, p := range in.Places {
		j.serves[p.Environment.ID] = p.HostedServes
	}
	for _, m := range in.Have.Members {
		j.members[m.Group] = m.Users
	}
	j.rows(in.Have.Inherited)
	for _, s := range in.Have.Supply {
		if incomplete := len(in.Have.Unread) > 0; incomplete {
			j.hidden[s.Item.ID] = max(0, s.Used-j.counted(s.Item.ID), hiddenUnits(in, s.Item.ID))
		}
	}
	j.started = j.has()
	return j
}

func (j *Judge) put(g ledger.Grant) {
	j.Values[g.Key()] = g.Value
	j.names[g.Key()] = ledger.Grant{Holder: g.Holder, Item: g.Item}
}

// rows takes over what the reading says people have from groups: of a group
// that was read, whoever has no row has not got it yet.
func (j *Judge) rows(inherited []ledger.Inherited) {
	seen := map[given]bool{}
	for _, i := range inherited {
		at := given{i.Group, i.User.ID, i.Item}
		seen[at] = true
		_, assigned := j.Values[ledger.Key{Kind: ledger.Group, Holder: i.Group, Item: i.Item}]
		switch {
		case i.Error != "":
			j.failed[at] = i.Error
		case !assigned || !slices.Contains(j.members[i.Group], i.User.ID):
			j.foreign[ledger.Key{Kind: ledger.User, Holder: i.User.ID, Item: i.Item}] = true
		}
	}
	for k := range j.Values {
		if k.Kind == ledger.Group {
			for _, user := range j.members[k.Holder] {
				if at := (given{k.Holder, user, k.Item}); !seen[at] {
					j.late[at] = true
				}
			}
		}
	}
}

// hiddenUnits sums what the state knows of places that could not be read.
func hiddenUnits(in plan.Input, item string) int64 {
	var n int64
	for _, g := range in.Known {
		if g.Item.ID == item && g.Holder.Kind == ledger.Environment && slices.ContainsFunc(in.Have.Unread, func(u ledger.Unread) bool { return !u.Inside && u.Holder.ID == g.Holder.ID }) {
			n += g.Units
		}
	}
	return n
}

// covers calls f for every user and item that some source gives; promised
// counts what a group has not given yet.
func (j *Judge) covers(promised bool, f func(ledger.Key)) {
	for k := range j.Values {
		switch k.Kind {
		case ledger.User:
			f(k)
		case ledger.Group:
			for _, user := range j.members[k.Holder] {
				at := given{k.Holder, user, k.Item}
				if j.failed[at] == "" && (promised || !j.late[at]) {
					f(ledger.Key{Kind: ledger.User, Holder: user, Item: k.Item})
				}
			}
		}
	}
	for k := range j.foreign {
		f(k)
	}
}

// has lists who has what at this moment.
func (j *Judge) has() map[ledger.Key]bool {
	all := map[ledger.Key]bool{}
	j.covers(false, func(k ledger.Key) { all[k] = true })
	return all
}

// counted is the use of an item as far as the judge sees it: people with at
// least one source, or units of environments.
func (j *Judge) counted(item string) int64 {
	people := map[string]bool{}
	j.covers(true, func(k ledger.Key) {
		if k.Item == item {
			people[k.Holder] = true
		}
	})
	n := int64(len(people))
	for k, v := range j.Values {
		if k.Item == item && k.Kind == ledger.Environment {
			n += v.Units
		}
	}
	return n
}

// Use counts what a pool has in use.
func (j *Judge) Use(id ledger.PoolID) int64 {
	if id.Place == "" {
		return j.counted(id.Item) + j.hidden[id.Item]
	}
	var n int64
	for k, v := range j.Values {
		if k.Kind.Inside() && placeOf(k) == id.Place && (k.Item == id.Item || j.hostedHelps(id) && k.Item == "PAHostedRPA") {
			n += v.Units
		}
	}
	return n
}

func placeOf(k ledger.Key) string { return ledger.HolderID{Kind: k.Kind, ID: k.Holder}.Place() }

func (j *Judge) hostedHelps(id ledger.PoolID) bool {
	return id.Item == "PowerAutomatePerProcess" && j.serves[id.Place]
}

// Limit is what the judge says may be in use of a pool.
func (j *Judge) Limit(id ledger.PoolID) int64 {
	if id.Place == "" {
		return j.tenantLimit(id.Item)
	}
	var n int64
	for k, v := range j.Values {
		feeds := k.Item == id.Item || id.Item == "PowerAutomatePerProcess" && k.Item == "PAUnattendedRPA" || j.hostedHelps(id) && k.Item == "PAHostedRPA"
		if k.Kind == ledger.Environment && k.Holder == id.Place && feeds {
			n += v.Units
		}
	}
	return n
}

func (j *Judge) tenantLimit(item string) int64 {
	limit := j.supply[item].Owned
	for _, p := range j.policies {
		if p.Item.ID != item {
			continue
		}
		if p.UseGrace {
			limit += j.supply[item].Grace
		}
		if p.Quantity != nil && *p.Quantity < limit {
			limit = *p.Quantity
		}
		limit -= p.Reserve
	}
	return max(0, limit)
}

// Buy gives the tenant what a plan says has to be bought.
func (j *Judge) Buy(purchases []plan.Purchase) {
	for _, b := range purchases {
		s := j.supply[b.Item.ID]
		s.Owned += b.To - b.From
		j.supply[b.Item.ID] = s
	}
}

// Pools lists every pool of the world.
func (j *Judge) Pools() []ledger.PoolID {
	all := map[ledger.PoolID]bool{}
	for item := range j.supply {
		all[ledger.PoolID{Item: item}] = true
	}
	for k := range j.names {
		if place := placeOf(k); place != "" {
			for _, meter := range []string{"PowerAutomatePerProcess", "PAHostedRPA", "PerFlowPlan"} {
				all[ledger.PoolID{Item: meter, Place: place}] = true
			}
		}
	}
	return slices.Collect(maps.Keys(all))
}

// Do carries out a call as one set, and checks every pool that it raised or
// whose limit it lowered.
func (j *Judge) Do(c ledger.Call) { j.do(c, false) }

// Accept carries out a call of a group that the service accepts and does not
// get to yet.
func (j *Judge) Accept(c ledger.Call) { j.do(c, true) }

func (j *Judge) do(c ledger.Call, late bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, s := range c.Steps { // so that the pools of new places are looked at
		j.names[s.Key()] = ledger.Grant{Holder: s.Holder, Item: s.Item}
	}
	type account struct{ use, limit int64 }
	before := map[ledger.PoolID]account{}
	for _, id := range j.Pools() {
		before[id] = account{j.Use(id), j.Limit(id)}
	}
	for _, s := range c.Steps {
		j.step(s, late)
	}
	for id, was := range before {
		if use, limit := j.Use(id), j.Limit(id); (use > was.use || limit < was.limit) && use > limit {
			j.Broken = append(j.Broken, fmt.Sprintf("%s brings %v from %d of %d to %d of %d", c.Holder.Address(), id, was.use, was.limit, use, limit))
		}
	}
	now := j.has()
	for k := range j.started {
		if !now[k] {
			j.without[k] = true
		}
	}
}

func (j *Judge) step(s ledger.Step, late bool) {
	key := s.Key()
	if s.Op == ledger.Reprocess {
		for at, cause := range j.failed {
			if at.user == s.Holder.ID && at.item == s.Item.ID && (cause == ledger.NoSeat || cause == ledger.Sibling) {
				delete(j.failed, at)
				if _, seen := j.Values[ledger.Key{Kind: ledger.Group, Holder: at.group, Item: at.item}]; !seen {
					j.foreign[key] = true // from a group that the reading does not show
				}
			}
		}
		return
	}
	if s.Holder.Kind == ledger.Group {
		for _, user := range j.members[s.Holder.ID] {
			at := given{s.Holder.ID, user, s.Item.ID}
			if s.Op != ledger.Change {
				delete(j.failed, at)
				delete(j.late, at)
			}
			if s.Op == ledger.Add && late {
				j.late[at] = true
			}
		}
	}
	if s.After == nil || s.After.Units == 0 {
		if _, there := j.Values[key]; !there {
			j.Broken = append(j.Broken, fmt.Sprintf("%s is removed, and is not there", s.Address()))
		}
		delete(j.Values, key)
		return
	}
	v := *s.After
	if s.Item.Kind == ledger.Seat && v.Without == nil {
		v.Without = ledger.Plans{} // what the service does with an unset list
	}
	j.Values[key] = v
	j.names[key] = ledger.Grant{Holder: s.Holder, Item: s.Item}
}

// Interrupted lists what people have at the start and now, and were without
// in between.
func (j *Judge) Interrupted() []ledger.Key {
	now := j.has()
	var all []ledger.Key
	for k := range j.without {
		if now[k] {
			all = append(all, k)
		}
	}
	return all
}

// Finish lets the service give everybody what groups are to give.
func (j *Judge) Finish() { clear(j.late) }

// Late reports whether a group has not given everybody what it is to give.
func (j *Judge) Late() bool { return len(j.late) > 0 }
