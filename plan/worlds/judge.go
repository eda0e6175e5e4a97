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
		j.retry(s)
		return
	}
	if s.Holder.Kind == ledger.Group {
		j.process(s, late)
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

// retry makes the service try again what groups give a person.
func (j *Judge) retry(s ledger.Step) {
	for at, cause := range j.failed {
		if at.user != s.Holder.ID || at.item != s.Item.ID || cause != ledger.NoSeat && cause != ledger.Sibling {
			continue
		}
		delete(j.failed, at)
		if _, seen := j.Values[ledger.Key{Kind: ledger.Group, Holder: at.group, Item: at.item}]; !seen {
			j.foreign[s.Key()] = true // from a group that the reading does not show
		}
	}
}

// process brings what a group gives to its members, or leaves it for later.
func (j *Judge) process(s ledger.Step, late bool) {
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

// Interrupted lists what people have at the start and now, and were without
// in between, though the plan names no gap there.
func (j *Judge) Interrupted(p *plan.Plan) []ledger.Key {
	named := map[ledger.Key]bool{}
	for _, c := range p.Calls {
		for _, s := range c.Steps {
			named[s.Key()] = named[s.Key()] || c.Gap
		}
	}
	now := j.has()
	var all []ledger.Key
	for k := range j.without {
		if now[k] && !named[k] {
			all = append(all, k)
		}
	}
	return all
}

// Finish lets the service give everybody what groups are to give.
func (j *Judge) Finish() { clear(j.late) }

// Late reports whether a group has not given everybody what it is to give.
func (j *Judge) Late() bool { return len(j.late) > 0 }
