package commerce_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/tenant/commerce"
	"github.com/usher-cli/usher/tenant/wire"
	"github.com/usher-cli/usher/test/answers"
)

// FuzzAnswers reads any bytes as the policies of the purchase service: a list is read
// only from a list "items", each product has an id and a policy, what was read is
// written and read back the same, and every error says something.
func FuzzAnswers(f *testing.F) {
	for _, body := range []string{
		`{"items":[{"productId":"CFQ7TTC0KP0N","productName":"Power Automate","policyValue":"Enabled"},` +
			`{"productId":"p","policyValue":"OnlyTrialsWithoutPaymentMethod"}]}`,
		`{"items":[{"productId":"p","productName":"\u001b[2J","policyValue":"Disabled"}],"nextLink":"x"}`, `{"ITEMS":[]}`,
		`{"items":[{"productId":"","policyValue":"Enabled"}]}`, `{"items":[{"productId":"p"}]}`,
		`{"items":null}`, `{"items":[null]}`, `{"items":{}}`,
		`{"value":[]}`, `{}`, `[]`, `null`, ``,
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		grants, err := policies(body)
		if err != nil {
			answers.Told(t, err.Error())
			return
		}
		if !answers.HasList(body, "items") {
			t.Errorf("%q is read as the policies %+v", body, grants)
		}
		rows := []map[string]string{}
		for _, g := range grants {
			kind, holder, _, err := g.Address().Split()
			if err != nil || kind != ledger.SelfService || holder != g.Holder.Name || g.Holder.ID == "" || g.Units != 1 || g.Policy == "" {
				t.Errorf("a policy is %+v, %v", g, err)
			}
			rows = append(rows, map[string]string{"productId": g.Holder.ID, "productName": g.Holder.Name, "policyValue": g.Policy})
		}
		text, err := json.Marshal(map[string]any{"items": rows})
		if err != nil {
			t.Fatal(err)
		}
		again, err := policies(text)
		same := err == nil && len(again) == len(grants)
		for i := 0; same && i < len(again); i++ {
			same = again[i].Key() == grants[i].Key() && again[i].Address() == grants[i].Address() && again[i].Policy == grants[i].Policy
		}
		if !same {
			t.Errorf("%+v became %+v, %v", grants, again, err)
		}
	})
}

// policies reads an answer.
func policies(body []byte) ([]ledger.Grant, error) {
	w := wire.New(wire.Options{Base: "https://purchase.example", Version: "0", Transport: answers.Always(body), Now: time.Now})
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return commerce.New(w).Policies(ctx)
}
