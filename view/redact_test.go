package view

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
)

// TestRedacted: no format tells who somebody is, and everybody stays one person.
func TestRedacted(t *testing.T) {
	const id = "0392f5df-9768-419b-aa0a-46991f222553"
	for _, name := range []string{"ada@contoso.com", "o'neill@contoso.com", "ada_gmail.com#EXT#@contoso.onmicrosoft.com",
		"jürgen@müller.example", "ada+x@a.b"} {
		holder := ledger.Holder{Kind: ledger.User, ID: id, Name: name}
		e5 := ledger.Item{Kind: ledger.Seat, ID: "e5", Name: "SPE_E5"}
		step := ledger.Step{Op: ledger.Remove, Holder: holder, Item: e5, Before: &ledger.Value{Units: 1}}
		pl := &plan.Plan{Format: plan.Format, At: time.Now(), Calls: []ledger.Call{{ID: 1, Holder: holder, Steps: []ledger.Step{step}}},
			Notices: []ledger.Notice{{Text: "the service says: " + name + " (" + id + ") is 'blocked', " + name + "."}}}
		d := Words{}.Plan(pl, 0)
		d.add(Note{Level: Warning, Text: "user/" + name + ": is held back",
			Sources: []Source{{File: "a.hcl", Line: 1, Text: `users = ["` + name + `"]`}}},
			Sentence("GET /v1.0/users/"+id+"/assignLicense"), Steps{Rows: []Row{{Op: ledger.Add, Subject: name, Address: string(step.Address())}}})
		people := NewPseudonyms([]byte("secret"))
		for _, format := range Formats("plan") {
			var b bytes.Buffer
			if err := Show(format, Output{Writer: &b, Pseudonyms: people}, d); err != nil {
				t.Fatal(err)
			}
			text := strings.ToLower(b.String())
			before, _, _ := strings.Cut(name, "@")
			for _, secret := range []string{before, id, "contoso"} {
				if strings.Contains(text, secret) {
					t.Errorf("%s tells %s of %s:\n%s", format, secret, name, b.String())
				}
			}
			if format != "owners" && format != "gitlab" && !strings.Contains(strings.ReplaceAll(text, `\`, ""), people.of(name)) {
				t.Errorf("%s has nobody in the place of %s:\n%s", format, name, b.String())
			}
		}
		if len(people.people) != 2 || people.of(strings.ToUpper(name)) != people.of(name) { // by name, and by id
			t.Errorf("%s is %v", name, people.people)
		}
		if pl.Calls[0].Holder != holder {
			t.Error("the plan itself is another one now")
		}
	}
	people := NewPseudonyms([]byte(strings.Repeat("k", KeyBytes)))
	drift := &plan.DriftReport{Groups: []plan.DriftGroup{{ID: "4722ebe4", Kind: plan.Gone, By: "boss@contoso.com", Drift: []plan.Drift{
		{Kind: plan.Gone, Holder: ledger.Holder{Kind: ledger.User, ID: "1", Name: "ada@contoso.com"}, Group: "4722ebe4", By: "boss@contoso.com",
			ByID: "0392f5df-9768-419b-aa0a-46991f222553"}}}}}
	for _, format := range []string{"text", "json"} {
		var b bytes.Buffer
		d := Words{}.Drift(ledger.Have{}, drift, time.Now())
		if err := Show(format, Output{Writer: &b, Pseudonyms: people}, d); err != nil {
			t.Fatal(err)
		}
		if text := b.String(); strings.Contains(text, "4722ebe4") || strings.Contains(text, "contoso") || strings.Contains(text, "0392f5df") {
			t.Errorf("the drift as %s tells who: %s", format, text)
		}
	}
	if people.Name(people.of("drift:4722ebe4")) != "drift:4722ebe4" {
		t.Error("a group of drift is not found any more")
	}
	kept, err := people.MarshalJSON()
	if err != nil || new(Pseudonyms).UnmarshalJSON(kept) != nil {
		t.Errorf("%s is not read: %v", kept, err)
	}
	forged := strings.Replace(string(kept), people.of("ada@contoso.com"), "ada@contoso.com", 1)
	if new(Pseudonyms).UnmarshalJSON([]byte(forged)) == nil {
		t.Error("a file lets a name stand for itself")
	}
	other := NewPseudonyms([]byte("another"))
	if NewPseudonyms([]byte("secret")).of("ada") == other.of("ada") {
		t.Error("the pseudonym needs no key")
	}
}
