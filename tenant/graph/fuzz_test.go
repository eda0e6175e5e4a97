package graph_test

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/tenant/graph"
	"github.com/usher-cli/usher/tenant/wire"
	"github.com/usher-cli/usher/test/answers"
)

// FuzzAnswers reads any bytes as the answer to everything that is asked of Graph:
// what is read says whom and what it is about and counts nothing below zero, what is
// no list is an error, and every error says something.
func FuzzAnswers(f *testing.F) {
	for _, body := range []string{
		`{"value":[{"id":"t"}]}`,
		`{"value":[{"skuId":"S","skuPartNumber":"E5","appliesTo":"User","consumedUnits":1,"prepaidUnits":{"enabled":2,"warning":0},` +
			`"servicePlans":[{"servicePlanId":"P","servicePlanName":"n","appliesTo":"Company"}],` +
			`"totalLicenses":2,"nextLifecycleDateTime":"2026-01-01T00:00:00Z"}]}`,
		`{"value":[{"skuId":"S"}]}`, `{"value":[{"skuId":"s","prepaidUnits":{}},{"skuId":"S","prepaidUnits":{"enabled":-1}}]}`,
		`{"value":[{"id":"U","userPrincipalName":"ada@contoso.com","accountEnabled":false,"usageLocation":null,"licenseAssignmentStates":[` +
			`{"skuId":"s","assignedByGroup":null,"disabledPlans":["p"],"state":"Active","error":"None"},` +
			`{"skuId":"s","assignedByGroup":"G","disabledPlans":[],"state":"Error","error":"CountViolation"}]}]}`,
		`{"value":[{"id":"U","licenseAssignmentStates":null}]}`,
		`{"value":[{"id":"U","licenseAssignmentStates":[{"skuId":"s","disabledPlans":["P"]},{"skuId":"S","disabledPlans":["p","q"]}]}]}`,
		`{"responses":[{"id":"0","status":200,"body":{"id":"A","licenseAssignmentStates":[{"skuId":"S"}]}}]}`,
		`{"value":[{"id":"G","displayName":"g\u001b","securityEnabled":false,"assignedLicenses":[{"skuId":"s","disabledPlans":["p"]}]}]}`,
		`{"id":"G","assignedLicenses":[{"skuId":"s","disabledPlans":null}],"licenseProcessingState":{"state":"ProcessingComplete"}}`,
		`{"responses":[{"id":"0","status":404,"body":{"error":{"code":"X"}}},{"id":"1","status":200,"headers":{"request-id":"r"},"body":{}}]}`,
		`{"responses":[{"id":"0","status":403,"body":{"error":{"message":"No.\u001b[2J"}}}]}`, `{"responses":[null]}`,
		`{"value":[{"id":"` + strings.Repeat("long", 1000) + `"}]}`,
		`{"value":[]}`, `{"value":null}`, `{"value":[null]}`, `{}`, `[]`, `null`, ``,
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		c := graph.New(wire.New(wire.Options{Base: "https://graph.example", Version: "0", Transport: answers.Always(body), Now: time.Now}))
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		_, err := c.Tenant(ctx)
		answers.WellTold(t, body, true, err)
		supply, err := c.Supply(ctx)
		answers.WellTold(t, body, true, err)
		supplied(t, supply)
		people, err := c.People(ctx, supply, graph.Wanted{Given: true}, func(int) {})
		answers.WellTold(t, body, true, err)
		if err == nil {
			granted(t, people)
		}
		for _, isID := range []bool{true, false} {
			groups, err := c.FindGroups(ctx, "g", isID, supply)
			answers.WellTold(t, body, !isID, err)
			for _, g := range groups {
				given(t, g.Holder, g.Grants)
			}
		}
		members, err := c.ReadMembers(ctx, "g")
		answers.WellTold(t, body, true, err)
		if slices.Contains(members.Users, "") {
			t.Errorf("%q has a member without an id", body)
		}
		asked(t, c, body)
	})
}

// supplied checks what the tenant owns.
func supplied(t *testing.T, supply []ledger.Supply) {
	for _, s := range supply {
		if s.Item.ID == "" || s.Owned < 0 || s.Used < 0 || s.Grace < 0 {
			t.Errorf("what is owned is %+v", s)
		}
		for _, l := range s.Lapses {
			if l.Seats < 0 {
				t.Errorf("what lapses is %+v", l)
			}
		}
	}
}

// granted checks who has what.
func granted(t *testing.T, people graph.People) {
	for _, h := range people.Holders {
		given(t, h, nil)
	}
	keys := map[ledger.Key]bool{}
	for _, g := range people.Grants {
		given(t, g.Holder, []ledger.Grant{g})
		if keys[g.Key()] {
			t.Errorf("%s is there twice", g.Address())
		}
		keys[g.Key()] = true
	}
	for _, i := range people.Inherited {
		if i.Group == "" || i.User.ID == "" || i.Item == "" {
			t.Errorf("a group gives %+v", i)
		}
	}
	if most := len(people.Holders); len(people.Disabled) > most || len(people.Nowhere) > most {
		t.Errorf("of %d people %d are disabled and %d are nowhere", most, len(people.Disabled), len(people.Nowhere))
	}
}

// given checks a holder and what it has: each grant has an address of its own.
func given(t *testing.T, h ledger.Holder, grants []ledger.Grant) {
	if h.ID == "" || h.Name == "" {
		t.Errorf("a holder is %+v", h)
	}
	for _, g := range grants {
		kind, holder, _, err := g.Address().Split()
		if err != nil || kind != h.Kind || holder != h.Name || g.Units != 1 {
			t.Errorf("a grant is %+v, %v", g, err)
		}
	}
}

// asked asks for people, a seat and a product by their ids: what is not answered is an
// error, and no answer that there is nobody.
func asked(t *testing.T, c *graph.Client, body []byte) {
	at, err := c.There(context.Background(), []string{"a", "b"})
	if at < -1 || at > 1 || err == nil && !bytes.Contains(body, []byte("[")) {
		t.Errorf("%q is read as who is there: %d, %v", body, at, err)
	}
	answers.WellTold(t, body, false, err)
	ada := ledger.Grant{Holder: ledger.Holder{Kind: ledger.User, ID: "a", Name: "a"}, Item: ledger.Item{Kind: ledger.Seat, ID: "s", Name: "S"}}
	if at, err := c.Holds(context.Background(), []ledger.Grant{ada}); at == 0 && err == nil && !bytes.Contains(body, []byte("skuId")) {
		t.Errorf("%q is read as somebody who has a seat", body)
	} else {
		answers.WellTold(t, body, false, err)
	}
	if owns, err := c.Owns(context.Background(), "t", "s"); err == nil && owns && !bytes.Contains(body, []byte("2")) {
		t.Errorf("%q is read as an owned product: %v, %v", body, owns, err)
	}
}
