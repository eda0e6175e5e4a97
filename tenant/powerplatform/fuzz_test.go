package powerplatform_test

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/tenant/powerplatform"
	"github.com/usher-cli/usher/tenant/wire"
	"github.com/usher-cli/usher/test/answers"
)

// FuzzAnswers reads any bytes as the answer to everything that is asked of the Power
// Platform: what is read says what it is about and counts nothing below zero, what is
// no list is an error, an environment is read or said to be unread, and every error
// says something.
func FuzzAnswers(f *testing.F) {
	for _, body := range []string{
		`{"value":[{"id":"E","displayName":"Contoso\u001b","url":"https://contoso.crm.dynamics.com"},{"id":"F"}]}`,
		`{"value":[{"id":""}]}`, `{"id":"e"}`, `{"value":[{"name":"flow","workflowId":null,"resourceId":"r"},{"name":"in","workflowId":"w"}]}`,
		`[{"environmentId":"E","currencyAllocations":[{"currencyType":"AI","allocated":5},{"currencyType":"MCSMessages","allocated":0}]}]`,
		`[{"environmentId":"e","currencyAllocations":[]},{"environmentId":"E","currencyAllocations":[]}]`, `[{"environmentId":"e"}]`,
		`{"currencyAllocations":[{"currencyType":"AI","allocated":1}]}`, `{"currencyAllocations":[{"currencyType":"AI","allocated":-1}]}`,
		`[{"currencyType":"AI","purchased":10,"allocated":5}]`, `[{"currencyType":"AI","purchased":null}]`,
		`[{"currencyType":"AI","purchased":1},{"currencyType":"AI","purchased":2}]`, `[{"currencyType":"AI","purchased":99999999999999}]`,
		`{"value":[]}`, `{"value":null}`, `{"value":[null]}`, `[]`, `[null]`, `{}`, `null`, ``,
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		w := wire.New(wire.Options{Base: "https://platform.example", Version: "0", Transport: answers.Always(body), Now: time.Now})
		c := powerplatform.New(w, func(currency string) string { return currency })
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		environments, err := c.Environments(ctx)
		answers.WellTold(t, body, true, err)
		for _, e := range environments {
			if e.ID == "" || e.Name == "" {
				t.Errorf("an environment is %+v", e)
			}
		}
		there, err := c.Environment(ctx, "e")
		answers.WellTold(t, body, false, err)
		if there != (err == nil) {
			t.Errorf("%q is read as an environment: %v, %v", body, there, err)
		}
		supply, err := c.Supply(ctx)
		answers.WellTold(t, body, false, err)
		if whole := bytes.TrimSpace(body); err == nil && whole[0] != '[' {
			t.Errorf("%q is read as what was purchased: %+v", body, supply)
		}
		for _, s := range supply {
			if s.Item.ID == "" || s.Owned < 0 || s.Used < 0 {
				t.Errorf("what is owned is %+v", s)
			}
		}
		_, err = c.Outside(ctx, "e")
		answers.WellTold(t, body, true, err)
		allocated(t, c, body)
	})
}

// allocated reads what environments are given: every one is read or unread, and
// nothing is given twice.
func allocated(t *testing.T, c *powerplatform.Client, body []byte) {
	e := powerplatform.Environment{Holder: ledger.Holder{Kind: ledger.Environment, ID: "e", Name: "E"}}
	grants, unread := c.Allocations(context.Background(), []powerplatform.Environment{e})
	if len(unread) > 1 || len(unread) == 1 && len(grants) > 0 {
		t.Errorf("%q is read as %+v, and %+v is unread", body, grants, unread)
	}
	if len(unread) == 0 && !bytes.Contains(body, []byte("[")) {
		t.Errorf("%q says what an environment is given", body)
	}
	for _, u := range unread {
		answers.Told(t, u.Reason)
	}
	seen := map[string]bool{}
	for _, g := range grants {
		kind, holder, item, err := g.Address().Split()
		if err != nil || kind != ledger.Environment || holder != "E" || item != g.Item.ID || g.Units <= 0 || seen[item] {
			t.Errorf("a grant is %+v, %v", g, err)
		}
		seen[item] = true
	}
}
