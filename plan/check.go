package plan

import (
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/usher-cli/usher/ledger"
)

// country is a usage location.
var country = regexp.MustCompile(`^[A-Z]{2}$`)

// checkWords refuses a document with a word that no plan has. What is read from a
// file is a stranger's: it is printed, and some of it reaches a request.
//
// An address becomes a path of a request and a day becomes a line of a page: neither may
// come from an edited file unchecked. The digest only shows that the file is as it was made,
// and anybody can make one.
func (p *Plan) checkWords() error {
	days := []string{p.Today, p.HoldsTo}
	for _, d := range p.Due {
		days = append(days, d.Day)
	}
	for s := range p.EachStep() {
		if !hasItsValues(s) {
			return fmt.Errorf("%w: a step has the operation %q and not its values, so it was edited or damaged", ErrFormat, s.Op)
		}
		if !slices.Contains([]ledger.Why{ledger.Declared, ledger.Drift, ledger.Unmanaged, ledger.Expired, ledger.Unfinished}, s.Why) {
			return fmt.Errorf("%w: a step has the reason %q", ErrFormat, s.Why)
		}
		if !slices.Contains(ledger.Kinds(), s.Holder.Kind) || s.Holder.ID == "" || s.Item.ID == "" {
			return fmt.Errorf("%w: a step is about no holder or no item", ErrFormat)
		}
		days = append(days, s.LastDay)
		for _, c := range s.Costs {
			days = append(days, c.Day)
		}
	}
	for _, day := range days {
		if _, err := time.Parse(time.DateOnly, day); day != "" && err != nil {
			return fmt.Errorf("%w: %q is no day", ErrFormat, day)
		}
	}
	for _, c := range p.Calls {
		if c.Location != "" && !country.MatchString(c.Location) {
			return fmt.Errorf("%w: %q is no usage location", ErrFormat, c.Location)
		}
	}
	return nil
}

// hasItsValues reports whether a step has the values that its operation has, and no others.
func hasItsValues(s ledger.Step) bool {
	before, after := s.Before != nil, s.After != nil
	switch s.Op {
	case ledger.Add:
		return !before && after
	case ledger.Change:
		return before && after
	case ledger.Remove, ledger.Forget:
		return before && !after
	case ledger.Adopt:
		return after
	case ledger.Retry, ledger.Restart:
		return !before && !after
	}
	return false
}
