package plan

import (
	"testing"
	"time"

	"github.com/usher-cli/usher/ledger"
)

// TestFindIdle: a seat is unused where something says so, and in no other case.
func TestFindIdle(t *testing.T) {
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	ago := func(days int) time.Time { return now.AddDate(0, 0, -days) }
	item := ledger.Item{Kind: ledger.Seat, ID: "e5", Name: "SPE_E5"}
	who := ledger.Holder{Kind: ledger.User, ID: "ada", Name: "ada@contoso.com"}
	line := ledger.Origin{File: "main.hcl", Line: 3, Block: "assignment.office"}
	old := ago(1000)
	for name, c := range map[string]struct {
		last     ledger.LastUse
		unknown  bool
		blind    bool // sign-ins were not told
		disabled bool
		unsaid   bool // no file asks for it
		free     bool
		want     IdleReason
	}{
		"away for as long":                 {last: ledger.LastUse{Created: old, SignIn: ago(90).Add(-time.Second)}, want: NoSignIn},
		"away for a moment less":           {last: ledger.LastUse{Created: old, SignIn: ago(90)}},
		"never":                            {last: ledger.LastUse{Created: old}, want: NoSignIn},
		"never, and new":                   {last: ledger.LastUse{Created: ago(89)}},
		"reads mail":                       {last: ledger.LastUse{Created: old, SignIn: ago(200), Used: ago(3)}},
		"read mail":                        {last: ledger.LastUse{Created: old, SignIn: ago(200), Used: ago(120)}, want: NoSignIn},
		"nobody knows":                     {unknown: true},
		"disabled":                         {last: ledger.LastUse{Created: old, SignIn: ago(200)}, disabled: true, want: AccountDisabled},
		"disabled of late":                 {last: ledger.LastUse{Created: old, SignIn: ago(10)}, disabled: true},
		"disabled, and nothing is known":   {unknown: true, disabled: true},
		"disabled, without sign-ins":       {last: ledger.LastUse{Created: old}, blind: true, disabled: true, want: AccountDisabled},
		"disabled, new, without sign-ins":  {last: ledger.LastUse{Created: ago(5)}, blind: true, disabled: true},
		"disabled and new":                 {last: ledger.LastUse{Created: ago(5)}, disabled: true},
		"without sign-ins":                 {last: ledger.LastUse{Created: old}, blind: true},
		"disabled, with mail that is read": {last: ledger.LastUse{Created: old, Used: ago(1)}, disabled: true},
		"got it of late":                   {last: ledger.LastUse{Created: old, SignIn: ago(200), Given: map[string]time.Time{"e5": ago(5)}}},
		"got another of late": {last: ledger.LastUse{Created: old, SignIn: ago(200), Given: map[string]time.Time{"e3": ago(5)}},
			want: NoSignIn},
		"no file asks": {last: ledger.LastUse{Created: old, SignIn: ago(200)}, unsaid: true, want: NoSignIn},
		"free":         {last: ledger.LastUse{Created: old, SignIn: ago(200)}, free: true},
	} {
		g := ledger.Grant{Holder: who, Item: item, Value: ledger.Value{Units: 1}}
		in := Input{At: now, Today: "2026-11-30", Known: []ledger.Grant{g},
			Have: ledger.Have{Grants: []ledger.Grant{g}, Supply: []ledger.Supply{{Item: item, Free: c.free}}}}
		if !c.unsaid {
			asked := g
			asked.Origins = []ledger.Origin{line}
			in.Want = []ledger.Grant{asked}
		}
		if c.disabled {
			in.Have.Disabled = []ledger.HolderID{who.Identity()}
		}
		c.last.Known = !c.blind
		s := IdleSearch{Days: 90, Activity: ledger.Activity{People: map[string]ledger.LastUse{"ada": c.last}}}
		if c.unknown {
			s.Activity.People = nil
		}
		found := FindIdle(in, s)
		var got IdleReason
		if len(found.Seats) > 0 {
			got = found.Seats[0].Reason
		}
		if got != c.want || len(found.Seats) > 0 && (len(found.Seats[0].Origins) == 0) != c.unsaid {
			t.Errorf("%s: %q, want %q: %+v", name, got, c.want, found)
		}
		if c.want == "" {
			continue
		}
		in.Known = nil // the files ask for it, and no apply has taken it over
		if found := FindIdle(in, s); len(found.Seats) > 0 && !c.unsaid {
			t.Errorf("%s: it is taken out of the files before usher manages it", name)
		}
		s.Ignores = []ledger.IgnoreRule{{Label: "robots", Address: "user/ada@*", Reason: "r", Until: "2026-11-30"}}
		if found := FindIdle(in, s); len(found.Seats) > 0 {
			t.Errorf("%s: an exception does not count", name)
		}
		s.Ignores[0].Until = "2026-11-29"
		if found := FindIdle(in, s); len(found.Seats) == 0 && c.unsaid {
			t.Errorf("%s: an exception that is over counts", name)
		}
	}
}
