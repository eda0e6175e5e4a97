package graph_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/tenant/graph"
	"github.com/usher-cli/usher/tenant/wire"
	"github.com/usher-cli/usher/test/answers"
)

// TestOneRowForEachSource: an account that has a product twice from one source, in
// whatever case, has it once. A service plan is off where both rows have it off, and
// a row that failed says nothing beside one that works.
func TestOneRowForEachSource(t *testing.T) {
	supply := []ledger.Supply{
		{Item: ledger.Item{Kind: ledger.Seat, ID: "e5", Name: "E5"}, Plans: []ledger.ServicePlan{{ID: "mail"}, {ID: "chat"}, {ID: "call"}}},
	}
	body := []byte(`{"value":[{"id":"ada","licenseAssignmentStates":[
		{"skuId":"E5","disabledPlans":["MAIL","chat"],"state":"Active"}, {"skuId":"e5","disabledPlans":["mail","call"],"state":"Active"},
		{"skuId":"e5","disabledPlans":[],"state":"Error","error":"CountViolation"},
		{"skuId":"e5","assignedByGroup":"G","disabledPlans":["mail"],"state":"Error","error":"CountViolation"},
		{"skuId":"E5","assignedByGroup":"g","disabledPlans":["call"],"state":"Active"}]}]}`)
	c := graph.New(wire.New(wire.Options{Base: "https://graph.example", Version: "0", Transport: answers.Always(body), Now: time.Now}))
	people, err := c.People(context.Background(), supply, graph.Wanted{}, func(int) {})
	if err != nil || len(people.Grants) != 1 || len(people.Inherited) != 1 {
		t.Fatal(people, err)
	}
	if off := people.Grants[0].Without; !slices.Equal(off, ledger.ServicePlanIDs{"mail"}) {
		t.Errorf("ada has %v off", off)
	}
	if from := people.Inherited[0]; from.Error != "" || !slices.Equal(from.Without, ledger.ServicePlanIDs{"call"}) {
		t.Errorf("ada has from g: %+v", from)
	}
}
