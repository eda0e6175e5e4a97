package view

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fatih/color"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
)

// Refusals prints everything that forbids applying the plan.
func (p *Printer) Refusals(pl *plan.Plan) {
	for _, s := range pl.Shortages {
		p.shortage(s)
	}
	for _, g := range pl.Gaps {
		p.gap(g, pl)
	}
	p.slips(pl.Slips)
	for _, b := range pl.Breaches {
		p.breach(b)
	}
}

// refusal prints why a plan is refused.
func (p *Printer) refusal(format string, args ...any) {
	p.Line("%s: %s.", p.paint("Refused", color.FgRed, color.Bold), fmt.Sprintf(format, args...))
}

// gap prints who would be without a seat for a moment: as a refusal, or as
// what was allowed.
func (p *Printer) gap(g plan.Gap, pl *plan.Plan) {
	if !pl.Refused() {
		p.Line("%s: %s gives up %s before getting the other seat, as -allow-gaps=%d permits.", p.paint("Gap", color.FgYellow, color.Bold),
			Safe(g.Person), Safe(strings.Join(g.Without, " and ")), pl.AllowGaps)
		return
	}
	p.refusal("%s, one of %d people in a swap, would be without a seat for a moment: they hold each other's seats, and none is free",
		Safe(g.Person), g.People)
	switch seats := ledger.Plural(g.Seats, "free seat", "free seats"); {
	case len(g.Items) == 0:
		p.Line("  No free seat of a single product makes it possible: change less at a time.")
	default:
		p.Line("  %s of %s %s it possible: buy or free that many.", seats, Safe(strings.Join(g.Items, " or ")), verb(g.Seats, "makes", "make"))
	}
	possible := !slices.ContainsFunc(pl.Gaps, func(g plan.Gap) bool { return len(g.Without) == 0 || g.Until != "" })
	switch {
	case g.Until != "":
		p.Line("  -allow-gaps does not help: %s would be without %s until the service has finished with %s, which can take hours.",
			Safe(g.Person), Safe(strings.Join(g.Without, " and ")), Safe(g.Until))
	case possible:
		p.Line(
			"  Or let %s go without %s for a moment with -allow-gaps=%d.",
			Safe(g.Person),
			Safe(strings.Join(g.Without, " and ")),
			len(pl.Gaps),
		)
	}
	p.Line("")
}

// verb picks the form of a verb for a number.
func verb(n int64, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// shortage prints a pool that does not fit, and the lines that draw on it.
func (p *Printer) shortage(s plan.Shortage) {
	if s.Pool.Environment != "" {
		p.shortPlace(s)
		return
	}
	bound := map[ledger.Term]string{
		ledger.Owned:    "%d are purchased",
		ledger.Quantity: "the declared quantity allows %d",
		ledger.Reserve:  "the reserve leaves %d",
	}
	p.refusal(
		"%s is short by %d: %d would be in use, and %s",
		Safe(s.Item.Name),
		s.Short,
		s.Limit+s.Short,
		fmt.Sprintf(bound[s.Term], s.Limit),
	)
	for _, d := range s.Drawers {
		p.Line("  %5d  %s (%s)", d.Units, Safe(d.Origin.Block), Safe(d.Origin.String()))
	}
	p.unlisted(s)
	p.Line("  %s.", map[ledger.Term]string{
		ledger.Owned:    "Buy more, or declare less",
		ledger.Quantity: "Raise quantity in the file, or declare less",
		ledger.Reserve:  "Lower reserve in the file, or declare less",
	}[s.Term])
	if len(s.Blocked) > 0 {
		p.Line("  The service gives a member all products of a group or none, so this would be missing as well: %s.", Safe(some(s.Blocked)))
	}
	p.Line("")
}

// unlisted says how much of a pool is in use beside what is listed.
func (p *Printer) unlisted(s plan.Shortage) {
	switch {
	case s.Unlisted > 0 && p.undoing:
		p.Line("  %5d  in use by others", s.Unlisted)
	case s.Unlisted > 0:
		p.Line("  %5d  in use, and declared by no file", s.Unlisted)
	}
}

// shortPlace prints a shortage inside an environment, and what would run
// without capacity because of it.
func (p *Printer) shortPlace(s plan.Shortage) {
	p.refusal("the environment %s is short of %s by %d: its flows and machines would use %d, and it would be allocated %d",
		Safe(s.EnvironmentName), Safe(s.Item.Name), s.Short, s.Limit+s.Short, s.Limit)
	for _, d := range s.Drawers {
		p.Line("  %5d  %s (%s)", d.Units, Safe(d.Origin.Block), Safe(d.Origin.String()))
	}
	p.unlisted(s)
	if len(s.Overage) > 0 {
		p.Line("  The platform would mark as over capacity, in this order:")
	}
	for _, o := range s.Overage {
		p.Line("  %5d  %s", o.Units, Safe(o.Address))
	}
	p.Line("  Give the environment more, or take capacity from its flows and machines first.")
	p.Line("")
}

// some lists a few names, and how many more there are.
func some(names []string) string {
	const most = 5
	if len(names) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	return strings.Join(names, ", ")
}

// breach prints a limit of the guard that a plan exceeds.
func (p *Printer) breach(b plan.Breach) {
	switch b.Kind {
	case plan.Protected:
		p.refusal("%s is protected, and the plan takes it or changes it", Safe(b.Address))
		p.Line("  Take it out of protect in the guard block if that is meant.")
	case plan.Stops:
		p.refusal("%s would stop: a service principal owns the flow, and has no license of its own for it to run on", Safe(b.Address))
		p.Line("  Give the flow to a person with a license, or add -allow-stopping-flows if it may stop.")
	case plan.Losses:
		p.refusal("%d of the %d people with %s lose it or a part of it, and the guard allows %d", b.Count, b.Of, Safe(b.Item), b.Allowed)
	case plan.Lowered:
		p.refusal(
			"%d of the %d allocated units of %s are taken from environments, and the guard allows %d",
			b.Count,
			b.Of,
			Safe(b.Item),
			b.Allowed,
		)
	case plan.Undrawn:
		p.refusal(
			"%d of the %d units of %s that flows and machines hold are taken from them, and the guard allows %d",
			b.Count,
			b.Of,
			Safe(b.Item),
			b.Allowed,
		)
	case plan.UnknownNames:
		p.refusal("%d of the %d names in %s are unknown, and the guard allows %d", b.Count, b.Of, Safe(b.Item), b.Allowed)
		p.Line(
			"  Correct them. If that is meant, write unknown_names = \"ignore\" in the assignment, or raise max_unknown_names in the guard block.",
		)
	case plan.Forgets:
		p.refusal("%d of the %d records of %s would be dropped, and the guard allows %d", b.Count, b.Of, Safe(b.Item), b.Allowed)
	}
	if b.Kind != plan.Protected && b.Kind != plan.Stops && b.Kind != plan.UnknownNames {
		p.Line("  If that is meant, raise max_losses or max_loss_percent in the guard block.")
	}
	p.Line("")
}
