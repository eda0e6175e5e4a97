package view

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/usher-cli/usher/config"
	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
)

// Drift tells what could not be read, what drifted for which cause, and sums it up.
//
//	helpdesk@contoso.com took SPE_E5 from 2 people, 2026-11-29 21:04 to 22:10 UTC (drift:1a2b3c4d):
//	  user/ada@contoso.com:SPE_E5: taken away by somebody
//	  user/ben@contoso.com:SPE_E5: taken away by somebody
//	  to put it back: usher apply -only=drift:1a2b3c4d
//	  to take it into the code: people.hcl:4: take user/ada@contoso.com, user/ben@contoso.com out of the grant of SPE_E5
//
//	Drift: 2 gone, 0 changed, 0 undeclared.
func (w Words) Drift(have ledger.Have, r *plan.DriftReport, at time.Time) Document {
	p := Page{Title: "Drift", At: at, Finding: ledger.Something}
	p.add(w.notRead(have.Unread)...)
	if len(have.Unread) > 0 {
		p.add(lastWhole(r.Whole, at))
	}
	for _, i := range r.Ignored {
		if i.Over {
			p.add(Note{Level: Warning, Code: "ignore-over", Text: fmt.Sprintf("ignore.%s ended on %s, and ignores nothing more", i.Label, i.Until),
				Sources: []Source{{File: i.Origin.File, Line: i.Origin.Line}}, Fix: "Remove the block, or give it a later day"})
		}
	}
	n := map[plan.DriftKind]int{}
	for _, g := range r.Groups {
		n[g.Kind] += len(g.Drift)
		p.add(w.driftGroup(g, r), Break{})
	}
	p.accepted(r.Accepted)
	if r.Unknown != "" {
		p.add(Note{Level: Info, Code: "nobody-knows", Text: "nobody knows who made these changes: " + r.Unknown})
	}
	for _, i := range r.Ignored {
		if i.Count > 0 {
			p.say("%s ignored by ignore.%s (%s)%s: %s", ledger.Plural(i.Count, "difference is", "differences are"), i.Label, i.Origin.String(),
				upTo(i.Until), i.Reason)
		}
	}
	p.alwaysThere(r)
	text := driftSum(n)
	switch {
	case len(r.Groups) > 0:
	case len(have.Unread) > 0:
		text = "No drift in the part that was read."
	default:
		text = "No drift. Everything that usher manages is unchanged."
		if r.NoState {
			text = "No drift: there is no state yet, so usher manages nothing. The first usher apply makes one."
		}
		p.Finding = ledger.Nothing
	}
	if len(have.Unread) > 0 {
		p.Finding = ledger.Incomplete
	}
	p.add(Verdict(text))
	return Document{p, newDriftReport(have, r)}
}

// lastWhole says how old the last complete reading is, where this one is not complete.
func lastWhole(last *time.Time, now time.Time) Note {
	n := Note{Level: Info, Code: "last-whole", Text: "no run on record has read everything"}
	if last != nil {
		n.Text = fmt.Sprintf("a run last read everything on %s, %s ago", last.UTC().Format("2006-01-02 15:04 UTC"), about(now.Sub(*last)))
	}
	return n
}

// alwaysThere counts the seats that no file declares and that are no news.
func (p *Page) alwaysThere(r *plan.DriftReport) {
	for _, a := range r.AlwaysThere {
		p.say("%s of %s %s there before, and no file declares %s: usher drift -undeclared=all lists them.",
			ledger.Count(a.People, "seat"), a.Item, verb(int64(a.People), "was", "were"), verb(int64(a.People), "it", "them"))
		if a.Since == "" && !r.NoState {
			p.say("No apply has listed who has %s yet, so a seat that somebody gives now looks like one of these. "+
				"The next apply with a step lists them.", a.Item)
		}
	}
}

// accepted tells what was taken into the files, and what a person has to change.
func (p *Page) accepted(a *plan.Accepted) {
	if a == nil {
		return
	}
	addresses := func(title string, all []plan.Drift) {
		list := List{Title: title}
		for _, d := range all {
			list.Items = append(list.Items, Item{Text: string(d.Address())})
		}
		p.list(list)
	}
	if len(a.Files) > 0 {
		addresses("Taken into "+strings.Join(a.Files, ", ")+":", a.Done)
	}
	addresses("To be changed by hand, as told above:", a.ByHand)
}

func upTo(day string) string {
	if day == "" {
		return ""
	}
	return " up to " + day
}

// driftGroup lists the drift of one cause, and both ways out.
func (w Words) driftGroup(g plan.DriftGroup, r *plan.DriftReport) List {
	list := List{Title: driftTitle(g)}
	for _, d := range g.Drift {
		list.Items = append(list.Items, Item{Address: string(d.Address()), Text: fmt.Sprintf("%s: %s", d.Address(), w.drifted(d))})
	}
	switch {
	case g.Kind == plan.Unfinished:
		return list
	case g.Kind == plan.Undeclared && !r.Takes[g.Item.ID]:
		list.Items = append(list.Items, Item{
			Text: "to put it back: take it away in the admin centre, or write unmanaged = \"remove\" in the license block"})
	case slices.ContainsFunc(g.Drift, func(d plan.Drift) bool { return len(d.Origins) > 0 || d.Kind == plan.Undeclared }):
		list.Items = append(list.Items, Item{Text: "to put it back: usher apply -only=drift:" + g.ID})
	default:
		list.Items = append(list.Items, Item{Text: "no line asks for it: usher apply corrects the record"})
		return list
	}
	edits := make([]plan.Edit, len(g.Drift))
	for i, d := range g.Drift {
		edits[i] = plan.Edit{Holder: d.Holder, Item: d.Item, Want: d.Have, Origins: d.Origins, Rule: d.Rule}
	}
	for _, all := range together(edits) {
		list.Items = append(list.Items, w.intoCode(all, r.Labels))
	}
	return list
}

// intoCode says how the files come to ask for what is there.
func (w Words) intoCode(all []plan.Edit, labels map[string]string) Item {
	if e := all[0]; added(e) && e.Item.Kind == ledger.Seat {
		label := cmp.Or(labels[e.Item.ID], "LABEL")
		block := config.AssignmentOf("found-"+label, label, holdersOf(all), w.servicePlanList(e.Want.Without)).Block()
		return Item{Text: "to take it into the code, add:", Code: slices.Collect(strings.SplitSeq(strings.TrimSpace(block), "\n"))}
	}
	item := w.edit(all, labels)
	item.Text = "to take it into the code: " + strings.Replace(item.Text, " back to ", " to ", 1)
	return item
}

// driftTitle says who did what, and when.
func driftTitle(g plan.DriftGroup) string {
	by := cmp.Or(g.By, "somebody")
	if g.App {
		by = "the application " + by
	}
	n := len(g.Drift)
	holders := ledger.Plural(n, "holder", "holders")
	if g.Drift[0].Holder.Kind == ledger.User {
		holders = ledger.Plural(n, "person", "people")
	}
	did := map[plan.DriftKind]string{
		plan.Gone:       "BY took ITEM from HOLDERS",
		plan.Changed:    "BY changed ITEM of HOLDERS",
		plan.Undeclared: "BY gave ITEM to HOLDERS",
		plan.Unfinished: "usher removed ITEM from HOLDERS",
	}[g.Kind]
	if g.Drift[0].Old {
		did = "HOLDERS had ITEM before, and no file declares it"
	}
	if g.Kind == plan.Gone && !slices.ContainsFunc(g.Drift, func(d plan.Drift) bool { return !d.Deleted }) {
		did = "HOLDERS with ITEM left the tenant"
	}
	text := strings.NewReplacer("BY", by, "ITEM", g.Item.Name, "HOLDERS", holders).Replace(did)
	return fmt.Sprintf("%s%s (drift:%s):", text, times(g.First, g.Last), g.ID)
}

// times says from when to when.
func times(first, last *time.Time) string {
	if first == nil {
		return ""
	}
	const day, minute = "2006-01-02", "15:04"
	switch {
	case last.Sub(*first) < time.Minute:
		return ", " + first.UTC().Format(day+" "+minute) + " UTC"
	case first.UTC().Format(day) == last.UTC().Format(day):
		return ", " + first.UTC().Format(day+" "+minute) + " to " + last.UTC().Format(minute) + " UTC"
	}
	return ", " + first.UTC().Format(day+" "+minute) + " to " + last.UTC().Format(day+" "+minute) + " UTC"
}

// driftSum counts what drifted.
func driftSum(n map[plan.DriftKind]int) string {
	text := fmt.Sprintf("Drift: %d gone, %d changed, %d undeclared", n[plan.Gone], n[plan.Changed], n[plan.Undeclared])
	if n[plan.Unfinished] > 0 {
		text += fmt.Sprintf(", %d not carried out", n[plan.Unfinished])
	}
	return text + "."
}

// drifted says what became of a grant.
func (w Words) drifted(d plan.Drift) string {
	switch {
	case d.Deleted:
		return "gone: its holder is no longer in the tenant"
	case d.Kind == plan.Gone:
		return "taken away by somebody"
	case d.Kind == plan.Undeclared && d.By == "":
		return plan.UndeclaredText(d.Item)
	case d.Kind == plan.Undeclared:
		return "no file declares it"
	case d.Kind == plan.Unfinished:
		return "usher removed it, and the service has not carried that out"
	case d.Item.Kind == ledger.Setting:
		return fmt.Sprintf("changed by somebody: %s -> %s", d.Known.Policy, d.Have.Policy)
	case d.Item.Kind == ledger.Capacity:
		return fmt.Sprintf("changed by somebody: %d -> %d", d.Known.Amount(), d.Have.Amount())
	}
	return "changed by somebody: " + w.servicePlanChange(*d.Known, *d.Have)
}
