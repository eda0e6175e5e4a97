package engine

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
)

// planOf makes a plan, in which seats stay for a while whose lines went from the files, where
// their license says so.
//
//	license "e5" {
//	  sku  = "SPE_E5"
//	  hold = "30d"
//	}
//
// A hold gives way to what a line asks for: where a pool is short, people whose seats are held the
// longest give them up at once, if that helps. The guard counts a loss when the line goes, which is
// when people review it, and not again on the last day.
func (p *Present) planOf(in plan.Input) *plan.Plan {
	with := p.withHolds(in, nil)
	made := plan.New(with)
	yields := map[ledger.Key]bool{}
	if made.Whole() {
		yields = yielding(made, with)
	}
	if len(yields) > 0 {
		before := made
		with = p.withHolds(in, yields)
		made = plan.New(with)
		if len(made.Shortages) > 0 { // others would lose their seats for nothing
			clear(yields)
			made = before
		}
	}
	p.guardHolds(made, in, yields)
	return made
}

// guardHolds refuses a plan that begins to hold more than the guard lets go.
func (p *Present) guardHolds(made *plan.Plan, in plan.Input, yields map[ledger.Key]bool) {
	begins := made.Begins()
	if len(begins) == 0 || !made.Whole() {
		return
	}
	lost := maps.Clone(yields)
	for _, h := range begins {
		lost[keyOf(h)] = true
	}
	for _, b := range plan.New(p.withHolds(in, lost)).Breaches {
		same := func(o plan.Breach) bool { return o.Kind == b.Kind && o.Item == b.Item && o.Address == b.Address }
		ofLoss := slices.Contains([]plan.BreachKind{plan.Losses, plan.Moves, plan.Protected}, b.Kind)
		if ofLoss && !slices.ContainsFunc(made.Breaches, same) {
			b.Held = true
			made.Breaches = append(made.Breaches, b)
		}
	}
}

func keyOf(h plan.Held) ledger.Key { return ledger.Grant{Holder: h.Holder, Item: h.Item}.Key() }

// wanting are how many seats lines ask for, by the id of the product, and their pools do not have.
func wanting(made *plan.Plan) map[string]int64 {
	short := map[string]int64{}
	for _, s := range made.Shortages {
		if s.Pool.Environment == "" {
			short[s.Item.ID] += s.Short
		}
	}
	for _, b := range made.Purchases {
		short[b.Item.ID] += min(b.To-b.From, int64(b.Waiting))
	}
	return short
}

// yielding are the seats to give up where pools are short, those that are held the longest first. A
// group gives none up: it would take from many for one. Neither does somebody who has the seat from
// a group as well, because that frees none.
func yielding(made *plan.Plan, in plan.Input) map[ledger.Key]bool {
	from := map[ledger.Key]bool{} // groups
	for _, i := range in.Have.Inherited {
		if i.Error == "" {
			from[ledger.Grant{Holder: i.User, Item: ledger.Item{Kind: ledger.Seat, ID: i.Item}}.Key()] = true
		}
	}
	yields := map[ledger.Key]bool{}
	for item, short := range wanting(made) {
		var own []plan.Held
		for _, h := range in.Held {
			over, who := h.Until != "" && h.Until < made.Today, h.Holder.Identity()
			if h.Item.ID == item && who.Kind == ledger.User && !over && !from[keyOf(h)] && !in.Have.IsUnread(who) {
				own = append(own, h)
			}
		}
		first := func(h plan.Held) string { return cmp.Or(h.Since, "9999") }
		slices.SortStableFunc(own, func(a, b plan.Held) int { return strings.Compare(first(a), first(b)) })
		for _, h := range own[:min(len(own), int(short))] {
			yields[keyOf(h)] = true
		}
	}
	return yields
}

// withHolds adds to what lines ask for what is held without one: each is wanted up to a day, as by
// a line with that last day.
//
// The days count from the first apply that misses the line. A line that asks again ends the hold,
// and so does one that ended, and was the last to ask: that is what people write to take a seat at once.
func (p *Present) withHolds(in plan.Input, but map[ledger.Key]bool) plan.Input {
	if p.Document == nil {
		return in
	}
	rules := map[string]ledger.ItemRules{}
	for _, r := range in.Items {
		if r.Hold > 0 && r.Item.Kind == ledger.Seat {
			rules[r.Item.ID] = r
		}
	}
	if len(rules)+len(p.Document.Leaving) == 0 {
		return in
	}
	in.Held = []plan.Held{}
	in.Dated, in.Notices, in.Approved = slices.Clip(in.Dated), slices.Clip(in.Notices), slices.Clip(in.Approved)
	stays, since := p.stays(&in), p.Document.LeavingSince()
	for i := range p.Document.Grants {
		r := &p.Document.Grants[i]
		rule, first := rules[r.Item.ID], since[r.Key()]
		if rule.Hold == 0 || !stays(r.Grant, cmp.Or(first, p.Today())) {
			continue
		}
		if but[r.Key()] {
			in.Notices = append(in.Notices, heldNotice(r.Grant, "no file asks for it any more, and it is not held: others ask for the seat"))
			continue
		}
		h := plan.Held{Holder: r.Holder, Item: r.Item, Since: first}
		text := fmt.Sprintf("no file asks for it any more: it stays for %s after the next apply", ledger.Count(rule.Hold, "day"))
		if day, err := time.Parse(time.DateOnly, first); err == nil {
			h.Until = day.AddDate(0, 0, rule.Hold-1).Format(time.DateOnly)
			text = fmt.Sprintf("no file asks for it since %s: it stays up to %s", first, h.Until)
		}
		g := r.Grant
		g.Origins = []ledger.Origin{rule.Origin}
		in.Dated, in.Held = append(in.Dated, ledger.Dated{Grant: g, Until: h.Until}), append(in.Held, h)
		if h.Until == "" || h.Until >= p.Today() {
			in.Notices = append(in.Notices, heldNotice(r.Grant, fmt.Sprintf("%s, because the license has hold = \"%dd\"", text, rule.Hold)))
		}
	}
	in.Approved = append(in.Approved, plan.Over(in.Held, p.Today())...)
	return in
}

func heldNotice(g ledger.Grant, text string) ledger.Notice {
	return ledger.Notice{Code: "held", Severity: ledger.Info, Address: string(g.Address()), Text: text}
}

// stays reports of a grant on record whether no line asks for it, and the tenant still has it: a hold
// gives nothing back.
func (p *Present) stays(in *plan.Input) func(g ledger.Grant, first string) bool {
	asked, ended := map[ledger.Key]bool{}, map[ledger.Key][]ledger.Dated{}
	for _, g := range plan.Active(*in) {
		asked[g.Key()] = true
	}
	for _, d := range in.Dated {
		if d.Ended(in.Today) {
			ended[d.Key()] = append(ended[d.Key()], d)
		}
	}
	there := map[ledger.Key]bool{}
	for i := range in.Have.Grants {
		there[in.Have.Grants[i].Key()] = true
	}
	replaced := p.replaced(in, there)
	return func(g ledger.Grant, first string) bool {
		key := g.Key()
		_, letGo := in.LetGo[key]
		if asked[key] || letGo || !there[key] && !in.Have.IsUnread(g.Holder.Identity()) || replaced(g) {
			return false
		}
		return !slices.ContainsFunc(ended[key], func(d ledger.Dated) bool { return p.endedByHand(d, key, first) })
	}
}

// endedByHand reports whether a line that ended is the reason why nobody asks: it was the last one
// to ask, or its last day was chosen when nobody asked any more.
func (p *Present) endedByHand(d ledger.Dated, key ledger.Key, first string) bool {
	from, known := p.Document.AskedBy(key)
	own := slices.ContainsFunc(d.Origins, func(o ledger.Origin) bool { return o.Block == from.Block })
	before, err := time.Parse(time.DateOnly, first)
	return !known || own || err != nil || d.Until >= before.AddDate(0, 0, -1).Format(time.DateOnly)
}

// replaced reports whether the files newly give a holder a product that has every service of another
// one: that is a change of products, and no loss.
func (p *Present) replaced(in *plan.Input, there map[ledger.Key]bool) func(ledger.Grant) bool {
	back := map[ledger.Key]bool{}
	for _, key := range in.HeldBack {
		back[key] = true
	}
	news := map[ledger.HolderID][]ledger.Grant{}
	for _, g := range plan.Active(*in) {
		who := g.Holder.Identity()
		blocked := slices.ContainsFunc(in.Blocked, func(h ledger.Holder) bool { return h.Identity() == who })
		if g.Item.Kind == ledger.Seat && !there[g.Key()] && !back[g.Key()] && !blocked {
			news[who] = append(news[who], g)
		}
	}
	includes := plan.Includes(in.Have.Supply)
	return func(g ledger.Grant) bool {
		return slices.ContainsFunc(news[g.Holder.Identity()], func(high ledger.Grant) bool { return includes(high, g) })
	}
}
