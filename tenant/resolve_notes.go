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
	n := notice(w, ledger.Error, "name-doubled", fmt.Sprintf("%s and %s are both %s %s", first.Holder, w.Holder, w.Kind.Words(), h.ID), "keep one of the two names")
	n.Origins = ledger.MergeOrigins(first.Origins, w.Origins)
	x.out.Notices = append(x.out.Notices, n)
	return false
}

func (x *resolver) refuse(w *ledger.Want, code, text, fix string) {
	x.note(w, ledger.Error, code, text, fix)
}

func (x *resolver) note(w *ledger.Want, severity ledger.Severity, code, text, fix string) {
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
