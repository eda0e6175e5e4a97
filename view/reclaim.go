package view

import (
	"fmt"
	"slices"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
)

// Reclaimed tells of seats that nobody uses, with the evidence, and of the change that gives
// them back.
//
//	person           license           last sign-in             last use
//	ben@contoso.com   SPE_E5             2026-06-01  2026-05-28 in Teams
//	old@contoso.com   SPE_E3  2025-01-31, disabled                     -
//
//	Left alone:
//	  user/robot@contoso.com:SPE_E5: ignore.robots: they sign in to nothing
//
//	2 seats of 2 people go out of the files. An apply after the review takes what they give.
func (w Words) Reclaimed(c plan.Change, r plan.Reclaimed) Document {
	p := Page{Title: "Reclaim", Finding: ledger.Something}
	if len(r.Taken) == 0 {
		p.Finding = ledger.Nothing
	}
	w.reclaim(&p, c, r)
	p.landed(c)
	return Document{p, newReclaimReport(c, r)}
}

// ReclaimProposal is what the pull request of a change says.
func (w Words) ReclaimProposal(c plan.Change, r plan.Reclaimed) Page {
	p := Page{Title: "Reclaim"}
	w.reclaim(&p, c, r)
	return p
}

func (w Words) reclaim(p *Page, c plan.Change, r plan.Reclaimed) {
	if r.SignIns != "" {
		p.add(Note{Level: Warning, Code: "sign-ins", Text: "sign-ins could not be read, so only disabled accounts count as unused: " + r.SignIns})
	}
	if r.Reports != "" {
		p.add(Note{Level: Info, Code: "reports", Text: "the report of active users is no evidence here: " + r.Reports})
	}
	table := Table{Head: []string{"person", "license", "last sign-in", "last use"}}
	for _, seat := range r.Taken {
		table.Rows = append(table.Rows, evidence(seat))
	}
	if len(table.Rows) > 0 {
		p.add(table, Break{})
	}
	p.list(w.idleList("By hand, because usher finds no text to change:", r.ByHand, func(s plan.IdleSeat) string { return blocks(s.Origins) }))
	p.list(w.idleList("By hand, because a group gives them:", r.Groups, func(s plan.IdleSeat) string { return "the group " + s.Group.Name }))
	p.list(w.idleList("No file declares them:", r.Undeclared, nil))
	spared := List{Title: "Left alone:"}
	for _, s := range r.Spared {
		spared.Items = append(spared.Items, Item{Text: string(s.Address()) + ": " + s.Why, Address: string(s.Address())})
	}
	p.list(firstItems(spared))
	if slices.ContainsFunc(r.Taken, func(s plan.IdleSeat) bool { return s.Reason == plan.AccountDisabled }) {
		p.say("A disabled account can be a shared mailbox. One with more than 50 GB, an archive or a hold needs its license: " +
			"look before the merge.")
	}
	if len(r.Taken) > 0 {
		p.expensesOf(c)
		p.add(Refusals(c.Plan).Parts...)
		p.owners(c.Plan)
	}
	if r.Later > 0 {
		p.say("%s more can give seats back in another change: the guard, or -most, allows no more in one.",
			ledger.Plural(r.Later, "person", "people"))
	}
	p.add(Verdict(reclaimVerdict(c, r)))
}

// evidence is what is known of a seat.
func evidence(s plan.IdleSeat) []string {
	signIn, use := s.Last, s.Used
	switch {
	case s.Reason == plan.AccountDisabled && signIn == "":
		signIn = "disabled"
	case s.Reason == plan.AccountDisabled:
		signIn += ", disabled"
	case signIn == "":
		signIn = "none on record"
	}
	if use == "" {
		use = "-"
	} else {
		use += " in " + s.By
	}
	return []string{s.Holder.Name, s.Item.Name, signIn, use}
}

// idleList lists unused seats that stay.
func (w Words) idleList(title string, seats []plan.IdleSeat, by func(plan.IdleSeat) string) List {
	list := List{Title: title}
	for _, s := range seats {
		e := evidence(s)
		text := fmt.Sprintf("%s, last sign-in: %s", s.Address(), e[2])
		if e[3] != "-" {
			text += ", last use: " + e[3]
		}
		if by != nil {
			text += ", by " + by(s)
		}
		list.Items = append(list.Items, Item{Text: text, Address: string(s.Address())})
	}
	return firstItems(list)
}

// firstItems is a list without what comes behind the first items.
func firstItems(l List) List {
	const most = 20
	if n := len(l.Items); n > most {
		l.Items = append(l.Items[:most:most], Item{Text: fmt.Sprintf("and %d more", n-most)})
	}
	return l
}

func reclaimVerdict(c plan.Change, r plan.Reclaimed) string {
	people := map[ledger.HolderID]bool{}
	for _, s := range r.Taken {
		people[s.Holder.Identity()] = true
	}
	switch {
	case len(r.Taken) == 0:
		return fmt.Sprintf("Nothing to take out of the files: no line gives a seat that nobody used for %s.", ledger.Count(r.Days, "day"))
	case c.Plan.Refused() && !c.Before.Refused():
		return "A plan of this change is refused. -most=N makes a smaller one."
	}
	verb := "go"
	if len(r.Taken) == 1 {
		verb = "goes"
	}
	return fmt.Sprintf("%s of %s %s out of the files. An apply after the review takes what they give.", ledger.Count(len(r.Taken), "seat"),
		ledger.Plural(len(people), "person", "people"), verb)
}

// ReclaimReport is the document of reclaim -json.
type ReclaimReport struct {
	ChangeReport
	plan.Reclaimed
}

// newReclaimReport makes the document. No list in it is null.
func newReclaimReport(c plan.Change, r plan.Reclaimed) ReclaimReport {
	for _, seats := range []*[]plan.IdleSeat{&r.Taken, &r.ByHand, &r.Groups, &r.Undeclared} {
		*seats = append([]plan.IdleSeat{}, *seats...)
	}
	r.Spared = append([]plan.SparedSeat{}, r.Spared...)
	return ReclaimReport{newChangeReport(c), r}
}
