package plan

import (
	"slices"
	"strings"

	"github.com/usher-cli/usher/catalog"
	"github.com/usher-cli/usher/ledger"
)

// part is what a holder gains, or what it loses. A person's two parts travel
// in one call, so that moving between products leaves no moment without one,
// unless that would make calls wait for each other in a circle.
type part struct {
	steps  []ledger.Step
	draws  []ledger.Draw // releases negative
	after  []int         // other parts
	twin   int           // the holder's other part; -1 for none
	rides  []string      // items that a retry brings about besides, where they do not come first
	waits  string
	manual string
}

func (p *part) comesAfter(other int) {
	if !slices.Contains(p.after, other) {
		p.after = append(p.after, other)
	}
}

// await makes the part wait for the service to finish with a group, of several
// the first.
func (p *part) await(group string) {
	if text := "the service to finish with the group " + group; p.waits == "" || text < p.waits {
		p.waits = text
	}
}

// take books units that the part takes from a pool, negative where it gives
// them back.
func (p *part) take(pool ledger.PoolID, units int64, limit bool) {
	for i := range p.draws {
		if d := &p.draws[i]; d.Pool == pool && d.Limit == limit {
			d.Units += units
			return
		}
	}
	p.draws = append(p.draws, ledger.Draw{Pool: pool, Units: units, Limit: limit})
}

// finish puts the part into its final form: nobody feels a removal from a
// group whose members all keep the item.
func (p *part) finish() {
	for i := range p.steps {
		if s := &p.steps[i]; s.Holder.Kind == ledger.Group && s.Op == ledger.Remove {
			s.Kept = s.People+s.Reduced == 0
		}
	}
	slices.Sort(p.after)
}

// partsOf makes parts of steps, which are sorted by holder.
func partsOf(steps []ledger.Step) []*part {
	var parts []*part
	for start := 0; start < len(steps); {
		end := start + 1
		for end < len(steps) && steps[end].Holder.Identity() == steps[start].Holder.Identity() {
			end++
		}
		of := steps[start:end]
		start = end
		if of[0].Holder.Kind.Inside() { // every row is a request of its own
			for _, s := range of {
				parts = append(parts, &part{steps: []ledger.Step{s}, twin: -1})
			}
			continue
		}
		gains, losses := filter(of, raises), filter(of, lowers)
		at := len(parts)
		halves := [][]ledger.Step{losses, gains}
		if of[0].Holder.Kind == ledger.Environment { // the numbers, and the document with rules, which is written as a whole
			halves = nil
			for _, half := range [][]ledger.Step{losses, gains} {
				halves = append(halves, filter(half, func(s ledger.Step) bool { return !inDocument(s) }))
			}
			halves = append(halves, filter(of, inDocument))
		}
		for _, half := range halves {
			if len(half) > 0 {
				parts = append(parts, &part{steps: half, twin: -1})
			}
		}
		if len(gains) > 0 && len(losses) > 0 && of[0].Holder.Kind != ledger.Environment {
			parts[at].twin, parts[at+1].twin = at+1, at
		}
	}
	return parts
}

func inDocument(s ledger.Step) bool { return catalog.InDocument(s.Item.ID) }

func filter(steps []ledger.Step, keep func(ledger.Step) bool) []ledger.Step {
	var kept []ledger.Step
	for _, s := range steps {
		if keep(s) {
			kept = append(kept, s)
		}
	}
	return kept
}

func lowers(s ledger.Step) bool { return delta(s) < 0 }

func raises(s ledger.Step) bool { return delta(s) >= 0 }

// delta is the change of units that a step makes for its holder.
func delta(s ledger.Step) int64 {
	var d int64
	if s.After != nil {
		d += s.After.Units
	}
	if s.Before != nil {
		d -= s.Before.Units
	}
	return d
}

// meters is the arithmetic of capacity: which pools a grant of units draws
// from, and which it feeds.
type meters struct {
	hostedServes map[string]bool // environments, by id
}

// newMeters is the arithmetic of the environments of a plan. Where more hosted units
// are drawn than allocated none are left to serve as process.
func newMeters(in Input) meters {
	m := meters{hostedServes: map[string]bool{}}
	for _, p := range in.Places {
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
			left[g.Holder.Place()] -= g.Units
		default:
			left[g.Holder.Place()] += g.Units
		}
	}
	for place, units := range left {
		if units < 0 {
			delete(m.hostedServes, place)
		}
	}
	return m
}

// drawn lists the pools that units of an item draw from, where they are held.
func (m meters) drawn(h ledger.HolderID, item string) []ledger.PoolID {
	if !h.Kind.Inside() {
		return []ledger.PoolID{{Item: item}}
	}
	return m.served(h.Place(), item)
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
	pools := []ledger.PoolID{{Item: meter, Place: environment}}
	if meter == catalog.Hosted && m.hostedServes[environment] {
		pools = append(pools, ledger.PoolID{Item: catalog.Process, Place: environment})
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
				p.take(pool, d, false)
			}
			for _, pool := range m.fed(s.Holder.Identity(), s.Item.ID) {
				p.take(pool, -d, true)
			}
		}
	}
}

// byHand marks what no request does.
func byHand(parts []*part, flowCapacity bool) {
	for _, p := range parts {
		s := p.steps[0]
		switch {
		case !s.Holder.Kind.Inside():
		case s.Item.ID == catalog.PerFlow && s.After != nil && s.After.Units > 0:
			p.manual = "open the flow in Power Automate, choose Edit under Details, and set its plan to the per flow plan; then run usher state confirm " + string(s.Address())
		case s.Item.ID == catalog.PerFlow:
			p.manual = "open the flow in Power Automate, choose Edit under Details, and set its plan to the owner's; then run usher state confirm " + string(s.Address())
		case !flowCapacity && s.Holder.Kind == ledger.Flow:
			p.manual = "open the flow in Power Automate, choose Edit under Details, and set its plan to " + planWord(s) + `, or let usher do it with experimental = ["flow_capacity"]`
		case !flowCapacity:
			p.manual = "open the " + s.Holder.Kind.Words() + " in Power Automate and set its number of bots under Settings, or let usher do it with experimental = [\"flow_capacity\"]"
		}
	}
}

func planWord(s ledger.Step) string {
	if s.After == nil || s.After.Units == 0 {
		return "the owner's"
	}
	return strings.ReplaceAll(s.Item.Name, "_", " ")
}
