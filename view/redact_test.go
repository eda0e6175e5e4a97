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
		people := &Pseudonyms{Key: []byte("secret"), People: map[string]string{}}
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
		if len(people.People) != 2 || people.of(strings.ToUpper(name)) != people.of(name) { // by name, and by id
			t.Errorf("%s is %v", name, people.People)
		}
		if pl.Calls[0].Holder != holder {
			t.Error("the plan itself is another one now")
		}
	}
	other := &Pseudonyms{Key: []byte("another"), People: map[string]string{}}
	if (&Pseudonyms{Key: []byte("secret"), People: map[string]string{}}).of("ada") == other.of("ada") {
		t.Error("the pseudonym needs no key")
	}
}
