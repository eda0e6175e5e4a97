package engine

import (
	"cmp"
	"fmt"
	"time"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
)

// hold lets seats stay for a while whose lines went from the files, where their license says so:
// each is wanted up to a day, as by a line with that last day.
//
//	license "e5" {
//	  sku  = "SPE_E5"
//	  hold = "30d"
//	}
//
// The days count from the first apply that misses the line. A line that comes back, or one with a
// last day of its own, ends the hold. Somebody who gets another product in the same plan changes
// products, and keeps nothing.
func (p *Present) hold(in *plan.Input) []plan.Held {
	if p.Document == nil {
		return nil
	}
	rules, since := map[string]ledger.ItemRules{}, map[ledger.Key]string{}
	for _, r := range in.Items {
		if r.Hold > 0 && r.Item.Kind == ledger.Seat {
			rules[r.Item.ID] = r
		}
	}
	for _, l := range p.Document.Leaving {
		since[l.Key()] = l.Since
	}
	if len(rules)+len(since) == 0 {
		return nil
	}
	held := []plan.Held{}
	stays := p.stays(in)
	for _, r := range p.Document.Grants {
		rule := rules[r.Item.ID]
		first := cmp.Or(since[r.Key()], p.Today())
		day, err := time.Parse(time.DateOnly, first)
		if rule.Hold == 0 || !stays(r.Grant) || err != nil { // the last in a state of somebody's own making
			continue
		}
		last := day.AddDate(0, 0, rule.Hold-1).Format(time.DateOnly)
		g := r.Grant
		g.Origins = []ledger.Origin{rule.Origin}
		in.Dated = append(in.Dated, ledger.Dated{Grant: g, Until: last})
		held = append(held, plan.Held{Holder: r.Holder, Item: r.Item, Since: first, Until: last})
		if last >= p.Today() {
			in.Notices = append(in.Notices, ledger.Notice{Code: "held", Severity: ledger.Info, Address: string(r.Address()),
				Text: fmt.Sprintf("no file asks for it since %s: it stays up to %s, because the license has hold = \"%dd\"", first, last, rule.Hold)})
		}
	}
	return held
}

// stays reports of a grant on record whether it is one that no line asks for, and that could stay
// where it is.
func (p *Present) stays(in *plan.Input) func(ledger.Grant) bool {
	asked, changes := p.lines(in)
	gone := map[ledger.HolderID]bool{}
	for _, h := range in.Gone {
		gone[h] = true
	}
	return func(g ledger.Grant) bool {
		_, letGo := in.LetGo[g.Key()]
		return !asked[g.Key()] && !letGo && !gone[g.Holder.Identity()] && !changes[g.Holder.Identity()]
	}
}

// lines are the grants that lines of files ask for, on whatever days, and the holders who newly get
// a product by one.
func (p *Present) lines(in *plan.Input) (asked map[ledger.Key]bool, changes map[ledger.HolderID]bool) {
	asked, changes = map[ledger.Key]bool{}, map[ledger.HolderID]bool{}
	known := map[ledger.Key]bool{}
	for i := range p.Known {
		known[p.Known[i].Key()] = true
	}
	newly := func(g *ledger.Grant) {
		asked[g.Key()] = true
		if g.Item.Kind == ledger.Seat && !known[g.Key()] {
			changes[g.Holder.Identity()] = true
		}
	}
	for i := range in.Want {
		newly(&in.Want[i])
	}
	for i := range in.Dated {
		d := &in.Dated[i]
		if d.Started(in.Today) && !d.Ended(in.Today) {
			newly(&d.Grant)
		}
		asked[d.Key()] = true
	}
	return asked, changes
}
