package graph

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/tenant/wire"
	"github.com/usher-cli/usher/test/answers"
)

// TestOldReadings holds what is in doubt to a reading that cannot be older than
// the call: one that shows the person as they were before somebody gave what
// the call takes would else prove a removal that never was.
func TestOldReadings(t *testing.T) {
	const sku = "eda1941c-3c4f-4995-b5eb-e85a42175ab9"
	call := ledger.Call{Steps: []ledger.Step{{Op: ledger.Remove, Item: ledger.Item{ID: sku}, Before: &ledger.Value{Units: 1}}}}
	without := partAnswer{Status: http.StatusOK, Body: []byte(`{"id":"u1","licenseAssignmentStates":[]}`)}
	with := partAnswer{
		Status: http.StatusOK,
		Body:   []byte(`{"id":"u1","licenseAssignmentStates":[{"skuId":"` + sku + `","state":"Active","error":"None"}]}`),
	}
	for name, c := range map[string]struct {
		doubt, gone bool
		first, last partAnswer
		looks       int
		want        ledger.Outcome
	}{
		"no doubt":                         {false, false, without, without, 1, ledger.Done},
		"no doubt, and shown for long":     {false, true, with, with, 4, ledger.Pending},
		"no doubt, and shown for a while":  {false, true, with, without, 2, ledger.Done},
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

// TestPartsThatWait: a part of a batch asks to wait in any of the ways that a
// whole answer does, though it has no date of its own, and is named by its batch.
func TestPartsThatWait(t *testing.T) {
	now := time.Date(2026, 11, 25, 10, 0, 0, 0, time.UTC)
	client := New(wire.New(wire.Options{Now: func() time.Time { return now }}))
	for text, want := range map[string]time.Duration{"7": 7 * time.Second, "2.5": 2500 * time.Millisecond, "Wed, 25 Nov " +
		"2026 10:00:30 GMT": 30 * time.Second} {
		e, _ := client.refusal(partAnswer{Status: http.StatusTooManyRequests, Headers: map[string]string{"Retry-After": text}, batch: "b-1"})
		if e.Wait != want || e.RequestID != "b-1" {
			t.Errorf("%q is read as %s of %s, want %s", text, e.Wait, e.RequestID, want)
		}
	}
}

// TestSeveralRows: the service has several rows of one product and source, of which
// one failed, or has more service plans off. A call is in effect as the rows are together.
func TestSeveralRows(t *testing.T) {
	without := func(plans ...string) *ledger.Value { return &ledger.Value{Units: 1, Without: plans} }
	step := ledger.Step{Op: ledger.Change, Item: ledger.Item{ID: "e5"}, Before: without("mail", "chat"), After: without("chat")}
	call := ledger.Call{Holder: ledger.Holder{Kind: ledger.Group, ID: "g"}, Steps: []ledger.Step{step}}
	u := user{ID: "ada", UPN: "ada@contoso.com", States: []state{
		{SKU: "e5", State: "Error", Error: "CountViolation"}, {SKU: "e5", Disabled: []string{"mail", "chat"}, State: "Active"},
		{SKU: "E5", Disabled: []string{"chat"}, State: "Active"},
	}}
	if !u.reached(call) {
		t.Error("ada has the service plan on by one of her rows, and the call is not in effect")
	}
	people, err := json.Marshal(map[string]any{"value": []any{map[string]any{"id": "ada", "userPrincipalName": "ada@contoso.com",
		"licenseAssignmentStates": []any{
			map[string]any{"skuId": "e5", "assignedByGroup": "g", "state": "Error", "error": "CountViolation"},
			map[string]any{"skuId": "e5", "assignedByGroup": "g", "state": "Active", "disabledPlans": []any{"chat"}},
		}}}})
	if err != nil {
		t.Fatal(err)
	}
	c := New(wire.New(wire.Options{Base: "https://graph.example", Version: "0", Transport: answers.Always(people), Now: time.Now}))
	if unfit, behind, err := c.members(context.Background(), call); len(unfit) > 0 || behind > 0 || err != nil {
		t.Errorf("ada has it from the group by one of her rows, and is left without: %+v, %d, %v", unfit, behind, err)
	}
}
