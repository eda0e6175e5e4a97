package plan

import (
	"slices"

	"github.com/usher-cli/usher/ledger"
)

// Change is a change of the files that somebody asks for, and that others are to review.
type Change struct {
	Title  string          `json:"title"`
	Name   string          `json:"-"`   // for a branch: kind/what
	For    []ledger.Holder `json:"for"` // whom it is about
	Reason string          `json:"reason,omitempty"`
	Asked  []ledger.Origin `json:"asked_already,omitempty"` // lines that ask for it; then no file changes
	Alone  string          `json:"without_anybody,omitempty"`
	Files  []string        `json:"files"`           // that change
	Owners []FileOwner     `json:"owners"`          // of the files with requests
	Before *Plan           `json:"-"`               // of the files as they are
	Plan   *Plan           `json:"-"`               // with the change
	Later  [2]*Plan        `json:"-"`               // both, on the first day of a request that begins later; nil for none
	Stuck  string          `json:"stuck,omitempty"` // why usher would not do what is asked for; "" where it would
	Steps  []ledger.Step   `json:"steps"`           // of it, that the files do not ask for without the change

	Branch string `json:"branch,omitempty"`
	Commit string `json:"commit,omitempty"`
	Pull   int    `json:"pull_request,omitempty"`
	URL    string `json:"url,omitempty"`
}

// FileOwner is who has to agree to changes of a file.
type FileOwner struct {
	File string `json:"file"`
	Name string `json:"name"`
}

// Fits reports whether usher would do what the change asks for, and whether it stands in no way of a
// plan: where the files as they are would be refused, it makes nothing scarcer.
func (c *Change) Fits() bool {
	fits := c.Stuck == "" && noScarcer(c.Before, c.Plan)
	if c.Later[0] != nil {
		fits = fits && noScarcer(c.Later[0], c.Later[1])
	}
	return fits
}

// noScarcer reports whether a plan is refused for nothing for which another one is not.
func noScarcer(before, after *Plan) bool {
	if len(after.Errors()) > len(before.Errors()) || after.Refused() && !before.Refused() {
		return false
	}
	return !slices.ContainsFunc(after.Shortages, func(s Shortage) bool {
		return !slices.ContainsFunc(before.Shortages, func(b Shortage) bool { return b.Pool == s.Pool && b.Short >= s.Short })
	})
}

// Reclaimed is what became of a search for unused seats.
type Reclaimed struct {
	Days       int          `json:"days"`
	Taken      []IdleSeat   `json:"taken"`      // out of the files
	ByHand     []IdleSeat   `json:"by_hand"`    // the files give them in a way that only people can change
	Groups     []IdleSeat   `json:"by_groups"`  // usher changes no groups
	Undeclared []IdleSeat   `json:"undeclared"` // no file asks for them
	Spared     []SparedSeat `json:"spared"`
	Later      int          `json:"people_left,omitempty"` // beyond the most for one change
	SignIns    string       `json:"sign_ins_unread,omitempty"`
	Reports    string       `json:"reports_unread,omitempty"`
	Reported   string       `json:"reported_to,omitempty"` // the day up to which reports tell
}

// Pruned is somebody whose account was deleted, and the lines that name them.
type Pruned struct {
	Holder  ledger.Holder   `json:"holder"`
	Why     string          `json:"why"` // untrusted text
	Origins []ledger.Origin `json:"origins"`
}
