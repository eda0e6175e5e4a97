package worlds

import (
	"fmt"
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
	rows     map[given]row       // what people have from groups, or could not be given
	queued   map[string]bool     // groups with a change that the service has accepted, and not got to
	policies []ledger.ItemRules
	supply   map[string]ledger.Supply
	items    map[string]ledger.Item
	serves   map[string]bool         // environments where hosted units serve as process
	unseen   map[ledger.PoolID]int64 // use that no reading shows
	unread   []ledger.Unread
	seated   map[thing]bool // who had what at the start, also what the service was about to take
	started  map[thing]bool // without that
	without  map[thing]bool // who was without it at some moment
	Stirred  int            // members whom a call for their group gave what they had been left without
	Broken   []string       // what must not have happened
}

// given is an item that a group gives a member.
type given struct{ group, user, item string }

// row is what came of it.
type row struct {
	without ledger.ServicePlanIDs
	failed  string // why it could not be given; "" where it was
	lucky   bool   // given by a call that was about something else
}

// thing is an item, or one of its service plans, that a person has.
type thing struct{ user, item, plan string }

// NewJudge makes the tenant that the reading of a world describes.
func NewJudge(in plan.Input) *Judge {
	j := &Judge{
		Values:   map[ledger.Key]ledger.Value{},
		names:    map[ledger.Key]ledger.Grant{},
		members:  map[string][]string{},
		rows:     map[given]row{},
		queued:   map[string]bool{},
		supply:   map[string]ledger.Supply{},
		items:    map[string]ledger.Item{},
		serves:   map[string]bool{},
		unseen:   map[ledger.PoolID]int64{},
		without:  map[thing]bool{},
		policies: in.Items,
		unread:   in.Have.Unread,
	}
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
	for _, p := range in.Environments {
		hosted := ledger.PoolID{Item: "PAHostedRPA", Environment: p.Environment.ID}
		j.serves[p.Environment.ID] = p.HostedServes && j.Use(hosted) <= j.Limit(hosted) // else there are none to serve
	}
	for _, m := range in.Have.Members {
		j.members[m.Group] = m.Users
	}
	for _, i := range in.Have.Inherited {
		j.rows[given{i.Group, i.User.ID, i.Item}] = row{without: i.Without, failed: i.Error}
	}
	for _, s := range in.Have.Supply {
		id := ledger.PoolID{Item: s.Item.ID}
		j.unseen[id] = max(0, s.Used-j.counted(s.Item.ID))
		if len(in.Have.Unread) > 0 {
			j.unseen[id] = max(j.unseen[id], unreadUnits(in, s.Item.ID))
		}
	}
	for _, h := range in.Have.Unseen {
		j.unseen[h.Pool] += h.Units
	}
	j.started, j.seated = j.keeps(), j.has()
	return j
}

func (j *Judge) put(g ledger.Grant) {
	j.Values[g.Key()] = g.Value
	j.names[g.Key()] = ledger.Grant{Holder: g.Holder, Item: g.Item}
}

// unreadUnits sums what the state knows of places that could not be read.
func unreadUnits(in plan.Input, item string) int64 {
	var n int64
	for _, g := range in.Known {
		if g.Item.ID == item && g.Holder.Kind == ledger.Environment &&
			slices.ContainsFunc(in.Have.Unread, func(u ledger.Unread) bool { return !u.Inside && u.Holder.ID == g.Holder.ID }) {
			n += g.Units
		}
	}
	return n
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
	had := j.has()
	for _, s := range c.Steps {
		j.step(s)
	}
	switch {
	case c.Holder.Kind != ledger.Group:
	case late:
		j.queued[c.Holder.ID] = true
	default:
		j.process(c)
	}
	back := j.back(had)
	for id, was := range before {
		if use, limit := j.Use(id), j.Limit(id); (use-back[id] > was.use || limit < was.limit) && use > limit {
			j.Broken = append(
				j.Broken,
				fmt.Sprintf("%s brings %v from %d of %d to %d of %d", c.Holder.Address(), id, was.use, was.limit, use, limit),
			)
		}
	}
	now := j.has()
	for k := range j.started {
		if !now[k] {
			j.without[k] = true
		}
	}
}

// back counts the seats that a call gave back to whom the service took them from
// since the reading: the plan shows them in use all along.
func (j *Judge) back(had map[thing]bool) map[ledger.PoolID]int64 {
	n := map[ledger.PoolID]int64{}
	for seat := range j.has() {
		if seat.plan == "" && j.seated[seat] && !had[seat] {
			n[ledger.PoolID{Item: seat.item}]++
		}
	}
	return n
}

func (j *Judge) step(s ledger.Step) {
	key := s.Key()
	if s.Op.Nudges() {
		j.retry(s)
		return
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
		v.Without = ledger.ServicePlanIDs{} // what the service does with an unset list
	}
	j.Values[key] = v
	j.names[key] = ledger.Grant{Holder: s.Holder, Item: s.Item}
}

// EachCall carries out the whole plan in its order: what needs nobody, then
// what people have to do and what the service has to finish, and what waits
// for that.
func (j *Judge) EachCall(p *plan.Plan, do func(ledger.Call)) {
	bought := false
	for _, c := range p.Calls {
		if !c.Runs() && !bought {
			j.Buy(p.Purchases)
			j.Finish(p.Calls)
			bought = true
		}
		do(c)
	}
	if !bought {
		j.Buy(p.Purchases)
	}
	j.Finish(nil)
}

// Interrupted lists the items and service plans that people have at the start, now and
// at the end of the plan, and were without in between, though the plan names no gap
// there. End is the judge of a complete run.
func (j *Judge) Interrupted(p *plan.Plan, end *Judge) []string {
	named := map[string]bool{}
	for _, c := range p.Calls {
		for range c.Steps {
			named[c.Holder.ID] = named[c.Holder.ID] || c.Gap
		}
	}
	now, last := j.keeps(), end.keeps() // what somebody got back by luck, nobody had promised
	var all []string
	for k := range j.without {
		if now[k] && last[k] && !named[k.user] {
			all = append(all, fmt.Sprint(k))
		}
	}
	return all
}

// Lost lists the people who had an item or a service plan at the start and have it
// no more, and got no other item for it.
func (j *Judge) Lost() []string {
	now, gained := j.has(), map[string]bool{}
	for k := range now {
		gained[k.user] = gained[k.user] || k.plan == "" && !j.seated[k] && !j.supply[k.item].Free
	}
	var all []string
	for k := range j.started {
		counts := k.plan != "" || !j.supply[k.item].Free
		if counts && !now[k] && !gained[k.user] && !slices.Contains(all, k.user) {
			all = append(all, k.user)
		}
	}
	slices.Sort(all)
	return all
}
