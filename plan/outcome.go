package plan

import (
	"slices"

	"github.com/usher-cli/usher/ledger"
)

// Empty reports whether there is nothing to do at all, by usher or by hand.
func (p *Plan) Empty() bool { return len(p.Calls)+len(p.Records)+len(p.Purchases) == 0 }

// Waiting reports whether there is something to do, and nothing that apply
// can do by itself.
func (p *Plan) Waiting() bool {
	runs := slices.ContainsFunc(p.Calls, ledger.Call.Runs)
	return !runs && len(p.Records) == 0 && (len(p.Calls)+len(p.Purchases) > 0 || len(p.Awaited) > 0)
}

// Incomplete reports whether the plan leaves something as it is that it may have to change: it
// could not be read, or something is wrong with its holder.
func (p *Plan) Incomplete() bool { return len(p.Unread)+len(p.Blocked) > 0 }

// Errors returns the notices that refuse the plan.
func (p *Plan) Errors() []ledger.Notice {
	var all []ledger.Notice
	for _, n := range p.Notices {
		if n.Severity == ledger.Error {
			all = append(all, n)
		}
	}
	return all
}

// Refused reports whether a shortage, a gap, a guard, a slip or a missing review forbids
// applying. An applier must not run such a plan, nor one with Errors.
func (p *Plan) Refused() bool {
	return len(p.Shortages)+len(p.Breaches)+len(p.Slips) > 0 || p.TooManyGaps() || p.Unreviewed != nil
}

// TooManyGaps reports whether people would be without a seat for longer, or more of them,
// than is allowed.
func (p *Plan) TooManyGaps() bool {
	impossible := slices.ContainsFunc(p.Gaps, func(g Gap) bool { return len(g.Without) == 0 || g.Until != "" })
	return impossible || int64(len(p.Gaps)) > p.AllowGaps
}
