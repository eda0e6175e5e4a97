package tenant_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/usher-cli/usher/catalog"
	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/tenant"
)

// setUnits is a call that brings an environment from one number to another.
func setUnits(from, to int64) ledger.Call {
	h := ledger.Holder{Kind: ledger.Environment, ID: env, Name: "production"}
	return ledger.Call{ID: 1, Holder: h, Steps: []ledger.Step{{Op: ledger.Change, Holder: h,
		Item: ledger.Item{
			Kind: ledger.Capacity,
			ID:   catalog.Process,
			Name: "process",
		}, Before: &ledger.Value{Units: from}, After: &ledger.Value{Units: to}}}}
}

// TestTwoAdmins (rule 58): the licensing service has no versions to write
// against, so usher looks once more before it writes, and stops where another
// admin changed what it is about to change.
func TestTwoAdmins(t *testing.T) {
	tn, _ := open(t, "")
	ctx := context.Background()
	if _, err := tn.Read(ctx, tenant.ReadOptions{}); err != nil {
		t.Fatal(err)
	}
	if r := tn.Run(ctx, []ledger.Call{setUnits(4, 3)})[0]; r.Outcome != ledger.Done {
		t.Fatalf("the first admin: %s %s", r.Outcome, r.Message)
	}
	r := tn.Run(ctx, []ledger.Call{setUnits(2, 6)})[0] // planned from a number that nobody ever saw
	if r.Outcome != ledger.Failed || !strings.Contains(r.Message, "it is allocated 3 of process, and 2 were expected") {
		t.Errorf("the second admin: %s %s", r.Outcome, r.Message)
	}
	if r := tn.Run(ctx, []ledger.Call{setUnits(2, 3)})[0]; r.Outcome != ledger.Done {
		t.Errorf("what is there already is done: %s %s", r.Outcome, r.Message)
	}
}

// group is a call that gives the small tenant's makers E3.
func group() ledger.Call {
	h := ledger.Holder{Kind: ledger.Group, ID: "6b1c2a10-0000-4000-8000-00000000000a", Name: "makers"}
	return ledger.Call{
		ID:     1,
		Holder: h,
		Steps:  []ledger.Step{{Op: ledger.Add, Holder: h, Item: ledger.Item{Kind: ledger.Seat, ID: e3}, After: &ledger.Value{Units: 1}}},
	}
}

// TestGroupOnABadDay: an answer that is lost is settled by looking, a refusal
// is one, and members who cannot be read afterwards leave the call pending.
func TestGroupOnABadDay(t *testing.T) {
	for name, c := range map[string]struct {
		fault   string
		outcome ledger.Outcome
	}{
		"a lost answer": {`{"method":"POST","path":"/groups/","loseReply":true,"times":9}`, ledger.Done},
		"a refusal": {`{"method":"POST","path":"/groups/","status":403,"code":"Authorization_RequestDenied",` +
			`"message":"Insufficient privileges to complete the operation."}`, ledger.Failed},
		"never carried out":     {`{"method":"POST","path":"/groups/","status":500}`, ledger.Unknown},
		"members not readable":  {`{"method":"GET","path":"/members/","status":403}`, ledger.Pending},
		"progress not readable": {`{"method":"GET","path":"/groups/6b","status":403}`, ledger.Pending},
	} {
		tn, _ := open(t, c.fault)
		if r := tn.Run(context.Background(), []ledger.Call{group()})[0]; r.Outcome != c.outcome {
			t.Errorf("%s: %s %s, want %s", name, r.Outcome, r.Message, c.outcome)
		}
	}
}

// TestFlowOnABadDay: a write in an environment that the service answers with an
// error may be carried out all the same. One that a reading shows is done, and of
// one that it does not show nobody knows.
func TestFlowOnABadDay(t *testing.T) {
	const test = "31db83d3-f525-4486-bfb1-a19ed600a344"
	flow := ledger.Within(
		ledger.Holder{Kind: ledger.Environment, ID: test, Name: "test"},
		ledger.Flow,
		"7a000000-0000-4000-8000-000000002001",
		"flow-1",
	)
	call := ledger.Call{
		ID:     1,
		Holder: flow,
		Steps: []ledger.Step{
			{Op: ledger.Remove, Holder: flow, Item: ledger.Item{Kind: ledger.Capacity, ID: catalog.Process}, Before: &ledger.Value{Units: 1}},
		},
	}
	for name, c := range map[string]struct {
		fault   string
		outcome ledger.Outcome
	}{
		"done, and said to have failed": {`{"method":"PATCH","path":"flowcapacityassignments","status":500,"afterWrite":true}`, ledger.Done},
		"a lost answer":                 {`{"method":"PATCH","path":"flowcapacityassignments","loseReply":true,"times":1}`, ledger.Done},
		"not done":                      {`{"method":"PATCH","path":"flowcapacityassignments","status":500}`, ledger.Unknown},
		"done, and not to be read": {`{"method":"PATCH","path":"flowcapacityassignments","status":500,"afterWrite":true},` +
			`{"method":"GET","path":"flowcapacityassignments","status":403,"skip":2}`, ledger.Unknown},
		"refused": {`{"method":"PATCH","path":"flowcapacityassignments","status":403}`, ledger.Failed},
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			tn, _ := openOf(t, "rpa", c.fault)
			if _, err := tn.Read(context.Background(), tenant.ReadOptions{Environments: []string{"test"}}); err != nil {
				t.Fatal(err)
			}
			if r := tn.Run(context.Background(), []ledger.Call{call})[0]; r.Outcome != c.outcome {
				t.Errorf("%s %s, want %s", r.Outcome, r.Message, c.outcome)
			}
		})
	}
}

// TestUnreadPlaces: an organisation that may not be read hides what is inside
// an environment, and nothing else.
func TestUnreadPlaces(t *testing.T) {
	tn, _ := open(t, `{"method":"GET","path":"/dataverse/52a57ebf","status":403}`)
	r, err := tn.Read(context.Background(), tenant.ReadOptions{Environments: []string{"production", "test"}})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Unread) != 1 || !r.Unread[0].Inside || r.Unread[0].Holder.Name != "production" {
		t.Errorf("unread: %+v", r.Unread)
	}
	if len(r.Inside) != 1 || len(r.Grants) == 0 {
		t.Errorf("inside: %+v, grants: %d", r.Inside, len(r.Grants))
	}
}

// TestEnvironmentsOfManyPages: an environment of the last page is read like one of the first.
func TestEnvironmentsOfManyPages(t *testing.T) {
	var rows []string
	for i := range 120 {
		rows = append(rows, fmt.Sprintf(`{"id":"e%03d","name":"number %[1]d","noDataverse":true,"allocations":{"PowerAutomatePerProcess":1}}`, i))
	}
	tn, log := openText(t, `{"format":1,"id":"81db8ebb-bbc6-4c6c-aad4-a6aa92b76e0c","name":"Contoso","skus":[],"users":[],`+
		`"capacity":{"PowerAutomatePerProcess":200},"environments":[`+strings.Join(rows, ",")+`]}`)
	got, err := tn.Read(context.Background(), tenant.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	held := map[string]bool{}
	for _, g := range got.Grants {
		held[g.Holder.ID] = true
	}
	if len(held) != 120 || !held["e119"] || len(got.Unread) > 0 {
		t.Errorf("%d environments hold units, and %d could not be read", len(held), len(got.Unread))
	}
	if n := strings.Count(log.String(), "/environmentmanagement/environments"); n != 3 {
		t.Errorf("%d requests for 3 pages", n)
	}
}
