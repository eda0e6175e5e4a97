package sandbox

import (
	"math/rand/v2"
	"time"
)

// activity says when people were last there: nearly everybody within days, one in fifteen not for
// months, and one in forty not at all since the account was made.
func (c *company) activity(chance *rand.Rand) {
	c.Activity = &Activity{SignIns: true}
	const day = 24 * time.Hour
	hours := func(least, most int) Duration {
		return Duration(time.Duration(least+chance.IntN(most-least)) * time.Hour)
	}
	for i, u := range c.Users {
		u.Created = Duration(time.Duration(200+chance.IntN(2000)) * day)
		u.SignedIn = hours(1, 20*24)
		switch {
		case i%40 == 3:
			u.Created, u.SignedIn = Duration(time.Duration(5+chance.IntN(60))*day), 0 // who begins one of these days
		case u.Disabled:
			u.SignedIn = hours(60*24, 700*24)
			u.Attempted = hours(1, 10*24) // somebody tries the accounts of leavers
		case chance.IntN(40) == 0:
			u.SignedIn = 0
		case chance.IntN(15) == 0:
			u.SignedIn = hours(100*24, 600*24)
		}
		if u.SignedIn != 0 {
			u.Used = map[string]Duration{"Exchange": u.SignedIn + hours(1, 48), "Teams": u.SignedIn + hours(1, 200)}
		}
	}
}
