package view

import (
	"fmt"
	"slices"
	"strings"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
)

// Refusals tells everything that forbids applying a plan.
func Refusals(pl *plan.Plan) Page {
	p := Page{Title: "Refusals"}
	for _, s := range pl.Shortages {
		p.shortage(s, pl.Undoes != "")
	}
	for _, g := range pl.Gaps {
		p.gap(g, pl)
	}
	p.slips(pl.Slips)
	for _, b := range pl.Breaches {
		p.breach(b)
	}
	p.override(pl.Override)
	p.unreviewed(pl.Unreviewed)
	return p
}

// override tells that somebody set the guard aside for this run, and of what it would have said.
func (p *Page) override(o *plan.Override) {
	if o == nil {
		return
	}
	var would Page
	for _, b := range o.Breaches {
		would.breach(b)
	}
	n := Note{Level: Warning, Code: "override", Text: "the guard is set aside for this run: " + o.Reason}
	for _, part := range would.Parts {
		if refusal, is := part.(Note); is {
			n.Lines = append(n.Lines, refusal.Text)
		}
	}
	p.add(n, Break{})
}

// unreviewed tells what nobody has reviewed.
//
//	Refused: 1 step or limit is not in the reviewed plan sha256:9f….
//	  - user/cleo@contoso.com:SPE_E3
//	  Review a plan of these files, and expect that one.
func (p *Page) unreviewed(u *plan.Unreviewed) {
	if u == nil {
		return
	}
	const most = 20
	lines := slices.Clone(u.Rules)
	for _, s := range u.Steps[:min(most, len(u.Steps))] {
		lines = append(lines, s.Op.Sign()+" "+string(s.Address()))
	}
	if more := len(u.Steps) - most; more > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", more))
	}
	p.refuse(Note{Code: "unreviewed", Lines: lines, Fix: "Review a plan of these files, and expect that one"},
		"%s not in the reviewed plan %s", ledger.Plural(len(u.Steps)+len(u.Rules), "step or limit is", "steps and limits are"), u.Digest)
}

// refuse adds why a plan is refused.
//
//	Refused: SPE_E5 is short by 2: 27 would be in use, and 25 are purchased.
//	     20  assignment.office (people.hcl:4)
//	      7  in use, and declared by no file
//	  Buy more, or declare less.
func (p *Page) refuse(n Note, format string, args ...any) {
	n.Level, n.Text = Refusal, fmt.Sprintf(format, args...)+"."
	p.add(n, Break{})
}

// gap tells who would be without a seat for a moment: as a refusal, or as
// what was allowed.
//
// People who hold each other's seats cannot swap while no seat is free. The note names the
// product of which one more seat would do, so that somebody can weigh a seat against a
// moment without a mailbox.
func (p *Page) gap(g plan.Gap, pl *plan.Plan) {
	without := strings.Join(g.Without, " and ")
	if !pl.TooManyGaps() {
		p.add(Note{Level: Permitted, Text: fmt.Sprintf("%s gives up %s before getting the other seat, as -allow-gaps=%d permits.",
			g.Person, without, pl.AllowGaps)})
		return
	}
	lines := []string{"No free seat of a single product makes it possible: change less at a time."}
	if len(g.Items) > 0 {
		lines[0] = fmt.Sprintf("%s of %s %s it possible: buy or free that many.",
			ledger.Plural(g.Seats, "free seat", "free seats"), strings.Join(g.Items, " or "), verb(g.Seats, "makes", "make"))
	}
	possible := !slices.ContainsFunc(pl.Gaps, func(g plan.Gap) bool { return len(g.Without) == 0 || g.Until != "" })
	switch {
	case g.Until != "":
		lines = append(lines, fmt.Sprintf("-allow-gaps does not help: %s would be without %s until the service has finished with %s, "+
			"which can take hours.", g.Person, without, g.Until))
	case possible:
		lines = append(lines, fmt.Sprintf("Or let %s go without %s for a moment with -allow-gaps=%d.", g.Person, without, len(pl.Gaps)))
	}
	p.refuse(Note{Code: "gap", Lines: lines}, "%s, one of %d people in a swap, would be without a seat for a moment: "+
		"they hold each other's seats, and none is free", g.Person, g.People)
}

// verb picks the form of a verb for a number.
func verb(n int64, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// shortage tells of a pool that does not fit, and of the lines that draw on it.
//
// The number that binds is named with the place where it can be changed: what is purchased
// in the shop, a quantity or a reserve in a file.
func (p *Page) shortage(s plan.Shortage, undoing bool) {
	lines := drawers(s, undoing)
	if s.Pool.Environment != "" {
		p.shortEnvironment(s, lines)
		return
	}
	bound := map[ledger.Term]string{
		ledger.Owned:    "%d are purchased",
		ledger.Quantity: "the declared quantity allows %d",
		ledger.Reserve:  "the reserve leaves %d",
	}
	fix := map[ledger.Term]string{
		ledger.Owned:    "Buy more, or declare less",
		ledger.Quantity: "Raise quantity in the file, or declare less",
		ledger.Reserve:  "Lower reserve in the file, or declare less",
	}
	way := fix[s.Term]
	if s.Term == ledger.Owned && s.InactiveSeats() > 0 {
		lines = append(lines, s.InactiveText()+".")
		way = "Reactivate the subscription in the Microsoft 365 admin centre, under Billing, or declare less"
	}
	if len(s.Blocked) > 0 {
		lines = append(lines, fmt.Sprintf("The service gives a member all products of a group or none, so this would be missing as well: %s.",
			some(s.Blocked)))
	}
	p.refuse(Note{Code: shortage, Lines: lines, Fix: way, Origins: originsOf(s)}, "%s is short by %d: %d would be in use, and %s",
		s.Item.Name, s.Short, s.Limit+s.Short, fmt.Sprintf(bound[s.Term], s.Limit))
}

// shortage is the code of a pool that does not fit.
const shortage = "shortage"

// originsOf are the blocks that draw on a short pool.
func originsOf(s plan.Shortage) []ledger.Origin {
	all := make([]ledger.Origin, len(s.Drawers))
	for i, d := range s.Drawers {
		all[i] = d.Origin
	}
	return all
}

// drawers are the lines that draw on a pool, and how much of it is in use beside them.
func drawers(s plan.Shortage, undoing bool) []string {
	var lines []string
	for _, d := range s.Drawers {
		lines = append(lines, fmt.Sprintf("%5d  %s (%s)", d.Units, d.Origin.Block, d.Origin.String()))
	}
	switch {
	case s.Unlisted > 0 && undoing:
		lines = append(lines, fmt.Sprintf("%5d  in use by others", s.Unlisted))
	case s.Unlisted > 0:
		lines = append(lines, fmt.Sprintf("%5d  in use, and declared by no file", s.Unlisted))
	}
	return lines
}

// shortEnvironment tells of a shortage inside an environment, and of what would run
// without capacity because of it.
func (p *Page) shortEnvironment(s plan.Shortage, lines []string) {
	if len(s.Overage) > 0 {
		lines = append(lines, "The platform would mark as over capacity, in this order:")
	}
	for _, o := range s.Overage {
		lines = append(lines, fmt.Sprintf("%5d  %s", o.Units, o.Address))
	}
	n := Note{Code: shortage, Lines: lines, Origins: originsOf(s),
		Fix: "Give the environment more, or take capacity from its flows and machines first"}
	p.refuse(n, "the environment %s is short of %s by %d: its flows and machines would use %d, and it would be allocated %d",
		s.EnvironmentName, s.Item.Name, s.Short, s.Limit+s.Short, s.Limit)
}

// breach tells of a limit of the guard that a plan exceeds.
//
// Every message has the count, what it is a count of, and the limit: a reader decides
// whether the files or the guard are wrong.
func (p *Page) breach(b plan.Breach) {
	n := Note{Code: string(b.Kind), Address: b.Address, Fix: "If that is meant, raise max_losses or max_loss_percent in the guard block"}
	if b.Held {
		n.Fix = "The license holds these seats for a while, and they go then. " + n.Fix
	}
	switch b.Kind {
	case plan.Protected:
		n.Fix = "Take it out of protect in the guard block if that is meant"
		p.refuse(n, "%s is protected, and the plan takes it or changes it", b.Address)
	case plan.Stops:
		n.Fix = "Give the flow to a person with a license, or add -allow-stopping-flows if it may stop"
		p.refuse(n, "%s would stop: a service principal owns the flow, and has no license of its own for it to run on", b.Address)
	case plan.Losses:
		p.refuse(n, "%d of the %d people with %s lose it or a part of it, and the guard allows %d", b.Count, b.Of, b.Item, b.Allowed)
	case plan.Lowered:
		p.refuse(n, "%d of the %d allocated units of %s are taken from environments, and the guard allows %d", b.Count, b.Of, b.Item, b.Allowed)
	case plan.Undrawn:
		p.refuse(n, "%d of the %d units of %s that flows and machines hold are taken from them, and the guard allows %d",
			b.Count, b.Of, b.Item, b.Allowed)
	case plan.UnknownNames:
		n.Fix = "Correct them. If that is meant, write unknown_names = \"ignore\" in the assignment, or raise max_unknown_names in " +
			"the guard block"
		p.refuse(n, "%d of the %d names in %s are unknown, and the guard allows %d", b.Count, b.Of, b.Item, b.Allowed)
	case plan.Moves:
		n.Fix = "Look at the causes in the plan. If that is meant, raise max_attribute_moves or max_attribute_move_percent in the guard block"
		p.refuse(n, "attributes of the directory move %d of the %d people whom members find, and the guard allows %d", b.Count, b.Of, b.Allowed)
	case plan.Forgets:
		p.refuse(n, "%d of the %d records of %s would be dropped, and the guard allows %d", b.Count, b.Of, b.Item, b.Allowed)
	}
}
