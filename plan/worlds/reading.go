package worlds

import (
	"slices"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
)

// Reading is what a reading of the tenant shows now, with the blind spots that
// it had before.
func (j *Judge) Reading(in plan.Input) ledger.Have {
	j.mu.Lock()
	defer j.mu.Unlock()
	have := in.Have
	have.Grants, have.Inherited = nil, nil
	for k, v := range j.Values {
		g := j.names[k]
		g.Value, g.Origins = v, nil
		listed := k.Item != "PerFlowPlan" || !k.Kind.Inside()
		if listed && !slices.ContainsFunc(j.unread, func(u ledger.Unread) bool { return u.Covers(g.Holder.Identity()) }) {
			have.Grants = append(have.Grants, g)
		}
	}
	slices.SortFunc(have.Grants, func(a, b ledger.Grant) int { return a.Key().Compare(b.Key()) })
	for at, r := range j.rows {
		have.Inherited = append(
			have.Inherited,
			ledger.Inherited{User: person(at.user), Item: at.item, Group: at.group, Error: r.failed, Without: r.without},
		)
	}
	slices.SortFunc(have.Inherited, func(a, b ledger.Inherited) int {
		return ledger.Key{
			Kind:   ledger.User,
			Holder: a.User.ID + a.Group,
			Item:   a.Item,
		}.Compare(
			ledger.Key{Kind: ledger.User, Holder: b.User.ID + b.Group, Item: b.Item},
		)
	})
	have.Supply = nil
	for _, s := range in.Have.Supply {
		s.Owned = j.supply[s.Item.ID].Owned
		s.Used = j.Use(ledger.PoolID{Item: s.Item.ID}) // no more than what it was, or what the judge has counted
		have.Supply = append(have.Supply, s)
	}
	return have
}

func person(id string) ledger.Holder {
	return ledger.Holder{Kind: ledger.User, ID: id, Name: id + "@x"}
}

// Recorded is what the state knows after steps that were carried out.
func Recorded(known []ledger.Grant, steps []ledger.Step) []ledger.Grant {
	byKey := map[ledger.Key]ledger.Grant{}
	for _, g := range known {
		byKey[g.Key()] = g
	}
	for _, s := range steps {
		switch {
		case s.Op.Nudges():
		case s.After == nil:
			delete(byKey, s.Key())
		default:
			byKey[s.Key()] = ledger.Grant{Holder: s.Holder, Item: s.Item, Value: *s.After}
		}
	}
	var out []ledger.Grant
	for _, g := range byKey {
		out = append(out, g)
	}
	slices.SortFunc(out, func(a, b ledger.Grant) int { return a.Key().Compare(b.Key()) })
	return out
}
