package ledger

import "time"

// Have is what a reading of the tenant found. A scope that was not read
// completely is listed in Unread; nothing may be concluded from its silence.
type Have struct {
	Tenant    string // the tenant's id
	Grants    []Grant
	Inherited []Inherited
	Disabled  []HolderID // accounts that are switched off
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
		if (u.Holder.Kind == User) == (kind == Seat) {
			return true
		}
	}
	return h.Unlisted && kind == Seat
}

// Inherited is an item that a user holds through a group: it covers the user,
// and is never touched through the user.
type Inherited struct {
	User  Holder
	Item  string // id
	Group string // id
}

// Unread is a scope that could not be read completely: one holder, or all
// holders of a kind when Holder.ID is empty.
type Unread struct {
	Holder Holder `json:"holder"`
	Reason string `json:"reason"` // untrusted text
}

// Covers reports whether the unread scope includes the holder.
func (u Unread) Covers(h HolderID) bool {
	return u.Holder.Kind == h.Kind && (u.Holder.ID == "" || u.Holder.ID == h.ID)
}

// Recent is a write of ours that a reading may not show yet.
type Recent struct {
	Grant  Grant // as written; Units is 0 where it was removed
	At     time.Time
	Before *Value // nil where there was no grant
}

// Policy is what the configuration says about an item as a whole.
type Policy struct {
	Label     string // of the license or capacity block
	Item      Item
	Quantity  *int64
	Reserve   int64
	Unmanaged UnmanagedMode
	UseGrace  bool
	Origin    Origin
}

// UnmanagedMode says what to do about direct seats that nobody declared.
type UnmanagedMode string

const (
	// Ignore says nothing about them.
	Ignore UnmanagedMode = "ignore"
	// Warn lists them.
	Warn UnmanagedMode = "warn"
	// Take removes them.
	Take UnmanagedMode = "remove"
)

// Guard bounds what one apply may take away. A breach needs both the number
// and the share to be exceeded.
type Guard struct {
	MaxLosses      int64    `json:"max_losses"`
	MaxLossPercent int64    `json:"max_loss_percent"`
	Protect        []Holder `json:"protect,omitempty"`
	Origin         Origin   `json:"-"`
}

// Want is one declared grant in the words of the file: names, not ids.
type Want struct {
	Kind     HolderKind
	Holder   string // a user principal name, a display name, or an object id
	Item     Item   // a seat's ID is empty until the tenant resolves its name
	Units    int64
	Disabled []string // service plans by name or id; nil is unset
	Enabled  []string // allow-list of service plans; nil is unset
	Asleep   bool     // give it to disabled accounts too
	List     string   // the users_file that it was read from
	Origins  []Origin
}

// Severity ranks notices.
type Severity string

const (
	// Info tells something worth knowing.
	Info Severity = "info"
	// Warning tells of something that usher did not do, and why.
	Warning Severity = "warning"
	// Error refuses the run.
	Error Severity = "error"
)

// Notice is something that a person should read. Text may quote the tenant
// and is untrusted.
type Notice struct {
	Code     string   `json:"code"` // stable, such as "holder-gone"
	Severity Severity `json:"severity"`
	Address  string   `json:"address,omitempty"`
	Text     string   `json:"text"`
	Fix      string   `json:"fix,omitempty"` // the way out
	Origins  []Origin `json:"origins,omitempty"`
}
