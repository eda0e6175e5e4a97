package ledger

import (
	"slices"
	"time"
)

// Have is what a reading of the tenant found. A scope that was not read
// completely is listed in Unread; nothing may be concluded from its silence.
type Have struct {
	Tenant    string // the tenant's id
	Grants    []Grant
	Inherited []Inherited
	Members   []Members
	Disabled  []HolderID        // accounts that are switched off
	Nowhere   []HolderID        // accounts without a usage location, which a direct seat needs
	Guests    []HolderID        // accounts of other organisations, where somebody asked
	Given     map[Key]time.Time // when direct seats were given or changed last, where somebody asked
	Working   []Holder          // groups that the service has not finished with
	Inside    []HolderID        // environments whose flows and machines were read
	Rows      []Row             // what is remarkable about grants inside environments
	Flows     []FlowFact
	Unseen    []Unseen // use that the service reports and no grant explains
	Supply    []Supply
	Unread    []Unread
	Unlisted  bool          // people were not read: the state was believed
	SeatLag   time.Duration // how long readings of people may be old
	UnitLag   time.Duration // how long readings of environments may be old
}

// Incomplete reports whether holders of a kind of item were not all read, so
// that counting them gives too little.
func (h Have) Incomplete(kind ItemKind) bool {
	for _, u := range h.Unread {
		if !u.Inside && u.Holder.Kind.Holds() == kind {
			return true
		}
	}
	return h.Unlisted && kind == Seat
}

// Inherited is an item that a user is given by a group. It covers the user,
// unless the service could not give it, and is never touched through the user.
type Inherited struct {
	User    Holder         `json:"user"`
	Item    string         `json:"item"`            // id
	Group   string         `json:"group"`           // id
	Error   string         `json:"error,omitempty"` // the service's cause, such as NoSeat; then it covers nobody
	Without ServicePlanIDs `json:"-"`               // service plans that are off for the user by this source
}

// Causes for which the service leaves a member of a group without an item.
// Source: Microsoft Graph, licenseAssignmentState.error.
const (
	// NoSeat is that the pool had no seat left.
	NoSeat = "CountViolation"
	// Sibling is that another item of the same group failed.
	Sibling = "Other"
)

// Members is who is directly in a group; members of its member groups are
// given nothing.
type Members struct {
	Group  string   // id
	Users  []string // ids
	Inside []string // names of the groups in it
	Rule   string   // by which the service chooses the members; "" where people do
}

// Unseen is units in use that a service reports and no grant that was read
// explains: they are spent all the same.
type Unseen struct {
	Pool  PoolID
	Units int64
}

// Row is what is remarkable about a grant inside an environment.
type Row struct {
	Key     Key
	System  bool      // the platform allocated it by itself
	Auto    bool      // the platform may allocate more by itself
	Created time.Time // the newest falls into overage first
}

// FlowFact is what decides whether a flow can hold capacity, and what taking
// it would stop.
type FlowFact struct {
	Flow      Holder
	Published bool     // it is switched on
	Suspended bool     // a data policy of the tenant keeps it from running
	Policies  []string // names of the data policies of its environment, where it is suspended and they can be read
	Principal bool     // a service principal owns it
	Owner     string   // id of the user who owns it, "" for nobody
}

// Unread is a scope that could not be read completely: one holder, all
// holders of a kind when Holder.ID is empty, or what lives inside an
// environment.
type Unread struct {
	Holder Holder `json:"holder"`
	Inside bool   `json:"inside,omitempty"`
	Reason string `json:"reason"` // untrusted text
}

// Covers reports whether the unread scope includes the holder. What lives in
// an environment that was not read was not read either.
func (u Unread) Covers(h HolderID) bool {
	if h.Kind.Inside() && (u.Inside || u.Holder.Kind == Environment) {
		return u.Holder.ID == "" || u.Holder.ID == h.EnvironmentID()
	}
	return !u.Inside && u.Holder.Kind == h.Kind && (u.Holder.ID == "" || u.Holder.ID == h.ID)
}

// UnreadScope finds the scope that a holder is in and that could not be read
// completely; -1 for none.
func (h Have) UnreadScope(id HolderID) int {
	for i := range h.Unread {
		if h.Unread[i].Covers(id) {
			return i
		}
	}
	return -1
}

// UnreadInside finds the scope that says that what is inside an environment was not
// read completely; -1 for none.
func (h Have) UnreadInside(environment string) int {
	return slices.IndexFunc(h.Unread, func(u Unread) bool { return u.Inside && u.Holder.ID == environment })
}

// IsUnread reports whether nobody can tell what a holder has.
func (h Have) IsUnread(id HolderID) bool { return h.UnreadScope(id) >= 0 }

// Address names the scope for people.
func (u Unread) Address() string {
	switch {
	case u.Inside:
		return "inside " + u.Holder.Address()
	case u.Holder.Name == "":
		return u.Holder.Kind.Words() + "s"
	}
	return u.Holder.Address()
}

// Recent is a write of ours that a reading may not show yet.
type Recent struct {
	Grant  Grant // as written; Units is 0 where it was removed
	At     time.Time
	Before *Value // nil where there was no grant
}
