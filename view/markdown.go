package view

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/usher-cli/usher/ledger"
)

// asMarkdown lays a page out for the comment of a pull request: the verdict first, then
// what forbids it, the account of the pools, what is taken, what has drifted, and the
// rest, folded. Where that is more than may be shown, detail goes first, and counts stay.
//
// Rows stand in blocks of code, where no name is a mention, a link or a tag.
//
// Its first line is a comment that nobody sees, by which usher comment knows the page.
func asMarkdown(out Output, d Document) error {
	m := ledger.Marker{Page: letters.FindString(d.Title), At: d.At.UTC().Truncate(time.Second), Finding: cmp.Or(d.Finding, ledger.Something),
		Digest: digest.FindString(d.Digest)}
	chapters := markdownOf(d.Page)
	fit := func() (text string) {
		most := out.MaxBytes
		if most > 0 {
			most = max(1, most-len(m.String())-1)
		}
		text, m.Shortened = fitted(chapters, most)
		return text
	}
	text := fit()
	if m.Shortened { // and the marker says so
		text = fit()
	}
	_, err := fmt.Fprint(out, m.String(), "\n", text)
	return err
}

// What of a page stands in its marker: no name, and no other text of anybody else.
var (
	letters = regexp.MustCompile(`^[A-Za-z]+`)
	digest  = regexp.MustCompile(`^sha256:[0-9a-f]+$`)
)

// The ranks of chapters: of two, the higher one is shortened first.
const (
	always = iota
	reasons
	accounts
	takes
	warnings
	drifted
	changes
	explains
)

// markdown makes chapters of a page.
type markdown struct {
	escape *strings.Replacer

	head, stops, warns, notes *chapter
	taken, mended, shared     *chapter
	moves                     *chapter
	tables, steps, lists      []*chapter
	refusals                  int
}

// markdownOf makes the chapters of a page, in the order in which people read.
func markdownOf(p Page) []*chapter {
	m := &markdown{
		escape: escapes(),
		stops:  &chapter{rank: reasons, more: "- … and %d more reasons"},
		warns:  &chapter{rank: warnings, head: "#### Warnings", more: "- … and %d more"},
		notes:  &chapter{rank: explains, head: "#### Notes", more: "- … and %d more"},
		taken:  diff(takes, "%s", "removal"),
		moves:  diff(takes, "%s to another product", "move"),
		mended: diff(drifted, "%s of what somebody changed", "correction"),
		shared: diff(drifted, "", "step"),
	}
	m.head = &chapter{rank: always, head: "### usher: " + m.mark(p.Title)}
	for _, part := range p.Parts {
		m.add(part)
	}
	if m.refusals > 0 {
		m.say(fmt.Sprintf("**Refused, for %s.**", ledger.Count(m.refusals, "reason")))
	}
	if p.Digest != "" {
		m.say("Digest: " + m.mark(p.Digest))
	}
	all := append([]*chapter{m.head, m.stops}, m.tables...)
	all = append(all, m.taken, m.moves, m.mended, m.shared, m.warns)
	all = append(all, m.lists...)
	all = append(append(all, m.steps...), m.notes)
	return slices.DeleteFunc(all, func(c *chapter) bool { // what has nothing to say
		return c.head == "" && len(c.lines) == 0 || len(c.lines) == 0 && c.rank != always
	})
}

// add puts a part into its chapter.
//
// What takes something away, and what somebody has changed, is shown once for all licenses:
// a reviewer reads these first, and may read nothing else.
func (m *markdown) add(part Part) {
	switch part := part.(type) {
	case Verdict:
		m.say("**" + m.mark(string(part)) + "**")
	case Sentence:
		m.notes.lines = append(m.notes.lines, "- "+m.mark(string(part)))
	case Intro: // what it introduces has a heading
	case Note:
		m.addNote(part)
	case Table:
		if len(part.Rows) > 0 {
			m.tables = append(m.tables, m.table(part))
		}
	case Steps:
		m.steps = append(m.steps, m.rows(part))
	case List:
		m.addList(part)
	case Facts:
		for _, f := range part {
			m.notes.lines = append(m.notes.lines, "- "+m.mark(f.Name)+": "+m.mark(f.Value))
		}
	case Outcome:
		m.lists = append(m.lists, &chapter{rank: takes, lines: []string{"- " + m.mark(outcomeText(part))}})
	case Code:
		code := &chapter{rank: changes, open: "```", tail: "```", more: "… and %d more"}
		for _, line := range part {
			code.lines = append(code.lines, fenced(line))
		}
		m.lists = append(m.lists, code)
	case Check:
		m.notes.lines = append(m.notes.lines, "- "+m.mark(string(part.Verdict)+": "+part.sentence()))
	}
}

// diff is a chapter of rows under a heading with their number.
func diff(rank int, heading, one string) *chapter {
	return &chapter{rank: rank, count: heading, one: one, open: "```diff", tail: "```", more: "… and %d more"}
}

// rows makes the chapter of some steps, but for those that take and those that
// correct what drifted: each has a chapter for all licenses.
//
//	<details><summary>2 steps: license "e5" (SPE_E5)</summary>
//
//	```diff
//	+ ada@contoso.com    people.hcl:4
//	! ~ ben@contoso.com  Teams (TEAMS1) off  people.hcl:4
//	```
//
//	</details>
func (m *markdown) rows(s Steps) *chapter {
	rest := diff(changes, "%s: "+strings.ReplaceAll(titled(s.Title), "%", "%%"), "step")
	rest.fold = true
	if s.Base != "" {
		m.shared.count = "%s that " + strings.ReplaceAll(m.mark(s.Base), "%", "%%") + " asks for already"
	}
	for _, r := range s.Rows {
		to, subject := rest, r.Subject
		switch { // in a chapter for all licenses, a line says which it is about
		case s.Base != "":
			to, subject = m.shared, r.Address
		case r.Move != Move{} && m.move(r):
			continue
		case r.Op == ledger.Remove:
			to, subject = m.taken, r.Address
		case r.Why == ledger.Drift:
			to, subject = m.mended, r.Address
		}
		line := strings.TrimRight(fmt.Sprintf("%s %s  %s  %s", diffSign(r.Op), subject, r.Detail, originTexts(r.Origins)), " ")
		to.lines = append(to.lines, fenced(line))
	}
	if s.Adopted > 0 {
		to, text := rest, "= %d people have it already: adopt"
		if s.Base != "" {
			to, text = m.shared, text+" "+safe(s.Title)
		}
		to.lines = append(to.lines, fmt.Sprintf(text, s.Adopted))
		to.beside += s.Adopted - 1
	}
	return rest
}

// move shows a person who changes products once: what the person has, and will have. It
// reports false where the removal costs something, which needs a row of its own.
//
//	! ada@contoso.com  SPE_E3 -> SPE_E5  people.hcl:4
func (m *markdown) move(r Row) bool {
	if r.Op == ledger.Remove {
		return r.Detail == "moves to "+r.Move.To
	}
	rest := strings.TrimPrefix(strings.TrimPrefix(r.Detail, "moves from "+r.Move.From), ", ")
	line := strings.Join(strings.Fields(fmt.Sprintf("! %s  %s -> %s  %s", r.Subject, r.Move.From, r.Move.To, rest)), " ")
	m.moves.lines = append(m.moves.lines, fenced(strings.TrimRight(line+"  "+originTexts(r.Origins), " ")))
	return true
}

// diffSign is a sign that a block of differences colours.
func diffSign(o ledger.Op) string {
	switch o {
	case ledger.Add, ledger.Remove:
		return o.Sign()
	case ledger.Change, ledger.Retry, ledger.Restart:
		return "! " + o.Sign()
	}
	return "  " + o.Sign()
}

// fenced is a line in a block of code, which no line of it ends.
func fenced(line string) string {
	return strings.ReplaceAll(safe(line), "```", "` ` `")
}

// say adds a paragraph to the head of the page.
func (m *markdown) say(text string) {
	if len(m.head.lines) > 0 {
		text = "\n" + text
	}
	m.head.lines = append(m.head.lines, text)
}

// addNote adds a note to those of its level.
//
//   - **Refused**: SPE_E5 is short by 2: 27 would be in use, and 25 are purchased.
//   - 20 assignment.office (people.hcl:4)
//   - Buy more, or declare less.
func (m *markdown) addNote(n Note) {
	text := fmt.Sprintf("- **%s**: %s%s", n.Level.head().text, m.mark(n.Heading), m.mark(n.sentence()))
	for _, s := range n.Sources {
		text += "\n  - on " + m.mark(s.where())
	}
	for _, line := range n.Lines {
		text += "\n  - " + m.mark(strings.TrimSpace(line))
	}
	if n.Fix != "" {
		text += "\n  - " + m.mark(n.Fix) + "."
	}
	to := m.notes
	switch n.Level {
	case Unbound:
		m.refusals++
		to = m.head
	case Refusal:
		m.refusals++
		to = m.stops
	case Wrong, Permitted:
		to = m.stops
	case Warning:
		to = m.warns
	}
	to.lines = append(to.lines, text)
}

func (m *markdown) table(t Table) *chapter {
	c := &chapter{rank: accounts, open: "| " + strings.Join(m.marks(t.Head), " | ") + " |\n|---|" + strings.Repeat("---:|", len(t.Head)-1),
		more: "| … and %d more |" + strings.Repeat(" |", len(t.Head)-1)}
	for _, row := range t.Rows {
		c.lines = append(c.lines, "| "+strings.Join(m.marks(row), " | ")+" |")
	}
	return c
}

// addList adds a list to the others, or before the tables.
func (m *markdown) addList(l List) {
	if l.First {
		m.tables = append(m.tables, m.list(l))
		return
	}
	m.lists = append(m.lists, m.list(l))
}

func (m *markdown) list(l List) *chapter {
	c := &chapter{rank: takes, more: "- … and %d more"}
	if l.Title != "" {
		c.head = "#### " + m.mark(strings.TrimSuffix(l.Title, ":"))
	}
	for _, i := range l.Items {
		text := strings.Join(strings.Fields(fmt.Sprint(i.Day, " ", i.Op.Sign(), " ", i.Text, "  ", i.Detail, "  ", originTexts(i.Origins))), " ")
		text = "- " + m.mark(text)
		for _, more := range i.More {
			text += "\n  - " + m.mark(more)
		}
		for n, code := range i.Code {
			if n == 0 {
				text += "\n  ```hcl"
			}
			text += "\n  " + fenced(code)
			if n == len(i.Code)-1 {
				text += "\n  ```"
			}
		}
		c.lines = append(c.lines, text)
	}
	return c
}

// outcomeText is how a call ended, in a line.
func outcomeText(o Outcome) string {
	var acts []string
	for _, a := range o.Acts {
		acts = append(acts, strings.TrimSpace(a.Op.Sign()+" "+a.Text))
	}
	text := strings.TrimPrefix(o.Holder+": "+strings.Join(acts, ", ")+": "+ending(o.Outcome).text+o.Instead, ": ")
	if o.Message != "" {
		text += ": " + o.Message
	}
	if o.Request != "" {
		text += " (request " + o.Request + ")"
	}
	return strings.Join(append([]string{text}, o.Lines...), "; ")
}

func (m *markdown) marks(texts []string) []string {
	all := make([]string, len(texts))
	for i, text := range texts {
		all[i] = m.mark(text)
	}
	return all
}
