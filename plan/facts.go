package plan

import "github.com/usher-cli/usher/ledger"

// itemFacts are what the table asks of an item, by its id.
type itemFacts struct {
	itemRules map[string]ledger.ItemRules
	selfMade  map[string]bool // bought by self-service
}

// newItemFacts indexes the rules of the files and the products of the tenant.
func newItemFacts(in Input) itemFacts {
	f := itemFacts{map[string]ledger.ItemRules{}, map[string]bool{}}
	for _, r := range in.Items {
		f.itemRules[r.Item.ID] = r
	}
	for _, s := range in.Have.Supply {
		f.selfMade[s.Item.ID] = s.SelfService
	}
	return f
}

// environmentFacts are what the table asks of environments and of what is in them.
type environmentFacts struct {
	rules  map[string]ledger.EnvironmentRules // by the environment's id
	inside map[string]bool                    // environments whose flows and machines were read, by id
	flows  map[ledger.HolderID]ledger.FlowFact
	rows   map[ledger.Key]ledger.Row
	mixed  map[ledger.Key]bool // rows of which the platform allocated only some
}

// newEnvironmentFacts indexes the rules of the files and the rows of the tenant.
//
// A flow can have several rows of the same type, of which somebody made one and the platform
// another. Such a mixture is never removed as the platform's own.
func newEnvironmentFacts(in Input) environmentFacts {
	f := environmentFacts{map[string]ledger.EnvironmentRules{}, map[string]bool{}, map[ledger.HolderID]ledger.FlowFact{},
		map[ledger.Key]ledger.Row{}, map[ledger.Key]bool{}}
	for _, e := range in.Environments {
		f.rules[e.Environment.ID] = e
	}
	for _, h := range in.Have.Inside {
		f.inside[h.ID] = true
	}
	for _, flow := range in.Have.Flows {
		f.flows[flow.Flow.Identity()] = flow
	}
	for _, r := range in.Have.Rows { // a holder can have several
		was, several := f.rows[r.Key]
		f.mixed[r.Key] = f.mixed[r.Key] || several && was.System != r.System
		r.System, r.Auto = r.System || was.System, r.Auto || was.Auto
		f.rows[r.Key] = r
	}
	return f
}

// holderFacts are what the table asks of people and groups.
type holderFacts struct {
	gone     map[ledger.HolderID]bool     // the tenant no longer has them
	nowhere  map[ledger.HolderID]bool     // accounts without a usage location
	heldBack map[ledger.Key]bool          // seats of disabled accounts
	blocked  map[ledger.HolderID]bool     // nothing is done for them
	claimed  map[ledger.Key]bool          // what an interrupted run meant to give
	groups   map[ledger.Key]bool          // what users have by a group that is to keep it
	held     map[ledger.Key]int           // of a group and an item: members who have it from there
	nested   map[ledger.HolderID][]string // names of the groups inside a group
	guests   map[ledger.HolderID]bool
	asleep   map[ledger.HolderID]bool // disabled accounts
}

// newHolderFacts indexes what is known of people and of the groups that are wanted.
//
// They are indexes and no decisions: a row asks them in constant time, also in a tenant of a
// million rows.
func newHolderFacts(in Input) holderFacts {
	f := holderFacts{setOf(in.Gone), setOf(in.Have.Nowhere), setOf(in.HeldBack), map[ledger.HolderID]bool{},
		map[ledger.Key]bool{}, map[ledger.Key]bool{}, map[ledger.Key]int{}, map[ledger.HolderID][]string{},
		setOf(in.Have.Guests), setOf(in.Have.Disabled)}
	for _, g := range in.Claims {
		f.claimed[g.Key()] = true
	}
	for _, i := range in.Have.Inherited {
		if i.Error == "" {
			f.held[ledger.Key{Kind: ledger.Group, Holder: i.Group, Item: i.Item}]++
		}
	}
	members := map[string][]string{}
	for _, m := range in.Have.Members {
		members[m.Group] = m.Users
		f.nested[ledger.HolderID{Kind: ledger.Group, ID: m.Group}] = m.Inside
	}
	for i := range in.Want {
		g := &in.Want[i]
		if g.Holder.Kind != ledger.Group {
			continue
		}
		for _, user := range members[g.Holder.ID] {
			f.groups[ledger.Key{Kind: ledger.User, Holder: user, Item: g.Item.ID}] = true
		}
	}
	return f
}

// setOf makes a set of a list.
func setOf[T comparable](all []T) map[T]bool {
	set := make(map[T]bool, len(all))
	for _, x := range all {
		set[x] = true
	}
	return set
}
