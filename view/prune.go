package view

import (
	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
)

// Pruned tells of people whose accounts were deleted, and who go from the files.
//
//	Out of the files:
//	  user/ben@contoso.com: the account was deleted on 2026-11-20 (it had the id …)  people.hcl:4
//
//	1 person goes out of the files. Nobody loses anything by it.
func (w Words) Pruned(people, byHand []plan.Pruned) Page {
	p := Page{Title: "Deleted accounts", Finding: ledger.Something}
	list := func(title string, all []plan.Pruned) {
		l := List{Title: title}
		for _, one := range all {
			l.Items = append(l.Items, Item{Text: one.Holder.Address() + ": " + one.Why, Origins: one.Origins, Address: one.Holder.Address()})
		}
		p.list(l)
	}
	list("Out of the files:", people)
	list("By hand, because usher finds no text to change:", byHand)
	switch {
	case len(people)+len(byHand) == 0:
		p.add(Verdict("The files name nobody whose account was deleted."))
	case len(people) > 0:
		p.add(Verdict(ledger.Plural(len(people), "person goes", "people go") + " out of the files. Nobody loses anything by it."))
	}
	return p
}

// Landed tells where a change is now.
func Landed(c plan.Change) Page {
	p := Page{}
	p.landed(c)
	return p
}
