package view

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
	"github.com/usher-cli/usher/state"
)

// Result tells of the end of one call: what it was about, and how it ended.
//
//	user/ada@contoso.com: - SPE_E3, + SPE_E5: done
//	user/linus@contoso.com: + SPE_E5: failed: Subscription with SKU SPE_E5 (06eb…) does not have any available licenses
//
// A service names service plans by their ids; a reader gets their names beside them.
func (w Words) Result(r ledger.Result) Outcome {
	o := Outcome{Holder: r.Call.Holder.Address(), Outcome: r.Outcome, Message: w.named(r.Message)}
	for _, s := range r.Call.Steps {
		text := s.Item.Name
		switch {
		case s.Op == ledger.Restart:
			text = "off and on"
		case s.Item.Kind == ledger.Capacity:
			text += fmt.Sprintf(" %d -> %d", s.Before.Amount(), s.After.Amount())
		case s.Item.Kind == ledger.Setting:
			text += fmt.Sprintf(" %s -> %s", policy(s.Before), policy(s.After))
		}
		o.Acts = append(o.Acts, Act{s.Op, text})
	}
	if r.Call.Location != "" {
		o.Acts = append(o.Acts, Act{Text: "usage location " + r.Call.Location})
	}
	for _, i := range r.Unfit {
		text, fix := plan.UnfitText(i.Error)
		o.Lines = append(o.Lines, fmt.Sprintf("%s was not given it: %s; %s", i.User.Address(), text, fix))
	}
	return o
}

// Report tells how a run ended: what did not succeed once more, and the sum.
//
//	Not done:
//	user/linus@contoso.com: + SPE_E5: failed: …
//
//	Apply incomplete: 12 done, 1 failed, 0 of unknown outcome, 0 skipped. Run usher plan to see the rest.
//
// A run of thousands scrolls away. So what did not succeed is told once more at its end.
func (w Words) Report(pl *plan.Plan, r *ledger.Report) Document {
	p := Page{Title: "Run"}
	if len(r.Results) > 0 {
		p.add(Break{}, Sentence("Not done:"))
		skipped := map[string][]ledger.Result{}
		for _, res := range r.Results {
			if res.Outcome == ledger.Skipped && !w.Full {
				skipped[res.Message] = append(skipped[res.Message], res)
				continue
			}
			p.add(w.Result(res))
		}
		w.skipped(&p, skipped)
	}
	text := fmt.Sprintf("Apply complete: %s done%s.", ledger.Count(r.Done, "call"), recordedSteps(r.Tally))
	switch {
	case r.Waiting():
		text = fmt.Sprintf("Apply complete, and others have something left to finish: %d done, %d pending.", r.Done, r.Pending)
	case r.Unfit > 0 && r.Done == r.All:
		text = fmt.Sprintf("Apply incomplete: %d done, and a group could not give its licenses to %s.", r.Done, ledger.Count(r.Unfit, "member"))
	case !r.Complete():
		text = fmt.Sprintf("Apply incomplete: %d done, %d failed, %d of unknown outcome, %d skipped%s. Run usher plan to see the rest.",
			r.Done, r.Failed, r.Unknown, r.Skipped, pendingText(r.Pending))
	}
	p.add(Break{}, Verdict(text))
	return Document{p, newRun(pl, r)}
}

// skipped tells of calls that were not started: those of one reason in a line, the most first,
// behind everything that failed.
//
//	skipped, 412 calls: SPE_E5 has no room for it (user/ada@contoso.com, user/ben@contoso.com and 410 more)
func (w Words) skipped(p *Page, byReason map[string][]ledger.Result) {
	most := func(a, b string) int {
		return cmp.Or(len(byReason[b])-len(byReason[a]), strings.Compare(a, b))
	}
	for _, reason := range slices.SortedFunc(maps.Keys(byReason), most) {
		calls := byReason[reason]
		if len(calls) <= mostEqual {
			for _, res := range calls {
				p.add(w.Result(res))
			}
			continue
		}
		holders := make([]string, len(calls))
		for i, res := range calls {
			holders[i] = res.Call.Holder.Address()
		}
		p.say("skipped, %s: %s (%s; -full shows all)", ledger.Count(len(calls), "call"), w.named(reason), some(holders))
	}
}

// recordedSteps counts the steps that made no call.
func recordedSteps(t ledger.Tally) string {
	text := ""
	if t.Adopted > 0 {
		text += fmt.Sprintf(", %d adopted", t.Adopted)
	}
	if t.Forgotten > 0 {
		text += fmt.Sprintf(", %d forgotten", t.Forgotten)
	}
	return text
}

// pendingText counts what others have to finish.
func pendingText(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(", %d pending", n)
}

// Usage tells what could not be read and how much of every item there is, with
// everybody who has it where asked for.
//
//	license  purchased  assigned  available
//	SPE_E5          25        23          2
//
//	capacity  purchased  allocated  available
//	process          10          8          2
func (w Words) Usage(have ledger.Have, all []ledger.Usage, today string, people bool) Document {
	p := Page{Title: "Usage"}
	p.add(w.notRead(have.Unread)...)
	seats := Table{Head: []string{"license", "purchased", "assigned", "available"}}
	capacity := Table{Head: []string{"capacity", "purchased", "allocated", "available"}}
	priced := slices.ContainsFunc(all, func(u ledger.Usage) bool { return u.Charge != nil })
	if priced {
		seats.Head, capacity.Head = append(seats.Head, "a month", "idle"), append(capacity.Head, "a month", "idle")
	}
	var lapses List
	for _, u := range all {
		row := []string{u.Item.Name, number(u.Purchased), number(u.Used), number(u.Available)}
		if u.Free {
			row[1], row[3] = "free", "-"
		}
		if priced {
			row = append(row, monthOf(u.Price, u.Charge), monthOf(u.Price, u.Idle))
		}
		if u.Item.Kind == ledger.Seat {
			seats.Rows = append(seats.Rows, row)
		} else {
			capacity.Rows = append(capacity.Rows, row)
		}
		if u.InactiveSeats() > 0 {
			lapses.addf("%s: %s, and can be given to nobody before the subscription is reactivated.", u.Item.Name, u.InactiveText())
		}
		for _, l := range u.Lapses {
			kind := "subscription"
			if l.Trial {
				kind = "trial"
			}
			if l.Day < today {
				lapses.addf("%s: a %s of %s was to lapse on %s, and is still there.", u.Item.Name, kind, ledger.Count(l.Seats, "seat"), l.Day)
				continue
			}
			lapses.addf("%s: a %s of %s lapses on %s if it is not renewed.", u.Item.Name, kind, ledger.Count(l.Seats, "seat"), l.Day)
		}
	}
	p.add(seats, Break{}, capacity, lapses)
	for _, u := range all {
		if !people || len(u.Sources) == 0 {
			continue
		}
		list := List{Title: u.Item.Name}
		for _, s := range u.Sources {
			list.Items = append(list.Items, Item{Text: s.Holder.Name, Detail: w.sourceText(s)})
		}
		p.add(Break{}, list)
	}
	return Document{p, newUsageReport(have, all, today, people)}
}

// monthOf is what units cost a month, with the currency.
func monthOf(p *ledger.Price, c *ledger.Charge) string {
	if c == nil {
		return "-"
	}
	return c.Month.String() + " " + p.Currency
}

// sourceText says where a person has a seat from.
func (w Words) sourceText(s ledger.Source) string {
	text := "directly"
	switch {
	case s.Holder.Kind == ledger.Environment:
		return ledger.Count(s.Units, "unit")
	case s.GroupName != "":
		text = "through group " + s.GroupName
	case s.Group != "":
		text = "through group " + s.Group
	}
	if len(s.Without) > 0 {
		text += ", without " + w.servicePlanNames(s.Without)
	}
	return text
}

// Addresses tells the addresses of the records of a state, one a line.
//
// They are sorted as texts, so that two lists can be compared.
func Addresses(d *state.Document) Page {
	p := Page{Title: "State"}
	var all []string
	for _, r := range d.Grants {
		all = append(all, string(r.Address()))
	}
	slices.Sort(all)
	for _, address := range all {
		p.add(Sentence(address))
	}
	return p
}

// Record tells of one record of a state.
func Record(r state.Record) Page {
	facts := Facts{{"address", string(r.Address())}, {"holder", r.Holder.ID}, {"item", r.Item.ID}}
	if r.Policy != "" {
		facts = append(facts, Fact{"policy", r.Policy})
	} else {
		facts = append(facts, Fact{"units", fmt.Sprint(r.Units)})
	}
	if r.Without != nil {
		facts = append(facts, Fact{"without", "[" + strings.Join(r.Without, ", ") + "]"})
	}
	facts = append(facts, Fact{"since", r.Since})
	if from, known := r.From.Origin(); known {
		facts = append(facts, Fact{"asked by", strings.TrimSuffix(from.String()+", "+from.Block, ", ")})
	}
	return Page{Title: "State", Parts: []Part{facts}}
}

// Progress shows, on a terminal, one line that is written over again.
type Progress struct {
	w    io.Writer
	last string
}

// NewProgress makes a progress line; with a nil writer it shows nothing.
func NewProgress(w io.Writer) *Progress { return &Progress{w: w} }

// Show replaces the line.
func (p *Progress) Show(format string, args ...any) {
	if p.w == nil {
		return
	}
	text := fmt.Sprintf(format, args...)
	if text == p.last {
		return
	}
	fmt.Fprintf(p.w, "\r\x1b[K%s", text)
	p.last = text
}

// Progressed tells how far a run is: how many of how many, for how long by now, and how long
// the rest takes at that pace.
//
//	Applying: 120 of 480 done, 2 not, 0:35 so far, about 1:43 left
func Progressed(t ledger.Tally, so time.Duration) string {
	ended := t.Done + t.Failed + t.Unknown + t.Skipped + t.Pending
	text := fmt.Sprintf("Applying: %d of %d done", t.Done, t.All)
	if n := t.Failed + t.Unknown + t.Skipped; n > 0 {
		text += fmt.Sprintf(", %d not", n)
	}
	text += ", " + clock(so) + " so far"
	if ended > 0 && ended < t.All {
		text += ", about " + clock(so/time.Duration(ended)*time.Duration(t.All-ended)) + " left"
	}
	return text
}

// clock is a length of time as minutes and seconds.
func clock(d time.Duration) string {
	seconds := int(d.Round(time.Second).Seconds())
	return fmt.Sprintf("%d:%02d", seconds/60, seconds%60)
}

// Clear removes the line.
func (p *Progress) Clear() {
	if p.w != nil && p.last != "" {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.last = ""
	}
}
