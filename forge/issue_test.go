package forge

import (
	"strings"
	"testing"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/test/forgeserver"
)

// TestIssueOfTheNights: see Issue.
func TestIssueOfTheNights(t *testing.T) {
	eachForge(t, func(t *testing.T, p *place) {
		night := func(n int, finding ledger.Finding, body string, want Done) {
			t.Helper()
			d := Page{Marker: ledger.Marker{Subject: "contoso", Page: "Drift", At: at(n), Finding: finding}, Body: body}
			done, err := p.client.Issue(t.Context(), d)
			if err != nil || done != want {
				t.Fatalf("night %d: %s, %v; want %s", n, done, err, want)
			}
		}
		night(1, ledger.Nothing, "No drift.\n", Unchanged)
		night(2, ledger.Something, "2 changes, since Monday.\n\n- ada lost E5\n- ben lost E5\n", Created)
		night(3, ledger.Something, "2 changes, since Tuesday.\n\n- ada lost E5\n- ben lost E5\n", Unchanged)
		if n := p.server.Writes(); n != 1 {
			t.Errorf("%d writes, want 1", n)
		}
		night(4, ledger.Something, "2 changes.\n\n- ada lost E5\n- cleo lost E3\n\n```diff\n+ `dan`\n```\n", Updated)
		night(5, ledger.Incomplete, "Not read.\n", Created)
		night(6, ledger.Nothing, "No drift.\n", Closed)
		night(7, ledger.Something, "1 change.\n\n- ada lost E5\n", Updated)
		night(3, ledger.Nothing, "No drift.\n", Outdated)
		notes := p.server.Notes()
		if len(notes) != 4 {
			t.Fatalf("there is %+v", notes)
		}
		issue, first, unread, second := notes[0], notes[1], notes[2], notes[3]
		if !issue.Issue || issue.Title != "usher: drift: contoso" || !issue.Open || !strings.Contains(issue.Body, "1 change.") {
			t.Errorf("the issue is %+v", issue)
		}
		if want := "New:\n\n- cleo lost E3\n\n```diff\n+ `dan`\n```\n\nNo longer there:\n\n- ben lost E5\n\n"; fromHTML(first.Body) != want {
			t.Errorf("the comment is %q, want %q", first.Body, want)
		}
		if !unread.Issue || unread.Open || !strings.Contains(unread.Title, "was not read: contoso") {
			t.Errorf("the issue of the reading is %+v", unread)
		}
		if second.Number != issue.ID || !strings.HasPrefix(fromHTML(second.Body), "No longer there:") {
			t.Errorf("the comment is %+v", second)
		}
	})
}

// TestDoubledIssues: of two that jobs opened at once, one is left.
func TestDoubledIssues(t *testing.T) {
	eachForge(t, func(t *testing.T, p *place) {
		if _, err := p.client.Issue(t.Context(), page(1, "- a\n")); err != nil {
			t.Fatal(err)
		}
		first := p.server.Notes()[0]
		first.ID = 0
		for range 60 { // more than a page of any forge
			p.server.Put(forgeserver.Note{Issue: true, Open: true, Author: first.Author, Title: "another", Body: "text"})
		}
		p.server.Put(first)
		if done, err := p.client.Issue(t.Context(), page(2, "- a\n")); err != nil || done != Unchanged {
			t.Fatalf("%s, %v", done, err)
		}
		open := 0
		for _, n := range p.server.Notes() {
			if n.Issue && n.Open && n.Title == first.Title {
				open++
			}
		}
		if open != 1 {
			t.Errorf("%d issues are open", open)
		}
	})
}

// TestClipBytes: a comment about a difference fits as well.
func TestClipBytes(t *testing.T) {
	long := differenceOf("", "- a\n"+strings.Repeat("- b\n", 50)+"```diff\n"+strings.Repeat("+ c\n", 500)+"```\n")
	for _, most := range []int{100, 600, 5000} {
		if text := clipBytes(long, most); len(text) > most || strings.Count(text, "```")%2 != 0 {
			t.Errorf("%d bytes of %d:\n%s", len(text), most, text)
		}
	}
}
