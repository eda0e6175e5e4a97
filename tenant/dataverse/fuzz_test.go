package dataverse_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/tenant/dataverse"
	"github.com/usher-cli/usher/tenant/wire"
	"github.com/usher-cli/usher/test/answers"
)

// FuzzAnswers reads any bytes as the answer to everything that is asked of Dataverse:
// what is read says what it is about and counts nothing below zero, what is no list
// is an error, and every error says something.
func FuzzAnswers(f *testing.F) {
	const lookup = `"_regarding_value@Microsoft.Dynamics.CRM.lookuplogicalname"`
	const both = `"workflowid":"W","name":"n","flowmachineid":"M","flowmachinegroupid":"G",` +
		`"flowcapacityassignmentid":"A","_regarding_value":"W",`
	for _, body := range []string{
		`{"value":[{` + both + lookup + `:"workflow",` +
			`"statecode":1,"capacitytype":2,"count":3,"allocationorigin":1,"createdon":"2026-01-01T00:00:00Z"}]}`,
		`{"value":[{` + both + lookup + `:"flowmachine","capacitytype":1,"count":1},` +
			`{` + both + lookup + `:"flowmachine","capacitytype":1,"count":2}]}`,
		`{"value":[{` + both + lookup + `:"other","capacitytype":1,"count":7}]}`,
		`{"value":[{` + both + lookup + `:"","count":1}]}`,
		`{"value":[{` + both + lookup + `:"workflow","capacitytype":1,"count":-1}]}`,
		`{"value":[{` + both + `"owninguser":{"azureactivedirectoryobjectid":"U","applicationid":null},"createdon":"never"}]}`,
		`{"value":[{"workflowid":"w","name":"\u001b[2J","statecode":2,"owninguser":{"applicationid":"a"}}]}`,
		`{"value":[],"@odata.nextLink":"https://elsewhere.example/api"}`,
		`{"value":[]}`, `{"value":null}`, `{"value":[null]}`, `{}`, `[]`, `null`, ``,
	} {
		f.Add([]byte(body))
	}
	environment := ledger.Holder{Kind: ledger.Environment, ID: "e", Name: "E"}
	f.Fuzz(func(t *testing.T, body []byte) {
		w := wire.New(wire.Options{Base: "https://contoso.example", Version: "0", Transport: answers.Always(body), Now: time.Now})
		c := dataverse.New(w, environment, func(currency string) ledger.Item {
			return ledger.Item{Kind: ledger.Capacity, ID: currency, Name: currency}
		})
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		all, err := c.Read(ctx)
		answers.WellTold(t, body, true, err)
		if err == nil {
			contained(t, all)
		}
		for _, kind := range []ledger.HolderKind{ledger.Flow, ledger.Machine, ledger.MachineGroup, ledger.User} {
			there, err := c.There(ctx, ledger.Within(environment, kind, "x", "x"))
			answers.WellTold(t, body, kind != ledger.User, err)
			if there && (err != nil || kind == ledger.User) {
				t.Errorf("%q is read as a %s: %v", body, kind, err)
			}
		}
		call := ledger.Call{Steps: []ledger.Step{{Op: ledger.Change, Holder: ledger.Within(environment, ledger.Flow, "x", "x")}}}
		if res := c.Restart(ctx, call); res.Outcome != ledger.Done {
			answers.Told(t, res.Message)
		}
	})
}

// contained checks what an environment has.
func contained(t *testing.T, all dataverse.Contents) {
	for _, h := range all.Holders {
		if _, id, ok := strings.Cut(h.ID, "/"); !ok || id == "" || h.Own() == "" {
			t.Errorf("a holder is %+v", h)
		}
	}
	seen := map[ledger.Key]bool{}
	for _, g := range all.Grants {
		if kind, _, item, err := g.Address().Split(); err != nil || kind != g.Holder.Kind || item != g.Item.ID || g.Units <= 0 || seen[g.Key()] {
			t.Errorf("a grant is %+v, %v", g, err)
		}
		seen[g.Key()] = true
	}
	for _, r := range all.Rows {
		delete(seen, r.Key)
	}
	if len(seen) > 0 {
		t.Errorf("no row gives %v", seen)
	}
	for _, h := range all.Unseen {
		if h.Units <= 0 || h.Pool.Item == "" {
			t.Errorf("a hidden row has %+v", h)
		}
	}
}
