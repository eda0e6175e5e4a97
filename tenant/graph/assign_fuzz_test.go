package graph_test

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/tenant/graph"
	"github.com/usher-cli/usher/tenant/wire"
	"github.com/usher-cli/usher/test/answers"
)

// FuzzAssign reads any bytes as the answer to every request of two calls, one that
// gives a seat and one that takes it: each ends, and is done only where the answer
// shows what the account has.
func FuzzAssign(f *testing.F) {
	for _, body := range []string{
		`{"responses":[{"id":"0","status":200,"body":{"id":"A","licenseAssignmentStates":[{"skuId":"S"}]}},` +
			`{"id":"1","status":200,"body":{"id":"B","licenseAssignmentStates":[]}}]}`,
		`{"responses":[{"id":"0","status":200,"body":{}},{"id":"1","status":204}]}`,
		`{"responses":[{"id":"0","status":400,"body":{"error":{"message":"User does not have a corresponding ` +
			`license."}}},{"id":"1","status":404}]}`,
		`{"responses":[{"id":"0","status":429,"headers":{"Retry-After":"7"}},{"id":"1","status":503,"headers":{"Retry-After":"-1"}}]}`,
		`{"responses":[{"id":"0","status":99},{"id":"0","status":200}]}`, `{"responses":[null]}`, `{"responses":[]}`, `{}`, `null`, ``,
	} {
		f.Add([]byte(body))
	}
	seat := ledger.Item{Kind: ledger.Seat, ID: "s", Name: "S"}
	gives := ledger.Call{ID: 1, Holder: ledger.Holder{Kind: ledger.User, ID: "a", Name: "a"}}
	gives.Steps = []ledger.Step{{Op: ledger.Add, Holder: gives.Holder, Item: seat, After: &ledger.Value{Units: 1}}}
	takes := ledger.Call{ID: 2, Holder: ledger.Holder{Kind: ledger.User, ID: "b", Name: "b"}}
	takes.Steps = []ledger.Step{{Op: ledger.Remove, Holder: takes.Holder, Item: seat, Before: &ledger.Value{Units: 1}}}
	f.Fuzz(func(t *testing.T, body []byte) {
		c := graph.New(wire.New(wire.Options{Base: "https://graph.example", Version: "0", Transport: answers.Always(body), Now: time.Now}))
		open := []ledger.Call{gives, takes}
		for tries := 0; len(open) > 0; tries++ {
			if tries > 50 {
				t.Fatalf("%d calls do not end", len(open))
			}
			results := c.Assign(context.Background(), open)
			open = nil
			for _, res := range results {
				if res.Outcome != ledger.Done {
					answers.Told(t, res.Message)
				}
				switch {
				case res.Outcome == ledger.Again && res.Wait >= 0:
					open = append(open, res.Call)
				case res.Outcome == ledger.Again:
					t.Errorf("it is to wait for %s", res.Wait)
				case res.Outcome == ledger.Done && !bytes.Contains(bytes.ToLower(body), []byte("licenseassignmentstates")):
					t.Errorf("%q is read as done", body)
				}
			}
		}
	})
}
