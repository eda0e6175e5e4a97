package plan

import (
	"github.com/usher-cli/usher/catalog"
	"github.com/usher-cli/usher/ledger"
)

// meters is the arithmetic of capacity: which pools a grant of units draws
// from, and which it feeds.
//
//	environment    is allocated    10 process      it feeds the meter process there
//	flow           holds            1 process      it draws from that meter
//	hosted group   holds            2 hosted       it draws from the meter hosted
//
// The same units are used in the tenant and limit in the environment: that is why a grant to
// an environment books two pools.
type meters struct {
	hostedServes map[string]bool // environments, by id
}

// newMeters is the arithmetic of the environments of a plan. Where more hosted units
// are drawn than allocated none are left to serve as process.
func newMeters(in Input) meters {
	m := meters{hostedServes: map[string]bool{}}
	for _, p := range in.Environments {
		if p.HostedServes {
			m.hostedServes[p.Environment.ID] = true
		}
	}
	if len(m.hostedServes) == 0 {
		return m
	}
	left := map[string]int64{}
	for i := range in.Have.Grants {
		switch g := &in.Have.Grants[i]; {
		case g.Item.ID != catalog.Hosted:
		case g.Holder.Kind.Inside():
			left[g.Holder.EnvironmentID()] -= g.Units
		default:
			left[g.Holder.EnvironmentID()] += g.Units
		}
	}
	for environment, units := range left {
		if units < 0 {
			delete(m.hostedServes, environment)
		}
	}
	return m
}

// drawn lists the pools that units of an item draw from, where they are held.
func (m meters) drawn(h ledger.HolderID, item string) []ledger.PoolID {
	if !h.Kind.Inside() {
		return []ledger.PoolID{{Item: item}}
	}
	return m.served(h.EnvironmentID(), item)
}

// fed lists the pools of an environment that its allocation of an item feeds.
func (m meters) fed(h ledger.HolderID, item string) []ledger.PoolID {
	meter, ok := catalog.MeterOf(item)
	if h.Kind != ledger.Environment || !ok {
		return nil
	}
	return m.served(h.ID, meter.ID)
}

// served is the pool of a meter in an environment, and with it the pool of
// process where hosted units may serve there: those are counted in both, so
// that process can use what hosted machines leave, and never more.
func (m meters) served(environment, meter string) []ledger.PoolID {
	var pools []ledger.PoolID
	for _, served := range catalog.Served(meter, m.hostedServes[environment]) {
		pools = append(pools, ledger.PoolID{Item: served, Environment: environment})
	}
	return pools
}

// book enters what the steps of capacity take and feed.
func (m meters) book(parts []*part) {
	for _, p := range parts {
		for _, s := range p.steps {
			if s.Item.Kind != ledger.Capacity {
				continue
			}
			d := delta(s)
			for _, pool := range m.drawn(s.Holder.Identity(), s.Item.ID) {
				p.bookUnits(pool, d, false)
			}
			for _, pool := range m.fed(s.Holder.Identity(), s.Item.ID) {
				p.bookUnits(pool, -d, true)
			}
		}
	}
}
