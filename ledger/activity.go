package ledger

import "time"

// Activity is when people last used what they have, as far as services tell.
type Activity struct {
	People map[string]LastUse // by the id of the account; who is missing was not read
	// SignIns and Reports say why one of the two sources was not read, with the way out; "" where
	// it was.
	SignIns, Reports string
	Reported         string // the day up to which the report tells, as YYYY-MM-DD; "" for none
}

// LastUse is the last use of an account. A zero time is for none on record.
type LastUse struct {
	Created time.Time
	Known   bool                 // sign-ins were told: without one there was none
	SignIn  time.Time            // the last one that succeeded
	Service string               // the service that was used last, such as Exchange
	Used    time.Time            // when that was, by the day
	Given   map[string]time.Time // when each item was given or changed last, by its id
}

// Last is the last trace of a person; zero for none.
func (l LastUse) Last() time.Time {
	if l.Used.After(l.SignIn) {
		return l.Used
	}
	return l.SignIn
}
