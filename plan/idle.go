package plan

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/usher-cli/usher/catalog"
	"github.com/usher-cli/usher/ledger"
)

// IdleReason says why a seat counts as unused.
type IdleReason string

// The reasons.
const (
	// AccountDisabled is that nobody can sign in to the account: of a leaver, or a shared mailbox.
	AccountDisabled IdleReason = "disabled"
	// NoSignIn is that no sign-in succeeded for so many days.
	NoSignIn IdleReason = "no-sign-in"
)

// IdleSeat is a seat that nobody uses.
type IdleSeat struct {
	Holder ledger.Holder  `json:"holder"`
	Item   ledger.Item    `json:"item"`
	Reason IdleReason     `json:"reason"`
	Last   string         `json:"last_sign_in,omitempty"` // YYYY-MM-DD; "" for none on record
	Used   string         `json:"last_use,omitempty"`     // of a service, as reports tell
	By     string         `json:"service,omitempty"`      // which
	Group  *ledger.Holder `json:"group,omitempty"`        // that gives it; nil for a direct seat

	Origins []ledger.Origin `json:"origins,omitempty"` // lines that ask for it
	Match   *ledger.Match   `json:"match,omitempty"`   // the attributes that found the person
}

// Address returns what people call the seat.
func (i IdleSeat) Address() ledger.Address { return ledger.NewAddress(i.Holder, i.Item) }

// SparedSeat is a seat that looks unused, and is left alone for a reason.
type SparedSeat struct {
	IdleSeat
	Why string `json:"why"`
}

// Idle is what a search for unused seats found.
type Idle struct {
	Seats  []IdleSeat   `json:"seats"`
	Spared []SparedSeat `json:"spared"`
}

// IdleSearch says what to look for.
type IdleSearch struct {
	Days     int             // without a sign-in; at least 1
	Items    map[string]bool // ids of products; nil for all that cost something
	Activity ledger.Activity
	Ignores  []ledger.IgnoreRule
	Awake    map[string]bool // blocks that give to disabled accounts on purpose
}

// FindIdle finds seats of people that nobody uses.
//
//	the account is disabled            unused
//	no sign-in for so many days        unused
//	the account or the seat is newer   in use: it had no time
//	nobody knows of sign-ins           in use
//
// A report of use by a service is a sign of life as a sign-in is.
func FindIdle(in Input, s IdleSearch) Idle {
	f := idleSearch{IdleSearch: s, in: in, since: in.At.AddDate(0, 0, -s.Days), disabled: map[ledger.HolderID]bool{}}
	for _, h := range in.Have.Disabled {
		f.disabled[h] = true
	}
	f.lines, f.supply, f.flows, f.known = askedLines(in), map[string]ledger.Supply{}, map[string]int{}, map[ledger.Key]bool{}
	for i := range in.Known {
		f.known[in.Known[i].Key()] = true
	}
	for _, p := range in.Have.Supply {
		f.supply[p.Item.ID] = p
	}
	for _, flow := range in.Have.Flows {
		if flow.Published && flow.Owner != "" {
			f.flows[flow.Owner]++
		}
	}
	for _, g := range in.Have.Grants {
		if g.Holder.Kind == ledger.User {
			f.look(g.Holder, g.Item, nil)
		}
	}
	for _, i := range in.Have.Inherited {
		if i.Error == "" {
			f.look(i.User, f.supply[i.Item].Item, &ledger.Holder{Kind: ledger.Group, ID: i.Group, Name: i.Group})
		}
	}
	longest := func(a, b IdleSeat) int { // those who are away the longest first
		return cmp.Or(strings.Compare(a.Last, b.Last), strings.Compare(string(a.Address()), string(b.Address())))
	}
	slices.SortStableFunc(f.found.Seats, longest)
	slices.SortStableFunc(f.found.Spared, func(a, b SparedSeat) int { return longest(a.IdleSeat, b.IdleSeat) })
	return f.found
}

// askedLines are the lines that ask for each grant today.
func askedLines(in Input) map[ledger.Key][]ledger.Origin {
	lines := map[ledger.Key][]ledger.Origin{}
	for i := range in.Want {
		lines[in.Want[i].Key()] = in.Want[i].Origins
	}
	for _, d := range in.Dated {
		if d.Started(in.Today) && !d.Ended(in.Today) {
			lines[d.Key()] = ledger.MergeOrigins(lines[d.Key()], d.Origins)
		}
	}
	return lines
}

type idleSearch struct {
	IdleSearch
	in       Input
	since    time.Time
	disabled map[ledger.HolderID]bool
	lines    map[ledger.Key][]ledger.Origin
	supply   map[string]ledger.Supply
	flows    map[string]int // that are on, by the id of their owner
	known    map[ledger.Key]bool
	found    Idle
}

// look looks at one seat.
func (f *idleSearch) look(h ledger.Holder, item ledger.Item, group *ledger.Holder) {
	if p := f.supply[item.ID]; item.Kind != ledger.Seat || f.Items != nil && !f.Items[item.ID] || f.Items == nil && (p.Free || p.Trial) {
		return
	}
	seat := IdleSeat{Holder: h, Item: item, Group: group, Reason: f.reason(h)}
	if seat.Reason == "" {
		return
	}
	last := f.Activity.People[h.ID]
	seat.Last, seat.Used, seat.By = day(last.SignIn), day(last.Used), last.Service
	if group == nil {
		key := ledger.Grant{Holder: h, Item: item}.Key()
		seat.Origins = f.lines[key]
		if m, found := f.in.Matches[key]; found {
			seat.Match = &m
		}
	}
	if why := f.spared(seat); why != "" {
		f.found.Spared = append(f.found.Spared, SparedSeat{seat, why})
		return
	}
	f.found.Seats = append(f.found.Seats, seat)
}

// reason says why nobody uses what an account has; "" where somebody does, or nobody knows.
func (f *idleSearch) reason(h ledger.Holder) IdleReason {
	last, read := f.Activity.People[h.ID]
	switch away := last.Last().Before(f.since); {
	case !read || !away || !last.Created.Before(f.since): // nobody knows, or it is in use, or new
		return ""
	case f.disabled[h.Identity()]:
		return AccountDisabled
	case last.Known:
		return NoSignIn
	}
	return ""
}

// spared says why a seat is left alone all the same; "" where it is not.
func (f *idleSearch) spared(seat IdleSeat) string {
	for _, rule := range f.Ignores {
		if (rule.Until == "" || rule.Until >= f.in.Today) && rule.Matches(string(seat.Address())) {
			return "ignore." + rule.Label + ": " + rule.Reason
		}
	}
	given := f.Activity.People[seat.Holder.ID].Given[seat.Item.ID]
	switch {
	case f.in.Guard.Protects(seat.Holder.Identity()):
		return "the guard protects the account"
	case seat.Reason == AccountDisabled && slices.ContainsFunc(seat.Origins, func(o ledger.Origin) bool { return f.Awake[o.Block] }):
		return "the files give it to disabled accounts"
	case seat.Group == nil && len(seat.Origins) > 0 && !f.known[ledger.Grant{Holder: seat.Holder, Item: seat.Item}.Key()]:
		return "usher does not manage it yet: usher apply takes it over"
	case !given.Before(f.since):
		return "it was given or changed on " + day(given)
	case f.flows[seat.Holder.ID] > 0 && runsFlows(f.supply[seat.Item.ID], catalog.Services()):
		return "the account owns " + ledger.Plural(f.flows[seat.Holder.ID], "flow that runs on it", "flows that run on it")
	}
	return ""
}

// day is the day of a moment; "" for none.
func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.DateOnly)
}
