package plan

import (
	"slices"
	"strings"
	"time"

	"github.com/usher-cli/usher/ledger"
)

// Explanation is why a holder has what it has.
type Explanation struct {
	Holder   ledger.Holder `json:"holder"`
	Disabled bool          `json:"disabled,omitempty"`     // the account is switched off
	SignedIn string        `json:"last_sign_in,omitempty"` // of a person, as YYYY-MM-DD; "" where nobody knows
	Members  *Membership   `json:"members,omitempty"`      // of a group
	Items    []Explained   `json:"items"`
	Coming   []Due         `json:"coming"` // what dates make necessary within 14 days
	Unknown  string        `json:"unknown,omitempty"`
}

// Membership is who is in a group.
type Membership struct {
	People int      `json:"people"`           // directly
	Inside []string `json:"groups,omitempty"` // names of groups, whose members get nothing from it
	Rule   string   `json:"rule,omitempty"`   // by which the service chooses the members; "" where people do
}

// Explained is an item, and where it comes from.
type Explained struct {
	Holder  ledger.Holder         `json:"holder"` // the one that is asked for, or something inside of it
	Item    ledger.Item           `json:"item"`
	Units   int64                 `json:"units,omitempty"` // of capacity
	Off     ledger.ServicePlanIDs `json:"off,omitempty"`   // service plans that no source has on
	Sources []Source              `json:"sources"`         // none where a file asks for it, and it is not there
	Asked   []ledger.Origin       `json:"asked,omitempty"` // lines that ask for it, where it is not there
	Within  []ledger.Item         `json:"within,omitempty"`
}

// Source is where somebody has an item from: directly, or by a group.
type Source struct {
	Group   *ledger.Holder  `json:"group,omitempty"`   // nil for a direct one
	Besides []string        `json:"besides,omitempty"` // products that the group gives the person as well
	Cause   string          `json:"cause,omitempty"`   // why the service could not give it; then nobody has it from there
	Origins []ledger.Origin `json:"origins,omitempty"`
	Reasons []string        `json:"reasons,omitempty"` // that the files give for it
	Since   string          `json:"since,omitempty"`   // the day from which usher manages it, as YYYY-MM-DD; "" where it does not
	Held    string          `json:"held,omitempty"`    // the last day of a hold, as YYYY-MM-DD
	Match   *ledger.Match   `json:"match,omitempty"`   // the attributes that found a person
	By      string          `json:"by,omitempty"`      // the account that gave it, where the log says so
	At      *time.Time      `json:"at,omitempty"`

	// Whole says that nothing else gives the item. Loses are the services that nothing else gives.
	Whole bool                  `json:"only_source,omitempty"`
	Loses ledger.ServicePlanIDs `json:"loses,omitempty"`

	without ledger.ServicePlanIDs
}

// Recorded is what the state knows of a grant.
type Recorded struct {
	Since string
	Match *ledger.Match
}

// Explain finds the sources of all that a holder has, or that is inside of it.
func Explain(in Input, who ledger.Holder, records map[ledger.Key]Recorded) *Explanation {
	x := explaining{in: in, records: records, lines: askedLines(in), plans: map[string][]ledger.ServicePlan{}}
	for _, s := range in.Have.Supply {
		x.plans[s.Item.ID] = s.Plans
	}
	e := &Explanation{Holder: who, Items: []Explained{}, Coming: []Due{}}
	e.Disabled = slices.Contains(in.Have.Disabled, who.Identity())
	for _, g := range in.Have.Grants {
		if concerns(who, g.Holder) {
			e.Items = append(e.Items, x.direct(g))
		}
	}
	for _, m := range in.Have.Members {
		if who.Kind == ledger.Group && m.Group == who.ID {
			e.Members = &Membership{People: len(m.Users), Inside: m.Inside, Rule: m.Rule}
		}
	}
	if who.Kind == ledger.User {
		e.Items = x.byGroups(e.Items, who)
		x.losses(e.Items)
	}
	x.missing(e, who)
	slices.SortStableFunc(e.Items, func(a, b Explained) int {
		return strings.Compare(a.Holder.Address()+"\x00"+a.Item.Name, b.Holder.Address()+"\x00"+b.Item.Name)
	})
	return e
}

// concerns reports whether something belongs to a holder: itself, or what is inside of an environment.
func concerns(who, h ledger.Holder) bool {
	return h.Identity() == who.Identity() || who.Kind == ledger.Environment && h.Kind.Inside() && h.EnvironmentID() == who.ID
}

type explaining struct {
	in      Input
	records map[ledger.Key]Recorded
	lines   map[ledger.Key][]ledger.Origin
	plans   map[string][]ledger.ServicePlan // of products, by id
}

func (x *explaining) direct(g ledger.Grant) Explained {
	r := x.records[g.Key()]
	s := Source{Origins: x.lines[g.Key()], Since: r.Since, Match: r.Match, without: g.Without}
	if m, found := x.in.Matches[g.Key()]; found {
		s.Match = &m
	}
	for _, h := range x.in.Held {
		if keyOf(h.Holder, h.Item) == g.Key() {
			s.Held = h.Until
		}
	}
	e := Explained{Holder: g.Holder, Item: g.Item, Off: g.Without, Sources: []Source{s}}
	if g.Item.Kind == ledger.Capacity {
		e.Units = g.Units
	}
	return e
}

// byGroups adds what groups give a person.
func (x *explaining) byGroups(items []Explained, who ledger.Holder) []Explained {
	names := map[string]ledger.Item{}
	for _, s := range x.in.Have.Supply {
		names[s.Item.ID] = s.Item
	}
	for _, i := range x.in.Have.Inherited {
		if i.User.Identity() != who.Identity() {
			continue
		}
		group := ledger.Holder{Kind: ledger.Group, ID: i.Group, Name: i.Group}
		key := ledger.Grant{Holder: group, Item: ledger.Item{ID: i.Item}}.Key()
		s := Source{Group: &group, Cause: i.Error, Origins: x.lines[key], Since: x.records[key].Since, without: i.Without}
		for _, other := range x.in.Have.Inherited {
			if other.User.Identity() == who.Identity() && other.Group == i.Group && other.Item != i.Item && other.Error == "" {
				s.Besides = append(s.Besides, names[other.Item].Name)
			}
		}
		slices.Sort(s.Besides)
		at := slices.IndexFunc(items, func(e Explained) bool { return e.Item.ID == i.Item })
		switch {
		case at < 0:
			items = append(items, Explained{Holder: who, Item: names[i.Item], Sources: []Source{s}})
		default:
			items[at].Sources = append(items[at].Sources, s)
		}
	}
	for i := range items {
		items[i].Off = offByAll(items[i].Sources)
	}
	return items
}

// offByAll are the service plans that every source has off which gives something.
func offByAll(sources []Source) ledger.ServicePlanIDs {
	var off ledger.ServicePlanIDs
	first := true
	for _, s := range sources {
		switch {
		case s.Cause != "":
		case first:
			off, first = slices.Clone(s.without), false
		default:
			off = slices.DeleteFunc(off, func(p string) bool { return !slices.Contains(s.without, p) })
		}
	}
	return off
}

// on are the services that a source gives.
func (x *explaining) on(item string, without ledger.ServicePlanIDs) []string {
	var on []string
	for _, p := range x.plans[item] {
		if !p.ByTenant && !slices.Contains(without, p.ID) {
			on = append(on, p.ID)
		}
	}
	return on
}

// losses says, of each source, what would be lost if it went alone.
func (x *explaining) losses(items []Explained) {
	given := map[string]int{} // how many sources give a service
	each(items, func(e *Explained, s *Source) {
		for _, p := range x.on(e.Item.ID, s.without) {
			given[p]++
		}
	})
	each(items, func(e *Explained, s *Source) {
		others := slices.ContainsFunc(e.Sources, func(o Source) bool { return o.Cause == "" && o.Group != s.Group })
		s.Whole = !others
		for _, p := range x.on(e.Item.ID, s.without) {
			if given[p] == 1 {
				s.Loses = append(s.Loses, p)
			}
		}
	})
	x.within(items)
}

// each goes through the sources that give something.
func each(items []Explained, do func(*Explained, *Source)) {
	for i := range items {
		for n := range items[i].Sources {
			if items[i].Sources[n].Cause == "" {
				do(&items[i], &items[i].Sources[n])
			}
		}
	}
}

// within finds the products that include others of the same person.
func (x *explaining) within(items []Explained) {
	heights := newServiceHeights(x.in.Have.Supply)
	grants := make([]*ledger.Grant, len(items))
	for i, e := range items {
		grants[i] = &ledger.Grant{Holder: e.Holder, Item: e.Item, Value: ledger.Value{Units: 1, Without: e.Off}}
	}
	for i := range items {
		if high := heights.above(grants[i], grants); high != nil {
			items[i].Within = append(items[i].Within, high.Item)
		}
	}
}

// missing adds what files ask for, and is not there.
func (x *explaining) missing(e *Explanation, who ledger.Holder) {
	wanted := slices.Clone(x.in.Want)
	for _, d := range x.in.Dated {
		asked := slices.ContainsFunc(wanted, func(g ledger.Grant) bool { return g.Key() == d.Key() })
		if d.Started(x.in.Today) && !d.Ended(x.in.Today) && !asked {
			wanted = append(wanted, d.Grant)
		}
	}
	for i := range wanted {
		g := &wanted[i]
		there := slices.ContainsFunc(e.Items, func(o Explained) bool {
			return o.Holder.Identity() == g.Holder.Identity() && o.Item.ID == g.Item.ID &&
				slices.ContainsFunc(o.Sources, func(s Source) bool { return s.Group == nil })
		})
		if concerns(who, g.Holder) && !there && g.Units > 0 {
			e.Items = append(e.Items, Explained{Holder: g.Holder, Item: g.Item, Sources: []Source{}, Asked: x.lines[g.Key()]})
		}
	}
}
