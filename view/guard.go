package view

import (
	"fmt"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
)

// guard tells which limits are in force. Every plan shows them, because a reader
// of a plan does not see the guard block.
func (p *Page) guard(pl *plan.Plan) {
	g, selects := pl.Guard, false
	for s := range pl.EachStep() {
		selects = selects || s.Because != ""
	}
	losses := limits(g.MaxLosses, g.MaxLossPercent, ledger.DefaultMaxLosses, ledger.DefaultMaxLossPercent)
	names := limits(g.MaxUnknown, g.MaxUnknownPercent, ledger.DefaultMaxUnknown, ledger.DefaultMaxUnknownPercent)
	p.say("Guard: at most %s of the holders of an item may lose it, and at most %s of the names in a file may be unknown.", losses, names)
	if selects {
		moves := limits(g.MaxMoves, g.MaxMovePercent, ledger.DefaultMaxMoves, ledger.DefaultMaxMovePercent)
		p.say("Guard: attributes of the directory may move at most %s of the people whom members find.", moves)
	}
}

// limits says how two limits bind: what a file writes by itself, and the default
// number and share together.
func limits(count, percent *int64, defaultNumber, defaultPercent int64) string {
	switch {
	case count == nil && percent == nil:
		return fmt.Sprintf("%d or %d %% (the larger)", defaultNumber, defaultPercent)
	case count == nil:
		return fmt.Sprintf("%d %%", *percent)
	case percent == nil:
		return number(*count)
	}
	return fmt.Sprintf("%d or %d %% (the smaller)", *count, *percent)
}

// slips tells of the names that mean nobody, beside what the plan takes away.
//
//	Refused: 1 name of the files belongs to no account, and the plan takes something from somebody else: …
//	  user000300@contoso.com (people.csv:31) looks like user000030@contoso.com, and that one loses something in this plan
//	  Correct the names. If they are right, write unknown_names = "ignore" …
func (p *Page) slips(slips []plan.Slip) {
	if len(slips) == 0 {
		return
	}
	const most = 10
	var lines []string
	for _, s := range slips[:min(most, len(slips))] {
		text := fmt.Sprintf("%s (%s)", s.Name, originTexts(s.Origins))
		switch {
		case s.Alike != "":
			text += fmt.Sprintf(" looks like %s, and that one loses something in this plan", s.Alike)
		default:
			text += fmt.Sprintf(" would get %s, and the plan takes it from %d", s.Item, s.Takes)
		}
		lines = append(lines, text)
	}
	if more := len(slips) - most; more > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", more))
	}
	n := Note{Code: "slips", Lines: lines,
		Fix: "Correct the names. If they are right, write unknown_names = \"ignore\" in the assignment or environment that has them"}
	for _, s := range slips {
		n.Origins = append(n.Origins, s.Origins...)
	}
	p.refuse(n, "%s to no account, and the plan takes something from somebody else: it may be a slip in a name",
		ledger.Plural(len(slips), "name of the files belongs", "names of the files belong"))
}
