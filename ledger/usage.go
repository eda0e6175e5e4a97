package ledger

import (
	"cmp"
	"slices"
	"strings"
)

// Usage is how much of an item there is and where it went.
type Usage struct {
	Item      Item  `json:"item"`
	Purchased int64 `json:"purchased"`
	Grace     int64 `json:"in_grace,omitempty"`
	Inactive
	Status    string   `json:"status,omitempty"` // of its subscriptions together, where it is not Enabled
	Used      int64    `json:"used"`             // assigned to people, or allocated to environments
	Available int64    `json:"available"`
	Free      bool     `json:"free,omitempty"` // it costs nothing, so there is no supply of it
	Lapses    []Lapse  `json:"lapses,omitempty"`
	Price     *Price   `json:"price,omitempty"`   // of a unit; nil where no file says
	Charge    *Charge  `json:"charge,omitempty"`  // of what is purchased
	Idle      *Charge  `json:"idle,omitempty"`    // of what is purchased and not used
	Sources   []Source `json:"sources,omitempty"` // who has it, by which source

	trials int64 // part of purchased
}

// Source is one reason for which a holder has an item.
type Source struct {
	Holder Holder `json:"holder"`
	Units  int64  `json:"units"`
	Group  string `json:"group,omitempty"` // id of the group that gives it; "" for a direct grant

	GroupName string         `json:"group_name,omitempty"` // "" where nobody asked
	Without   ServicePlanIDs `json:"without,omitempty"`    // service plans that are off by this source
}

// enabled is the status of a product with a subscription that runs.
const enabled = "Enabled"

// UsageOf sums up a reading, item by item, with every source. Prices are by the ids of items.
func UsageOf(h Have, prices map[string]*Price) []Usage {
	at := map[string]*Usage{}
	var all []*Usage
	for _, s := range h.Supply {
		if s.Item.Kind == Seat && !s.Assignable {
			continue // its units are listed under their capacity type
		}
		u := s.usage()
		at[s.Item.ID] = u
		all = append(all, u)
	}
	covered := map[Key]bool{}
	count := func(item string, s Source) {
		u := at[item]
		if u == nil {
			return
		}
		u.Sources = append(u.Sources, s)
		if key := (Key{s.Holder.Kind, s.Holder.ID, item}); !covered[key] {
			covered[key] = true
			u.Used += s.Units
		}
	}
	for _, g := range h.Grants {
		if g.Holder.Kind == Group || g.Holder.Kind.Inside() {
			continue // counted by the members, and by the environment
		}
		count(g.Item.ID, Source{Holder: g.Holder, Units: g.Units, Without: g.Without})
	}
	for _, i := range h.Inherited {
		if i.Error != "" {
			continue
		}
		count(i.Item, Source{Holder: i.User, Units: 1, Group: i.Group, Without: i.Without})
	}
	for _, s := range h.Supply { // what was not seen is not absent
		if u := at[s.Item.ID]; u != nil && h.Incomplete(s.Item.Kind) {
			u.Used = max(u.Used, s.Used)
		}
	}
	return finishUsage(all, prices)
}

// usage is what the tenant itself says of an item.
func (s Supply) usage() *Usage {
	u := &Usage{Item: s.Item, Purchased: s.Owned, Grace: s.Grace, Inactive: s.Inactive, Free: s.Free, Lapses: s.Lapses, trials: s.Trials()}
	if s.Status != enabled {
		u.Status = s.Status
	}
	if s.Free {
		u.Purchased = 0
	}
	return u
}

func finishUsage(all []*Usage, prices map[string]*Price) []Usage {
	out := make([]Usage, 0, len(all))
	for _, u := range all {
		u.Available = max(0, u.Purchased-u.Used)
		if u.Price = prices[u.Item.ID]; u.Price != nil && !u.Free {
			u.Charge, u.Idle = u.Price.Of(u.Purchased-u.trials), u.Price.Spare(min(u.Purchased-u.trials, u.Available))
		}
		slices.SortFunc(u.Sources, func(a, b Source) int {
			return cmp.Or(strings.Compare(a.Holder.Name, b.Holder.Name), strings.Compare(a.Group, b.Group))
		})
		out = append(out, *u)
	}
	slices.SortFunc(out, func(a, b Usage) int {
		return cmp.Or(-strings.Compare(string(a.Item.Kind), string(b.Item.Kind)), strings.Compare(a.Item.Name, b.Item.Name))
	})
	return out
}
