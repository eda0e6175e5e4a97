package graph

import (
	"net/http"
	"testing"
	"time"

	"github.com/usher-cli/usher/ledger"
)

// TestOldReadings holds what is in doubt to a reading that cannot be older than
// the call: one that shows the person as they were before somebody gave what
// the call takes would else prove a removal that never was.
func TestOldReadings(t *testing.T) {
	const sku = "eda1941c-3c4f-4995-b5eb-e85a42175ab9"
	call := ledger.Call{Steps: []ledger.Step{{Op: ledger.Remove, Item: ledger.Item{ID: sku}, Before: &ledger.Value{Units: 1}}}}
	without := partAnswer{Status: http.StatusOK, Body: []byte(`{"id":"u1","licenseAssignmentStates":[]}`)}
	with := partAnswer{Status: http.StatusOK, Body: []byte(`{"id":"u1","licenseAssignmentStates":[{"skuId":"` + sku + `","state":"Active","error":"None"}]}`)}
	for name, c := range map[string]struct {
		doubt, gone bool
		first, last partAnswer
		looks       int
		want        ledger.Outcome
	}{
		"no doubt":                         {false, false, without, without, 1, ledger.Done},
		"no doubt, and held":               {false, false, with, with, 1, ledger.Failed},
		"the service says so too":          {true, true, without, without, 1, ledger.Done},
		"gone until no reading is so old":  {true, false, without, without, 4, ledger.Done},
		"shown as gone, and held after it": {true, false, without, with, 4, ledger.Unknown},
		"held all the time":                {true, false, with, with, 4, ledger.Unknown},
	} {
		client := &Client{Lag: 4 * time.Second, Pause: time.Second}
		a := &attempt{call: call, look: true, doubt: c.doubt, gone: c.gone}
		res, looks := client.seen(a, c.first), 1
		for ; res.Outcome == ledger.Again && looks < 20; looks++ {
			res = client.seen(a, c.last)
		}
		if res.Outcome != c.want || looks != c.looks {
			t.Errorf("%s: %v after %d looks, want %v after %d", name, res.Outcome, looks, c.want, c.looks)
		}
	}
}
