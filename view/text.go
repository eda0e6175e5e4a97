package view

import (
	"bufio"
	"fmt"
	"slices"
	"strings"

	"github.com/fatih/color"

	"github.com/usher-cli/usher/ledger"
)

// Text lays pages out for a terminal, or for the log of a pipeline. Everything that it
// writes passes through safe.
type Text struct{ Output }

// NewText makes a layout for an output.
func NewText(out Output) *Text { return &Text{out} }

// Page shows a page. A long one is written in large pieces.
func (t *Text) Page(p Page) {
	pieces := bufio.NewWriterSize(t.Writer, 1<<16)
	out := &Text{t.Output}
	out.Writer = pieces
	out.Show(p.Parts...)
	if p.Digest != "" {
		out.Say("Digest: %s", p.Digest)
	}
	_ = pieces.Flush() // the place itself remembers what could not be written
}

// Say shows a sentence.
func (t *Text) Say(format string, args ...any) { t.Show(Sentence(fmt.Sprintf(format, args...))) }

// Show shows parts of a page.
func (t *Text) Show(parts ...Part) {
	if t.Pseudonyms != nil {
		parts = redacted(t.Pseudonyms, parts)
	}
	for _, p := range parts {
		t.part(p)
	}
}

func (t *Text) part(p Part) {
	switch p := p.(type) {
	case Sentence:
		t.line(0, 0, plain(string(p)))
	case Intro:
		t.line(0, 0, plain(string(p)))
	case Verdict:
		t.line(0, 0, strong(string(p)))
	case Break:
		t.blank()
	case Note:
		t.note(p)
	case Steps:
		t.steps(p)
	case Table:
		t.table(p)
	case List:
		t.list(p)
	case Facts:
		t.facts(p)
	case Outcome:
		t.outcome(p)
	case Check:
		t.check(p)
	case Code:
		for _, line := range p {
			fmt.Fprintln(t, safe(line))
		}
	}
}

// heads are the words before notes, by level.
func (l Level) head() span {
	switch l {
	case Wrong:
		return span{"Error", []color.Attribute{color.FgRed, color.Bold}}
	case Warning:
		return span{"Warning", []color.Attribute{color.FgYellow, color.Bold}}
	case Refusal, Unbound:
		return span{"Refused", []color.Attribute{color.FgRed, color.Bold}}
	case Permitted:
		return span{"Gap", []color.Attribute{color.FgYellow, color.Bold}}
	}
	return span{"Note", []color.Attribute{color.FgCyan, color.Bold}}
}

// Warning: user/ada@contoso.com:SPE_E5: the account is disabled, so the seat is held back
//
//	on people.hcl:4, in assignment.office
//	   4 |   users = ["ada@contoso.com"]
//	enable the account, take it out of the file, or set disabled_accounts = true in the assignment.
func (t *Text) note(n Note) {
	if t.Compact && n.Level == Warning {
		t.compact(n)
		return
	}
	t.line(0, 2, n.Level.head(), plain(": "), strong(n.Heading), plain(n.sentence()))
	for _, s := range n.Sources {
		t.line(2, 4, plain("on "+s.where()))
		if s.Text != "" {
			t.line(2, 9, plain(fmt.Sprintf("%4d | %s", s.Line, s.Text)))
		}
	}
	for _, text := range n.Lines {
		t.line(2, 9, plain(text))
	}
	if n.Fix != "" {
		t.line(2, 2, plain(n.Fix+"."))
	}
}

// compact is a warning in a line, with its first place.
func (t *Text) compact(n Note) {
	text := n.sentence()
	if text == "" && len(n.Lines) > 0 {
		text = ": " + n.Lines[0]
	}
	if len(n.Sources) > 0 {
		text += " (" + n.Sources[0].where() + ")"
	}
	t.line(0, 2, n.Level.head(), plain(": "), strong(n.Heading), plain(text))
}

// The subjects make a column. Where that takes more than half of the lines, what goes on
// below a step begins near the left instead.
func (t *Text) steps(s Steps) {
	t.blank()
	t.line(2, 4, strong(s.Title))
	subjects := 0
	for _, r := range s.Rows {
		subjects = max(subjects, columns(safe(r.Subject)))
	}
	const sign = 4 + 2 // before the subject
	hang := sign + subjects + 2
	if hang > t.Width/2 {
		hang = sign + 2
	}
	rows, more := t.few(s.Rows)
	for _, r := range rows {
		subject := safe(r.Subject)
		detail := strings.TrimSpace(r.Detail + "  " + originTexts(r.Origins))
		gap := strings.Repeat(" ", subjects-columns(subject)+2)
		if detail == "" {
			gap = ""
		}
		t.line(4, hang, signOf(r.Op), plain(" "), plain(subject), plain(gap), plain(detail))
	}
	for _, text := range more {
		t.line(4, sign, plain(text))
	}
	if s.Adopted > 0 {
		t.line(4, sign, signOf(ledger.Adopt), plain(fmt.Sprintf(" %d people have it already: adopt", s.Adopted)))
	}
}

// Code is never broken: somebody copies it.
func (t *Text) list(l List) {
	if l.Title != "" {
		t.line(0, 2, strong(l.Title))
	}
	for _, i := range l.Items {
		var spans []span
		if i.Day != "" {
			spans = append(spans, plain(i.Day+" "))
		}
		if i.Op != "" {
			spans = append(spans, signOf(i.Op), plain(" "))
		}
		spans = append(spans, plain(i.Text))
		if behind := strings.TrimSpace(i.Detail + "  " + originTexts(i.Origins)); behind != "" {
			spans = append(spans, plain("  "+behind))
		}
		t.line(2, 4, spans...)
		for _, text := range i.More {
			t.line(6, 8, plain(text))
		}
		for _, text := range i.Code {
			fmt.Fprintln(t, strings.TrimRight("    "+safe(text), " "))
		}
	}
}

func (t *Text) facts(all Facts) {
	const name = 11 // columns
	for _, f := range all {
		t.line(0, name, plain(fmt.Sprintf("%-*s", name, f.Name)), plain(f.Value))
	}
}

func (t *Text) outcome(o Outcome) {
	var spans []span
	indent := 2
	if o.Holder != "" {
		indent, spans = 0, append(spans, plain(o.Holder+": "))
	}
	for n, a := range o.Acts {
		if n > 0 {
			spans = append(spans, plain(", "))
		}
		if a.Op != "" {
			spans = append(spans, signOf(a.Op), plain(" "))
		}
		spans = append(spans, plain(a.Text))
	}
	spans = append(spans, plain(": "), ending(o.Outcome), plain(o.Instead))
	if o.Message != "" {
		spans = append(spans, plain(": "+o.Message))
	}
	if o.Request != "" {
		spans = append(spans, plain(" (request "+o.Request+")"))
	}
	t.line(indent, 4, spans...)
	for _, text := range o.Lines {
		t.line(2, 4, plain(text))
	}
}

// ending is the word for how a call ended.
func ending(o ledger.Outcome) span {
	switch o {
	case "":
		return span{}
	case ledger.Done:
		return span{"done", []color.Attribute{color.FgGreen}}
	case ledger.Unknown:
		return span{"outcome unknown", []color.Attribute{color.FgYellow}}
	case ledger.Skipped:
		return span{"skipped", []color.Attribute{color.FgYellow}}
	case ledger.Pending:
		return span{"pending", []color.Attribute{color.FgYellow}}
	}
	return span{"failed", []color.Attribute{color.FgRed}}
}

func (t *Text) check(c Check) {
	word := span{"fine    ", []color.Attribute{color.FgGreen}}
	switch c.Verdict {
	case ledger.Optional:
		word = span{"optional", nil}
	case ledger.Unclear:
		word = span{"unclear ", []color.Attribute{color.FgYellow}}
	case ledger.Missing:
		word = span{"missing ", []color.Attribute{color.FgRed}}
	}
	const words = 9 // columns
	t.line(0, words, word, plain(" "), plain(c.finding()))
	if c.Remedy != "" {
		t.line(words, words, plain(c.Remedy+"."))
	}
}

// table lays rows out with a heading: names to the left, values to the right. Where
// that is too wide, every row is a sentence.
func (t *Text) table(table Table) {
	rows := make([][]string, 0, len(table.Rows)+1)
	widths := make([]int, len(table.Head))
	for _, row := range slices.Concat([][]string{table.Head}, table.Rows) {
		cells := make([]string, len(row))
		for i, cell := range row {
			cells[i] = safe(cell)
			widths[i] = max(widths[i], columns(cells[i]))
		}
		rows = append(rows, cells)
	}
	all := 0
	for _, w := range widths {
		all += 2 + w
	}
	if t.Width > 0 && all > t.Width {
		t.stacked(table)
		return
	}
	for n, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			blanks := strings.Repeat(" ", widths[i]-columns(cell))
			if i == 0 {
				line.WriteString("  " + cell + blanks)
			} else {
				line.WriteString("  " + blanks + cell)
			}
		}
		text := plain(line.String())
		if n == 0 {
			text.paint = []color.Attribute{color.Faint}
		}
		t.line(0, 0, text)
	}
}

// stacked writes the rows of a table as sentences.
//
//	SPE_E5: purchased 25, limit 25, now 23, highest 24,
//	  after 23, available 2
func (t *Text) stacked(table Table) {
	for _, row := range table.Rows {
		var values []string
		for i, cell := range row[1:] {
			values = append(values, table.Head[i+1]+" "+cell)
		}
		t.line(2, 4, plain(row[0]+": "+strings.Join(values, ", ")))
	}
}
