package engine

import (
	"slices"
	"strings"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
)

// Pruned is a change that takes people out of the files whose accounts were deleted.
type Pruned struct {
	*Change
	People []plan.Pruned
	ByHand []plan.Pruned // in lists that an expression makes, and in protect of the guard
}

// Prune finds people in the files whose accounts were deleted, and makes the change that takes
// their names out. A name of which nobody knows whether it ever was an account stays: it can be a
// slip, or somebody who begins next month.
func (p *Present) Prune() (*Pruned, error) {
	in := p.input(p.Config, Choices{})
	seats, said := map[ledger.HolderID][]plan.IdleSeat{}, map[string]string{}
	for _, n := range in.Notices {
		if n.Code == "holder-gone" {
			said[strings.ToLower(n.Address)] = n.Text
		}
	}
	add := func(g ledger.Grant) {
		if g.Holder.Kind == ledger.User && slices.Contains(in.Gone, g.Holder.Identity()) && len(g.Origins) > 0 {
			id := g.Holder.Identity()
			seats[id] = append(seats[id], plan.IdleSeat{Holder: g.Holder, Item: g.Item, Origins: g.Origins})
		}
	}
	for _, g := range in.Want {
		add(g)
	}
	for _, d := range in.Dated {
		add(d.Grant)
	}
	x, err := p.reclaiming()
	if err != nil {
		return nil, err
	}
	x.names = in.Aliases
	var all []plan.IdleSeat
	for _, id := range slices.Compact(slices.Clone(in.Gone)) {
		all = append(all, seats[id]...)
	}
	taken, byHand, err := x.take(all)
	if err != nil {
		return nil, err
	}
	byHand = append(byHand, protectedGone(&in)...)
	made := &Pruned{People: people(taken, in.Aliases, said), ByHand: people(byHand, in.Aliases, said)}
	var holders []ledger.Holder
	for _, one := range made.People {
		holders = append(holders, one.Holder)
	}
	if made.Change, err = p.change(x.draft, holders); err != nil {
		return nil, err
	}
	made.Title, made.Name = "Take people out of the files whose accounts were deleted", "gone/"+p.Today()
	return made, nil
}

// protectedGone are the people in protect of the guard whose accounts were deleted. Once the state
// has forgotten them, their names are an error there.
func protectedGone(in *plan.Input) (all []plan.IdleSeat) {
	for _, h := range in.Guard.Protect {
		if h.Kind == ledger.User && slices.Contains(in.Gone, h.Identity()) {
			all = append(all, plan.IdleSeat{Holder: h, Origins: []ledger.Origin{in.Guard.Origin}})
		}
	}
	return all
}

// people are the people of some seats, with the lines that name them, and what is known of them.
func people(seats []plan.IdleSeat, aliases map[ledger.HolderID][]string, said map[string]string) []plan.Pruned {
	var all []plan.Pruned
	for _, seat := range seats {
		at := slices.IndexFunc(all, func(p plan.Pruned) bool { return p.Holder.Identity() == seat.Holder.Identity() })
		if at < 0 {
			at = len(all)
			one := plan.Pruned{Holder: seat.Holder}
			for _, address := range append([]string{seat.Holder.Address()}, aliases[seat.Holder.Identity()]...) {
				if text := said[strings.ToLower(address)]; text != "" {
					one.Why, _, _ = strings.Cut(text, ";")
				}
			}
			all = append(all, one)
		}
		all[at].Origins = ledger.MergeOrigins(all[at].Origins, seat.Origins)
	}
	return all
}
