package plan

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/usher-cli/usher/ledger"
)

// Breach is a guard that the plan exceeds.
type Breach struct {
	Kind    BreachKind `json:"kind"`
	Item    string     `json:"item,omitempty"`
	Address string     `json:"address,omitempty"` // of the grant, where it is about one
	Count   int64      `json:"count,omitempty"`
	Of      int64      `json:"of,omitempty"`
	Allowed int64      `json:"allowed,omitempty"`
	Held    bool       `json:"held,omitempty"` // by what goes once it is not held any more
}

// BreachKind names a guard.
type BreachKind string

const (
	// Losses is people who lose a seat or a service plan.
	Losses BreachKind = "losses"
	// Lowered is units of capacity taken from environments.
	Lowered BreachKind = "lowered"
	// Undrawn is units of capacity taken from flows and machines.
	Undrawn BreachKind = "undrawn"
	// Forgets is records that would be dropped.
	Forgets BreachKind = "forgets"
	// Protected is a loss or change of a protected holder.
	Protected BreachKind = "protected"
	// UnknownNames is names of one file that mean nobody.
	UnknownNames BreachKind = "unknown_names"
	// Moves is people whom selections newly find, or no longer, because the directory changed.
	Moves BreachKind = "attribute_moves"
	// Stops is a flow of a service principal that would stop running.
	Stops BreachKind = "stops"
)

// breaches measures the plan against its guard. They stop an apply, never the
// showing of the plan.
//
// A guard counts people and not steps: ten people who lose E3 and get E5 lose nothing, and
// one call for a group can take a license from five hundred.
func breaches(p *Plan, in Input, c *coverage, parts []*part) []Breach {
	counts := map[Breach]int64{} // by kind and item
	names := map[string]string{}
	for _, pool := range p.Pools {
		names[pool.Item.ID] = pool.Item.Name
	}
	l := losing{coverage: c, parts: parts, free: map[string]bool{}, approved: approvals(in.Approved), lost: map[ledger.Key]bool{}}
	for _, s := range in.Have.Supply { // what costs nothing and allows nothing is no loss
		l.free[s.Item.ID] = s.Free
	}
	l.astray, l.allAstray = astray(in, l)
	l.countLosses(p.Calls)
	for key := range l.lost {
		counts[Breach{Kind: Losses, Item: names[key.Item]}]++
	}
	for s := range p.EachStep() {
		switch d := delta(s); {
		case s.Op == ledger.Forget && in.isNoLoss(s):
		case s.Op == ledger.Forget:
			counts[Breach{Kind: Forgets, Item: s.Item.Name}]++
		case s.Op == ledger.Adopt || d >= 0 || l.approved.covers(s):
		case s.Holder.Kind == ledger.Environment:
			counts[Breach{Kind: Lowered, Item: s.Item.Name}] -= d
		case s.Holder.Kind.Inside():
			counts[Breach{Kind: Undrawn, Item: s.Item.Name}] -= d
		}
	}
	all := slices.Concat(protected(p, in.Guard, l), stops(p, in), unknownNames(in), moves(p, in))
	held := holders(p, in)
	for b, n := range counts {
		of := held[b]
		if allowed := in.Guard.Losses(of); n > allowed {
			all = append(all, Breach{Kind: b.Kind, Item: b.Item, Count: n, Of: of, Allowed: allowed})
		}
	}
	slices.SortFunc(all, func(a, b Breach) int {
		return cmp.Or(strings.Compare(string(a.Kind), string(b.Kind)), strings.Compare(a.Item, b.Item), strings.Compare(a.Address, b.Address))
	})
	return all
}

// isNoLoss reports whether a record is dropped of what is gone already, with its product, or stays.
func (in Input) isNoLoss(s ledger.Step) bool {
	_, vanished := in.Vanished[s.Item.ID]
	return vanished || s.Why == ledger.Released
}

// approved is what an earlier run of the same work was allowed to take, and did
// not come to: a guard counts it once, and not again for the rest of the work.
type approved map[ledger.Key]ledger.Value

// approvals are the losses that an earlier run of the same work was allowed to cause.
func approvals(grants []ledger.Grant) approved {
	all := approved{}
	for _, g := range grants {
		all[g.Key()] = g.Value
	}
	return all
}

// covers reports whether a step does what was approved, and not more.
func (a approved) covers(s ledger.Step) bool {
	v, ok := a[s.Key()]
	return ok && equalsNow(s.After, v, v.Units > 0)
}

// astray finds the people for whom the plan is not the rest of the approved work: the
// files do not ask any more for what the work was to give them, or more is taken.
// Groups give to many: one that is not asked for any more leads everybody astray.
func astray(in Input, l losing) (people map[string]bool, all bool) {
	unasked := map[ledger.Key]bool{} // of few claims, and not of all that is wanted
	for _, g := range in.Claims {
		unasked[g.Key()] = true
	}
	for i := range in.Want {
		delete(unasked, in.Want[i].Key())
	}
	people = map[string]bool{}
	for key := range unasked {
		people[key.Holder] = true
		all = all || key.Kind == ledger.Group
	}
	for _, p := range l.parts {
		for _, s := range p.steps {
			switch {
			case s.Op != ledger.Remove && s.Op != ledger.Change || l.approved.covers(s):
			case s.Holder.Kind == ledger.Group:
				l.eachMember(s, func(user string) { people[user] = true })
			default:
				people[s.Holder.ID] = true
			}
		}
	}
	return people, all
}

// losing finds the people, each with an item, whom a plan leaves without a seat
// or a service plan, by any route.
type losing struct {
	*coverage
	parts    []*part
	free     map[string]bool
	approved approved
	lost     map[ledger.Key]bool

	astray    map[string]bool // people for whom the plan is not the rest of what was approved
	allAstray bool
}

// countLosses counts people. As many lost seats as a person has gains by the same
// call, or by one that the loss comes after, are replacements: then only the service
// plans count that the new product has, switched off, and the services that end.
// A moment without, where a call was split, is a loss.
func (l *losing) countLosses(calls []ledger.Call) {
	replaced := map[ledger.Key][]string{} // seats, by the items that replace them
	spent := map[string]int{}
	for _, key := range slices.SortedFunc(maps.Keys(l.coverage.lost), ledger.Key.Compare) {
		part := l.coverage.lost[key]
		items := l.replacements(key.Holder, part)
		switch {
		case spent[key.Holder] < len(items):
			spent[key.Holder]++
			replaced[key] = items
		case l.isAstray(key.Holder) || !l.approvedAt(part, key.Item):
			l.noteLoss(key)
		}
	}
	for _, reductions := range l.reduced {
		for _, r := range reductions {
			if l.isLoss(r, replaced[r.key]) {
				l.noteLoss(r.key)
			}
		}
	}
	for _, call := range calls {
		for _, s := range call.Steps {
			if call.Gap && s.Op == ledger.Remove && !s.Kept {
				l.noteLoss(s.Key())
			}
		}
	}
}

// isAstray reports whether the plan is not the rest of the approved work for a person.
// Then no loss of that person counts as approved.
func (l *losing) isAstray(user string) bool { return l.allAstray || l.astray[user] }

// noteLoss counts the loss of an item that is not free.
func (l *losing) noteLoss(key ledger.Key) {
	if !l.free[key.Item] {
		l.lost[key] = true
	}
}

// replacements lists the items that a person gets by the call of a loss, or by
// calls that the loss comes after.
func (l *losing) replacements(user string, loss int) []string {
	var items []string
	for _, g := range l.gained[user] {
		if !l.free[g.item] && (g.part == l.parts[loss].twin || slices.Contains(l.parts[loss].after, g.part)) {
			items = append(items, g.item)
		}
	}
	return items
}

// isLoss reports whether service plans that a person is left without count.
func (l *losing) isLoss(r reduction, replacedBy []string) bool {
	_, seatToo := l.coverage.lost[r.key]
	switch {
	case !l.isAstray(r.key.Holder) && l.approved.covers(l.parts[r.mover.part].steps[r.mover.step]):
		return false
	case !seatToo:
		return true
	case replacedBy == nil:
		return false // the seat counts already, or was approved
	case slices.ContainsFunc(l.ended[r.mover.stepAt], func(e ending) bool { return e.key == r.key }):
		return true
	}
	return slices.ContainsFunc(replacedBy, func(item string) bool { return l.plans.of[item].meets(r.plans) })
}

// approvedAt reports whether the step of a part for an item was approved before.
func (l *losing) approvedAt(part int, item string) bool {
	return slices.ContainsFunc(l.parts[part].steps, func(s ledger.Step) bool { return s.Item.ID == item && l.approved.covers(s) })
}

// holders counts what the share of each guard is a share of: people who hold
// the item, units allocated, records kept.
func holders(p *Plan, in Input) map[Breach]int64 {
	held := map[Breach]int64{}
	for _, pool := range p.Pools {
		if pool.ID.Environment != "" {
			held[Breach{Kind: Undrawn, Item: pool.Item.Name}] += pool.Before
			continue
		}
		held[Breach{Kind: Losses, Item: pool.Item.Name}] = pool.Before
		held[Breach{Kind: Lowered, Item: pool.Item.Name}] = pool.Before
	}
	records := map[string]int64{}
	for i := range in.Known {
		records[in.Known[i].Item.Name]++
	}
	for name, n := range records {
		held[Breach{Kind: Forgets, Item: name}] = n
	}
	return held
}

// protected finds losses and changes of protected holders, by any route.
func protected(p *Plan, g ledger.Guard, l losing) []Breach {
	safe := map[ledger.HolderID]ledger.Holder{}
	for _, h := range g.Protect {
		safe[h.Identity()] = h
	}
	if len(safe) == 0 {
		return nil
	}
	found := map[Breach]bool{}
	breach := func(h ledger.HolderID, item ledger.Item) {
		if h, ok := safe[h]; ok {
			found[Breach{Kind: Protected, Item: item.Name, Address: string(ledger.NewAddress(h, item))}] = true
		}
	}
	for _, call := range p.Calls {
		for _, s := range call.Steps {
			if s.Op == ledger.Add || s.Op.Nudges() || l.free[s.Item.ID] {
				continue
			}
			breach(s.Holder.Identity(), s.Item)
			if s.Holder.Kind == ledger.Group {
				l.eachMember(s, func(user string) {
					if s.Op == ledger.Change || l.loses(user, s.Item.ID) {
						breach(ledger.HolderID{Kind: ledger.User, ID: user}, s.Item)
					}
				})
			}
		}
	}
	return slices.Collect(maps.Keys(found))
}

// loses reports whether a person is left without an item, or without service
// plans that a source of it gave.
func (c *coverage) loses(user, item string) bool {
	_, lost := c.lost[ledger.Key{Kind: ledger.User, Holder: user, Item: item}]
	return lost || slices.ContainsFunc(c.reduced[user], func(r reduction) bool { return r.key.Item == item })
}

// stops finds flows that would stop running: one that a service principal
// owns has no other license to run on.
func stops(p *Plan, in Input) []Breach {
	if in.Guard.MayStop {
		return nil
	}
	principals := map[ledger.HolderID]bool{}
	for _, f := range in.Have.Flows {
		principals[f.Flow.Identity()] = f.Principal
	}
	var all []Breach
	for _, call := range p.Calls {
		for _, s := range call.Steps {
			if principals[s.Holder.Identity()] && s.Op == ledger.Remove {
				all = append(all, Breach{Kind: Stops, Item: s.Item.Name, Address: string(s.Address())})
			}
		}
	}
	return all
}
