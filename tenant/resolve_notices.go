package tenant

import (
	"fmt"
	"slices"
	"strings"

	"github.com/usher-cli/usher/ledger"
)

// own refuses a holder that two names of the files mean.
func (x *resolver) own(h ledger.Holder, w *ledger.Want) bool {
	first, taken := x.owner[h.Identity()]
	if !taken {
		x.owner[h.Identity()] = w
		return true
	}
	n := notice(
		w,
		ledger.Error,
		"name-doubled",
		fmt.Sprintf("%s and %s are both %s %s", first.Holder, w.Holder, w.Kind.Words(), h.ID),
		"keep one of the two names",
	)
	n.Origins = ledger.MergeOrigins(first.Origins, w.Origins)
	x.out.Notices = append(x.out.Notices, n)
	return false
}

func (x *resolver) refuse(w *ledger.Want, code, text, fix string) {
	x.addNotice(w, ledger.Error, code, text, fix)
}

func (x *resolver) addNotice(w *ledger.Want, severity ledger.Severity, code, text, fix string) {
	x.out.Notices = append(x.out.Notices, notice(w, severity, code, text, fix))
}

func notice(w *ledger.Want, severity ledger.Severity, code, text, fix string) ledger.Notice {
	h := ledger.Holder{Kind: w.Kind, Name: w.Holder}
	if w.Kind.Inside() {
		h = ledger.Within(ledger.Holder{Kind: ledger.Environment, Name: w.Around}, w.Kind, "", w.Holder)
	}
	return ledger.Notice{Code: code, Severity: severity, Text: text, Fix: fix, Origins: w.Origins, Address: h.Address()}
}

func ids(holders []ledger.Holder) string {
	var all []string
	for _, h := range holders {
		all = append(all, h.ID)
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

// isID reports whether a reference is an object id: the groups of hexadecimal
// digits that every object has, or the name of a default environment.
func isID(s string) bool {
	s = strings.TrimPrefix(strings.ToLower(s), "default-")
	if len(s) != 36 {
		return false
	}
	for i, c := range s {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		hexDigit := c >= '0' && c <= '9' || c >= 'a' && c <= 'f'
		if dash != (c == '-') || !dash && !hexDigit {
			return false
		}
	}
	return true
}

// absent reports a declared holder that the tenant does not have, unless the
// list in which it would stand was not read.
func (x *resolver) absent(w *ledger.Want, h ledger.Holder) (ledger.Holder, bool) {
	if reason, ok := x.unreadable(w); ok {
		x.addNotice(w, ledger.Warning, "holder-unread", "could not be looked up: "+reason, "")
		return h, h.ID != ""
	}
	if x.Unlisted && w.Kind == ledger.User {
		x.addNotice(w, ledger.Warning, "holder-unread", "is new to the state, and people were not read", "plan without -refresh=false")
		x.Unread = append(
			x.Unread,
			ledger.Unread{Holder: ledger.Holder{Kind: w.Kind, ID: "?", Name: w.Holder}, Reason: "not read, because of -refresh=false"},
		)
		return h, false
	}
	if w.Kind == ledger.Flow && x.isOutside(w) {
		x.refuse(
			w,
			"flow-outside",
			"the flow is in no solution, and only a flow in a solution can hold capacity",
			"add it to a solution, and write the id or name that it has there",
		)
		return h, false
	}
	if gone, was := x.wasDeleted(w, h); was {
		return gone, true
	}
	meant := x.suggestion(w)
	if w.Kind != ledger.User && meant != "" && h.ID == "" { // a slip here would take from everybody in the one that is meant
		x.refuse(
			w,
			"holder-unknown",
			fmt.Sprintf("%s has no such %s%s", x.where(w), w.Kind.Words(), meant),
			"correct the name, or take it out of the file",
		)
		return h, false
	}
	x.addNotice(w, ledger.Warning, "holder-gone", fmt.Sprintf("%s has no such %s%s; nothing is done for it", x.where(w),
		w.Kind.Words(), meant),
		"take it out of the file, or correct it")
	if h.ID != "" {
		return x.noteGone(h), true
	}
	x.nobodyHas(w)
	return h, false
}

// noteGone notes a holder that is declared and that the tenant no longer has.
func (x *resolver) noteGone(h ledger.Holder) ledger.Holder {
	x.out.Gone = append(x.out.Gone, h.Identity())
	x.gone[h.Identity()] = true
	return h
}
