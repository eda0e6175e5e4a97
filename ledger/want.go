package ledger

import (
	"slices"
	"strings"
)

// EnvironmentRules is what the configuration says about an environment as a whole.
type EnvironmentRules struct {
	Environment   Holder   `json:"environment"`
	HostedServes  bool     `json:"hosted_serves_process,omitempty"`
	Auto          AutoMode `json:"auto_allocated,omitempty"`
	Owner         string   `json:"-"` // who has to agree to a plan that is about it; "" for nobody
	IgnoreUnknown bool     `json:"-"` // a name that means nobody is no slip
	Origin        Origin   `json:"origin"`
}

// AutoMode says what to do about units that the platform allocated inside an
// environment by itself and that no file declares.
type AutoMode string

const (
	// AutoIgnore shows them.
	AutoIgnore AutoMode = "ignore"
	// AutoAdopt keeps them as if they were declared.
	AutoAdopt AutoMode = "adopt"
	// AutoRemove takes them away.
	AutoRemove AutoMode = "remove"
)

// ItemRules is what the configuration says about an item as a whole.
type ItemRules struct {
	Label     string // of the license or capacity block
	Item      Item
	Quantity  *int64
	Reserve   int64
	Unmanaged UnmanagedMode
	Taking    Taking // of seats that nobody declared, where Unmanaged is Take
	UseGrace  bool
	Refresh   RefreshMode
	Price     *Price // of a unit; nil where nobody says
	Owner     string // who has to agree to a plan that is about it; "" for nobody
	Hold      int    // days for which a seat stays whose line went from the files; 0 for none
	Origin    Origin
}

// RefreshMode says what to do about the flows of somebody who gets a seat:
// they can take a week to notice it, unless they are turned off and on.
type RefreshMode string

const (
	// RefreshList names them.
	RefreshList RefreshMode = "list"
	// RefreshForce turns them off and on, one after the other.
	RefreshForce RefreshMode = "force"
	// RefreshNever says nothing.
	RefreshNever RefreshMode = "never"
)

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

// Taking says which seats that nobody declared go, where a license says that they do.
type Taking struct {
	OlderThan int  // days since the seat was given or changed; 0 for any
	Guests    bool // those of guests, too
	Asleep    bool // those of disabled accounts, too
}

// Want is one declared grant in the words of the file: names, not ids.
type Want struct {
	Kind             HolderKind
	Holder           string // a user principal name, a display name, or an object id
	Around           string // the environment that it is inside of, by name or id
	Item             Item   // a seat's ID is empty until the tenant resolves its name
	Units            int64
	Plans            *ServicePlanList // nil is unset: service plans stay as they are
	DisabledAccounts bool             // give it to disabled accounts too
	IgnoreUnknown    bool             // a name that means nobody is no slip
	List             string           // the users_file that it was read from
	Policy           string           // of a product that people can buy by themselves
	Location         string           // the country to set where an account has no usage location
	From             string           // the first day held, as YYYY-MM-DD; "" for always
	Until            string           // the last day held; "" for ever
	Origins          []Origin
}

// Names is the holder of the want, by what the file calls it.
func (w *Want) Names() Holder {
	if w.Kind.Inside() {
		return Within(Holder{Name: w.Around}, w.Kind, "", w.Holder).named()
	}
	return Holder{Kind: w.Kind, Name: w.Holder}
}

// ServicePlanList says which service plans of a product are on, in the words of the file.
type ServicePlanList struct {
	Names  []string // names or ids, sorted, each once
	Only   bool     // these are on and no others; else these are off and all others on
	Sure   bool     // the catalog knows all of them, so that two lists can be compared without the tenant
	Origin Origin   // of the list itself
}

// Same reports whether two lists have the same words.
func (l *ServicePlanList) Same(o *ServicePlanList) bool {
	return l.Only == o.Only && slices.Equal(l.Names, o.Names)
}

// String words the list for people.
func (l *ServicePlanList) String() string {
	if l.Only {
		return "only [" + strings.Join(l.Names, ", ") + "] enabled"
	}
	return "[" + strings.Join(l.Names, ", ") + "] disabled"
}

// Dated is a want that holds from a day up to and including another.
type Dated struct {
	Grant
	From  string // YYYY-MM-DD; "" for always
	Until string // the last day held; "" for ever
}

// Started reports whether the first day has come.
func (d Dated) Started(today string) bool { return d.From == "" || d.From <= today }

// Ended reports whether the last day has passed.
func (d Dated) Ended(today string) bool { return d.Until != "" && d.Until < today }
