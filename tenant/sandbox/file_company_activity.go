package sandbox

import (
	"cmp"
	"math/rand/v2"
	"slices"
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

// past is the log of the last month: who gave one direct seat in eighty.
func (c *company) past(chance *rand.Rand) {
	c.Audit = &Audit{}
	givers := []string{"helpdesk@contoso.com", "admin@contoso.com", "Onboarding"}
	for _, u := range c.Users {
		direct := slices.DeleteFunc(slices.Clone(u.Licenses), func(l License) bool { return l.Group != "" })
		if len(direct) > 0 && chance.IntN(80) == 0 {
			c.Audit.Entries = append(c.Audit.Entries, &Entry{Ago: Duration(time.Duration(1+chance.IntN(29*24)) * time.Hour),
				By: givers[chance.IntN(len(givers))], User: u.ID, Before: direct[1:], After: direct})
		}
	}
	slices.SortStableFunc(c.Audit.Entries, func(a, b *Entry) int { return cmp.Compare(b.Ago, a.Ago) })
	for i, e := range c.Audit.Entries {
		e.Number = i + 1
	}
}

// policies are data policies, and a flow that one of them suspends.
func (c *company) policies() {
	c.Policies = []DataPolicy{{ID: generatedID("policy", 0), Name: "No social media", Where: "AllEnvironments"}}
	for i, e := range c.Environments {
		if i == 0 && len(e.Flows) > 0 {
			c.Policies = append(c.Policies, DataPolicy{ID: generatedID("policy", 1), Name: "Customer data", Where: "OnlyEnvironments",
				Environments: []string{e.ID}})
			e.Flows[len(e.Flows)-1].State = 2
		}
	}
}
