package engine

import (
	"testing"
	"time"

	"github.com/usher-cli/usher/config"
	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/state"
)

// TestSettled: what usher gave a moment ago need not be in a list of the service yet,
// and is not asked for again; what it gave before has to be there.
func TestSettled(t *testing.T) {
	now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	seat := func(user string) ledger.Grant {
		return ledger.Grant{Holder: ledger.Holder{Kind: ledger.User, ID: user, Name: user},
			Item: ledger.Item{Kind: ledger.Seat, ID: "e5", Name: "E5"}, Value: ledger.Value{Units: 1}}
	}
	cfg := &config.Config{}
	cfg.Tenant.PeopleLag = 5 * time.Minute
	p := &Present{Opened: &Opened{Loaded: &Loaded{World: &World{Now: func() time.Time { return now }}, Config: cfg}},
		Document: &state.Document{Recent: []ledger.Recent{
			{Grant: seat("ada"), At: now.Add(-time.Minute)}, {Grant: seat("bob"), At: now.Add(-time.Hour)},
		}},
		Known: []ledger.Grant{seat("ada"), seat("bob"), seat("cyd")}}
	got := p.settled()
	if len(got) != 2 || got[0].Holder.ID != "bob" || got[1].Holder.ID != "cyd" || len(p.Known) != 3 {
		t.Errorf("it is %v", got)
	}
}
