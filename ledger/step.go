package ledger

import "time"

// Op is what a step does to a grant.
type Op string

const (
	// Add gives a grant that is not there.
	Add Op = "+"
	// Change gives a grant another value, in place.
	Change Op = "~"
	// Remove takes a grant away.
	Remove Op = "-"
	// Retry asks the service to try again what a group gives a member and
	// could not give for want of a seat.
	Retry Op = "^"
	// Restart turns a flow off and on, so that it notices the license of its owner.
	Restart Op = "restart"
	// Adopt records a grant that is there already. It makes no request.
	Adopt Op = "="
	// Forget drops the record of a grant that is gone. It makes no request.
	Forget Op = "."
)

// Sign is how people see an op: one character.
func (o Op) Sign() string {
	if o == Restart {
		return string(Retry)
	}
	return string(o)
}

// Nudges reports whether a step makes something happen again that was asked for
// before: it has no values, and changes no grant by itself.
func (o Op) Nudges() bool { return o == Retry || o == Restart }

// OnRecord reports whether a step changes the state alone, and makes no request.
func (o Op) OnRecord() bool { return o == Adopt || o == Forget }

// Why says what made a step necessary, where that is not simply the file.
type Why string

const (
	// Declared is the plain case: a file asks for it, or no longer does.
	Declared Why = ""
	// Drift undoes what somebody changed behind usher's back.
	Drift Why = "drift"
	// Unmanaged takes what no file ever declared, as a policy asks.
	Unmanaged Why = "unmanaged"
	// Expired takes what a file gave up to a day that has passed.
	Expired Why = "expired"
	// Released lets go of what no file asks for any more: it stays in the tenant.
	Released Why = "released"
	// Unfinished is what an earlier run began, and may have left half done.
	Unfinished Why = "unfinished"
)

// Step is one change to one grant. Before and After are nil where there is
// no grant.
type Step struct {
	Op      Op             `json:"op"`
	Holder  Holder         `json:"holder"`
	Item    Item           `json:"item"`
	Before  *Value         `json:"before,omitempty"`
	After   *Value         `json:"after,omitempty"`
	Why     Why            `json:"why,omitempty"`
	InBase  bool           `json:"in_base,omitempty"`  // the revision that a branch is to be merged into asks for it, too
	Taken   bool           `json:"taken,omitempty"`    // of what is there, and was on no record of usher's
	Kept    bool           `json:"kept,omitempty"`     // a removal that nobody feels: another source covers everybody
	People  int64          `json:"people,omitempty"`   // members of a group who gain or lose the item by it
	Reduced int64          `json:"reduced,omitempty"`  // people who keep the item by another source, with fewer service plans
	Loses   ServicePlanIDs `json:"loses,omitempty"`    // the service plans that those people lose
	LastDay string         `json:"last_day,omitempty"` // that has passed, as YYYY-MM-DD, of a removal for that reason
	Costs   []Cost         `json:"costs,omitempty"`    // what somebody loses with it for good
	Origins []Origin       `json:"origins,omitempty"`
	Was     []Origin       `json:"was,omitempty"`      // lines of the base that ask for what a branch takes away
	Match   *Match         `json:"match,omitempty"`    // why a selection covers the holder of what is given or adopted
	Because string         `json:"because,omitempty"`  // the attributes of a person that make it, where a selection does; untrusted text
	AskedBy *Origin        `json:"asked_by,omitempty"` // the line that asked for what is taken away, as the state knows it
}

// Cost is what follows from a step beyond the item itself.
type Cost struct {
	What   string `json:"what"`
	Day    string `json:"day"`              // when it happens, YYYY-MM-DD
	People int64  `json:"people,omitempty"` // whom it happens to, where the step is about a group
}

// Key returns the identity of the grant that the step changes.
func (s Step) Key() Key { return Key{s.Holder.Kind, s.Holder.ID, s.Item.ID} }

// Address returns what people call the grant that the step changes.
func (s Step) Address() Address { return NewAddress(s.Holder, s.Item) }

// Call is all steps of one holder that travel in one request. It takes and
// releases units as a whole, and may come after other calls.
type Call struct {
	ID       int    `json:"id"` // position in the plan, from 1
	Holder   Holder `json:"holder"`
	Steps    []Step `json:"steps"`
	Takes    []Draw `json:"takes,omitempty"`
	Releases []Draw `json:"releases,omitempty"`
	After    []int  `json:"after,omitempty"`          // ids of the calls that must have succeeded
	Manual   string `json:"manual,omitempty"`         // no request does it: what a person has to do
	Waits    string `json:"waits,omitempty"`          // what a person has to do before it can start
	Location string `json:"usage_location,omitempty"` // set for the account first
	Gap      bool   `json:"gap,omitempty"`            // one half of a call that was split: between the two its holder is without
	Undo     []Step `json:"undo,omitempty"`           // in a second half: what puts the holder back if it cannot be done
}

// Runs reports whether apply can start the call by itself.
func (c Call) Runs() bool { return c.Manual == "" && c.Waits == "" }

// Outcome is how a call ended.
type Outcome string

const (
	// Done means that the tenant confirmed the call.
	Done Outcome = "done"
	// Failed means that the tenant refused the call and nothing changed.
	Failed Outcome = "failed"
	// Unknown means that nobody can tell: it counts as taken, not as released.
	Unknown Outcome = "unknown"
	// Pending means that the tenant accepted the call and has not finished with
	// it, or that a person has to do it: it counts as taken, not as released.
	Pending Outcome = "pending"
	// Skipped means that the call was not sent.
	Skipped Outcome = "skipped"
	// Again means that the call has not ended: it is to be handed in once more,
	// after a while. No run ends with it.
	Again Outcome = "again"
)

// Result is the outcome of one call, with the tenant's words and a way out
// where it did not succeed. Message is untrusted text.
type Result struct {
	Call     Call
	Outcome  Outcome
	Message  string
	Request  string                    // the service's id of the request that decided it; "" where it gave none
	Surplus  map[string]ServicePlanIDs // by item id: see Corrected.Surplus
	KeptOff  map[string]ServicePlanIDs // by item id: see Corrected.KeptOff
	Accepted bool                      // of a pending call: the tenant has taken it on, and will finish it
	Unfit    []Inherited               // members of a group for whom it failed, although the call is done
	Wait     time.Duration             // before a call is handed in again
	Doubt    bool                      // of a call that is to be handed in again: it may have been carried out
}

// Final is the result of a call that nobody hands in again.
func (r Result) Final() Result {
	if r.Outcome != Again {
		return r
	}
	if r.Outcome = Failed; r.Doubt {
		r.Outcome = Unknown
	}
	return r
}
