package view

import (
	"fmt"
	"slices"
	"time"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
)

// byHand tells what no program can do: what has to be bought, and what
// somebody has to set in a portal.
//
//	To be done by hand:
//	  buy 3 of SPE_E5 (from 25 to 28) in the Microsoft 365 admin centre, under Billing  main.hcl:5
//	      2 calls wait for it
func (p *Page) byHand(pl *plan.Plan) {
	list := List{Title: "To be done by hand:"}
	for _, b := range pl.Purchases {
		item := Item{Text: acquisition(b), Origins: b.Origins}
		if b.Waiting > 0 {
			item.More = []string{ledger.Plural(b.Waiting, "call waits", "calls wait") + " for it"}
		}
		list.Items = append(list.Items, item)
	}
	for _, c := range pl.Calls {
		if c.Manual != "" {
			list.Items = append(list.Items, Item{Text: c.Holder.Address() + ": " + c.Manual})
		}
	}
	p.list(list)
}

// acquisition says how somebody gets the seats that a file declares and the tenant does not have.
func acquisition(b plan.Purchase) string {
	const where = "in the Microsoft 365 admin centre, under Billing"
	buy := fmt.Sprintf("buy %d of %s (from %d to %d)", b.ToBuy(), b.Item.Name, b.From+b.InactiveSeats(), b.To)
	reactivate := fmt.Sprintf("reactivate the subscription of %s (%s)", b.Item.Name, b.InactiveText())
	switch {
	case b.InactiveSeats() == 0:
		return buy + " " + where
	case b.ToBuy() == 0:
		return reactivate + " " + where
	}
	return reactivate + " and " + buy + " " + where
}

// list adds a list that is not empty.
func (p *Page) list(l List) {
	if len(l.Items) > 0 {
		p.add(l, Break{})
	}
}

// refresh tells of the flows that somebody may want to turn off and on, once the
// plan is applied.
func (p *Page) refresh(pl *plan.Plan) {
	list := List{Title: "By hand after that, if you cannot wait a week:"}
	for _, r := range pl.Refresh {
		if !r.Force {
			list.Items = append(list.Items, Item{
				Text: fmt.Sprintf("turn %s off and on: it can take up to a week to notice its owner's license", r.Flow.Address())})
		}
	}
	p.list(list)
}

// due tells what dates will make necessary soon.
//
//	Falls due within 14 days:
//	  2027-03-31 - user/ada@contoso.com:SPE_E5  people.hcl:4
func (p *Page) due(pl *plan.Plan) {
	list := List{Title: "Falls due within 14 days:"}
	for _, d := range pl.Due {
		item := Item{Day: d.Day, Op: d.Op, Text: string(ledger.NewAddress(d.Holder, d.Item)), Origins: d.Origins}
		if d.Trial {
			item.Detail, item.Origins = "the trial ends by itself", nil
		}
		list.Items = append(list.Items, item)
	}
	p.list(list)
}

// Summary is the last line of a plan.
//
//	Plan: 3 to add, 1 to change, 2 to remove, 1 to adopt, 1 person moved.
//
// The three numbers of Terraform come first and are always there. The others stand there
// only where they are not 0.
func Summary(pl *plan.Plan) string {
	if pl.Empty() {
		return noChanges(pl)
	}
	n := map[ledger.Op]int{}
	moved := 0
	for s := range pl.EachStep() {
		n[s.Op]++
	}
	for _, c := range pl.Calls {
		if c.Holder.Kind == ledger.User && has(c, ledger.Add) && has(c, ledger.Remove) || len(c.Undo) > 0 {
			moved++
		}
	}
	toReactivate := 0
	for _, b := range pl.Purchases {
		if b.ToBuy() == 0 {
			toReactivate++
		}
	}
	text := fmt.Sprintf("Plan: %d to add, %d to change, %d to remove", n[ledger.Add], n[ledger.Change], n[ledger.Remove])
	for _, extra := range []struct {
		n    int
		what string
	}{{n[ledger.Adopt], "%d to adopt"}, {n[ledger.Forget], "%d to forget"}, {n[ledger.Retry], "%d to try again"},
		{n[ledger.Restart], "%d to turn off and on"},
		{len(pl.Purchases) - toReactivate, "%d to buy"}, {toReactivate, "%d to reactivate"}, {len(pl.Blocked), "%d blocked"}} {
		if extra.n > 0 {
			text += ", " + fmt.Sprintf(extra.what, extra.n)
		}
	}
	switch {
	case moved == 1:
		text += ", 1 person moved"
	case moved > 1:
		text += fmt.Sprintf(", %d people moved", moved)
	}
	return text + "."
}

// noChanges says how far "no changes" goes.
//
// "No changes" by itself would be read as "all is well". Where a part was not looked at, the
// line says which.
func noChanges(pl *plan.Plan) string {
	switch {
	case pl.Undoes != "":
		return "No changes. Nothing is left to undo."
	case len(pl.Awaited) > 0:
		return fmt.Sprintf("No changes. The service has not finished with %s.", ledger.Count(len(pl.Awaited), "group"))
	case pl.Only == plan.OnlyAdopt:
		return "Nothing to adopt. Nothing else was looked at."
	case pl.Only == plan.OnlyDue:
		return "Nothing is due. Nothing else was looked at."
	case pl.Targets > 0:
		return fmt.Sprintf("No changes for %s. Nothing else was looked at.", ledger.Count(pl.Targets, "target"))
	case len(pl.Unread) > 0:
		return "No changes in the part that was read."
	case len(pl.Blocked) > 0:
		return fmt.Sprintf("No changes but for what is blocked: nothing is done for %s.", ledger.Count(len(pl.Blocked), "holder"))
	case pl.Believed:
		return "No changes, if the state is right about people: they were not read."
	}
	return "No changes. The tenant is as the files declare."
}

// has reports whether a call has a step of this kind.
func has(c ledger.Call, op ledger.Op) bool {
	return slices.ContainsFunc(c.Steps, func(s ledger.Step) bool { return s.Op == op })
}

// pace tells how long the writes of a plan take where the directory allows so
// many a second, and where that is long enough to mention.
//
// People ask why a run takes half an hour, and whether it hangs. A plan says so before.
func (p *Page) pace(pl *plan.Plan, perSecond float64) {
	n := 0
	for _, c := range pl.Calls {
		if c.Runs() && (c.Holder.Kind == ledger.User || c.Holder.Kind == ledger.Group) {
			n++
			if c.Location != "" {
				n++
			}
		}
	}
	const worth = 10 * time.Second
	if perSecond <= 0 || float64(n)/perSecond < worth.Seconds() {
		return
	}
	took := time.Duration(float64(n) / perSecond * float64(time.Second))
	p.say("The directory allows %s a second: these %d take about %s.", ledger.Count(int(perSecond), "write"), n, about(took))
}

// about is a length of time in words.
func about(d time.Duration) string {
	switch {
	case d < 2*time.Minute:
		return ledger.Count(int(d.Round(time.Second).Seconds()), "second")
	case d < 2*time.Hour:
		return ledger.Count(int(d.Round(time.Minute).Minutes()), "minute")
	}
	return ledger.Count(int(d.Round(time.Hour).Hours()), "hour")
}
