package worlds

import (
	"maps"
	"slices"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
)

// covers calls f for every user and item that some source gives, with the
// service plans that the source switches off; promised counts what a group has not
// given yet.
func (j *Judge) covers(promised bool, f func(ledger.Key, ledger.ServicePlanIDs)) {
	for k, v := range j.Values {
		if k.Kind == ledger.User {
			f(k, v.Without)
		}
		for _, user := range j.members[k.Holder] {
			if _, there := j.rows[given{k.Holder, user, k.Item}]; k.Kind == ledger.Group && promised && !there {
				f(ledger.Key{Kind: ledger.User, Holder: user, Item: k.Item}, v.Without)
			}
		}
	}
	for at, r := range j.rows {
		if r.failed == "" {
			f(ledger.Key{Kind: ledger.User, Holder: at.user, Item: at.item}, r.without)
		}
	}
}

// has lists who has what at this moment: items, and the service plans that are
// on.
func (j *Judge) has() map[thing]bool {
	all := map[thing]bool{}
	j.covers(false, func(k ledger.Key, without ledger.ServicePlanIDs) {
		all[thing{user: k.Holder, item: k.Item}] = true
		for _, p := range j.supply[k.Item].Plans {
			if !slices.Contains(without, p.ID) {
				all[thing{user: k.Holder, plan: p.ID}] = true
			}
		}
	})
	return all
}

// Has reports whether a person has a service plan at this moment.
func (j *Judge) Has(user, plan string) bool { return j.has()[thing{user: user, plan: plan}] }

// counted is the use of an item as far as the judge sees it: people with at
// least one source, or units of environments.
func (j *Judge) counted(item string) int64 {
	people := map[string]bool{}
	j.covers(true, func(k ledger.Key, _ ledger.ServicePlanIDs) {
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
	if id.Environment == "" {
		return j.counted(id.Item) + j.unseen[id]
	}
	n := j.unseen[id]
	for k, v := range j.Values {
		if k.Kind.Inside() && environmentOf(k) == id.Environment && (k.Item == id.Item || j.hostedHelps(id) && k.Item == "PAHostedRPA") {
			n += v.Units
		}
	}
	return n
}

func environmentOf(k ledger.Key) string {
	return ledger.HolderID{Kind: k.Kind, ID: k.Holder}.EnvironmentID()
}

func (j *Judge) hostedHelps(id ledger.PoolID) bool {
	return id.Item == "PowerAutomatePerProcess" && j.serves[id.Environment]
}

// Limit is what the judge says may be in use of a pool.
func (j *Judge) Limit(id ledger.PoolID) int64 {
	if id.Environment == "" {
		return j.tenantLimit(id.Item)
	}
	var n int64
	for k, v := range j.Values {
		feeds := k.Item == id.Item || id.Item == "PowerAutomatePerProcess" && k.Item == "PAUnattendedRPA" ||
			j.hostedHelps(id) && k.Item == "PAHostedRPA"
		if k.Kind == ledger.Environment && k.Holder == id.Environment && feeds {
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
		if environment := environmentOf(k); environment != "" {
			for _, meter := range []string{"PowerAutomatePerProcess", "PAHostedRPA", "PerFlowPlan"} {
				all[ledger.PoolID{Item: meter, Environment: environment}] = true
			}
		}
	}
	return slices.Collect(maps.Keys(all))
}
