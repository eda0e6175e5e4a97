package tenant

import (
	"fmt"
	"slices"
	"strings"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/ledger/slips"
)

// listCounter finds users_files of which nobody is in the tenant.
type listCounter map[string]*listCount

type listCount struct {
	known, all int
	origin     ledger.Origin
}

func (l listCounter) countName(w *ledger.Want, known bool) {
	if w.List == "" {
		return
	}
	c := l[w.List]
	if c == nil {
		c = &listCount{origin: w.Origins[0]}
		l[w.List] = c
	}
	c.all++
	if known {
		c.known++
	}
}

func (l listCounter) unknown() []ledger.Notice {
	var all []ledger.Notice
	for file, c := range l {
		if c.known == 0 {
			all = append(all, ledger.Notice{Code: "list-unknown", Severity: ledger.Error,
				Text: fmt.Sprintf("none of the %d people in %s is in the tenant", c.all, file), Fix: "check that the file is for this tenant",
				Origins: []ledger.Origin{{File: file, Line: c.origin.Line, Block: c.origin.Block}}})
		}
	}
	slices.SortFunc(all, func(a, b ledger.Notice) int { return strings.Compare(a.Text, b.Text) })
	return all
}

// suggestion names the most similar holder, where one is similar enough. Its
// cost is one pass over the directory, so it is only asked of small numbers
// of missing people.
func (x *resolver) suggestion(w *ledger.Want) string {
	const mostMisses = 20
	if w.Kind == ledger.User && len(x.out.Notices) > mostMisses {
		return ""
	}
	var known []string
	guest := strings.ToLower(strings.ReplaceAll(w.Holder, "@", "_")) + "#ext#@"
	for _, h := range x.candidates(w) {
		name := h.Own()
		if w.Kind == ledger.User && strings.HasPrefix(strings.ToLower(name), guest) {
			return fmt.Sprintf(" (did you mean the guest %s?)", name)
		}
		known = append(known, name)
	}
	return didYouMean(w.Holder, known)
}

// mostLetters is how many letters a slip changes.
const mostLetters = 2

// candidates are all that a name could mean, had it been written right.
func (x *resolver) candidates(w *ledger.Want) []ledger.Holder {
	if w.Kind == ledger.Group {
		return x.groups
	}
	var all []ledger.Holder
	for _, h := range x.holders {
		if h.Kind == w.Kind && (!w.Kind.Inside() || h.EnvironmentID() == x.byLabel[strings.ToLower(w.Around)].ID) {
			all = append(all, h)
		}
	}
	return all
}

// didYouMean suggests the name that is most like another one; "" where none is.
func didYouMean(name string, known []string) string {
	if best := slips.MostLike(name, known, mostLetters); best != "" {
		return fmt.Sprintf(" (did you mean %s?)", best)
	}
	return ""
}
