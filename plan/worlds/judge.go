package worlds

import (
	"fmt"
	"slices"
	"sync"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
)

// Judge is the tenant of a world. It carries out calls step by step, and
// notes every moment at which a pool's use is raised above its limit.
type Judge struct {
	mu        sync.Mutex
	Values    map[ledger.Key]ledger.Value // direct seats, and units by environment
	names     map[ledger.Key]ledger.Grant
	inherited map[ledger.Key]bool
	limits    map[string]int64
	hidden    map[string]int64 // use in places that could not be read
	Broken    []string         // what must not have happened
}

// NewJudge makes the tenant that the reading of a world describes.
func NewJudge(in plan.Input) *Judge {
	j := &Judge{Values: map[ledger.Key]ledger.Value{}, names: map[ledger.Key]ledger.Grant{}, inherited: map[ledger.Key]bool{},
		limits: map[string]int64{}, hidden: map[string]int64{}}
	for _, g := range in.Have.Grants {
		j.Values[g.Key()] = g.Value
		j.names[g.Key()] = g
	}
	for _, i := range in.Have.Inherited {
		j.inherited[ledger.Key{Kind: ledger.User, Holder: i.User.ID, Item: i.Item}] = true
	}
	for _, s := range in.Have.Supply {
		limit := s.Owned
		for _, p := range in.Policies {
			if p.Item.ID != s.Item.ID {
				continue
			}
			if p.UseGrace {
				limit += s.Grace
			}
			if p.Quantity != nil && *p.Quantity < limit {
				limit = *p.Quantity
			}
			limit -= p.Reserve
		}
		j.limits[s.Item.ID] = max(0, limit)
		if s.Item.Kind == ledger.Capacity && len(in.Have.Unread) > 0 {
			j.hidden[s.Item.ID] = max(s.Used-j.use(s.Item.ID), hiddenUnits(in, s.Item.ID))
		}
	}
	return j
}

// hiddenUnits sums what the state knows of places that could not be read.
func hiddenUnits(in plan.Input, item string) int64 {
	var n int64
	for _, g := range in.Known {
		if g.Item.ID == item && slices.ContainsFunc(in.Have.Unread, func(u ledger.Unread) bool { return u.Holder.ID == g.Holder.ID }) {
			n += g.Units
		}
	}
	return n
}

// Use counts an item: people with at least one source, or units.
func (j *Judge) Use(item string) int64 { return j.use(item) + j.hidden[item] }

func (j *Judge) use(item string) int64 {
	var n int64
	for k, v := range j.Values {
		if k.Item == item && !j.inherited[k] {
			n += v.Units
		}
	}
	for k := range j.inherited {
		if k.Item == item {
			n++
		}
	}
	return n
}

// Limit is what the judge says may be used of an item.
func (j *Judge) Limit(item string) int64 { return j.limits[item] }

// Do carries out a call as one set, and checks every pool that it raised.
func (j *Judge) Do(c ledger.Call) {
	j.mu.Lock()
	defer j.mu.Unlock()
	before := map[string]int64{}
	for _, s := range c.Steps {
		before[s.Item.ID] = j.Use(s.Item.ID)
	}
	for _, s := range c.Steps {
		j.step(s)
	}
	for item, was := range before {
		if now := j.Use(item); now > was && now > j.limits[item] {
			j.Broken = append(j.Broken, fmt.Sprintf("%s raises %s from %d to %d, and the limit is %d", c.Holder.Name, item, was, now, j.limits[item]))
		}
	}
}

func (j *Judge) step(s ledger.Step) {
	key := s.Key()
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

// Reading is what a reading of the tenant shows now.
func (j *Judge) Reading(before ledger.Have) ledger.Have {
	j.mu.Lock()
	defer j.mu.Unlock()
	have := before
	have.Grants = nil
	for k, v := range j.Values {
		g := j.names[k]
		g.Value, g.Origins = v, nil
		have.Grants = append(have.Grants, g)
	}
	slices.SortFunc(have.Grants, func(a, b ledger.Grant) int { return a.Key().Compare(b.Key()) })
	have.Supply = slices.Clone(before.Supply)
	for i := range have.Supply {
		have.Supply[i].Used = j.Use(have.Supply[i].Item.ID)
	}
	return have
}

// Recorded is what the state knows after steps that were carried out.
func Recorded(known []ledger.Grant, steps []ledger.Step) []ledger.Grant {
	byKey := map[ledger.Key]ledger.Grant{}
	for _, g := range known {
		byKey[g.Key()] = g
	}
	for _, s := range steps {
		if s.After == nil {
			delete(byKey, s.Key())
			continue
		}
		byKey[s.Key()] = ledger.Grant{Holder: s.Holder, Item: s.Item, Value: *s.After}
	}
	var out []ledger.Grant
	for _, g := range byKey {
		out = append(out, g)
	}
	slices.SortFunc(out, func(a, b ledger.Grant) int { return a.Key().Compare(b.Key()) })
	return out
}
