package view

import (
	"cmp"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/fatih/color"
	"github.com/hashicorp/go-multierror"
	"github.com/hashicorp/hcl/v2"

	"github.com/usher-cli/usher/catalog"
	"github.com/usher-cli/usher/ledger"
)

// Printer writes text for people.
type Printer struct {
	w       io.Writer
	colored bool
	files   map[string]*hcl.File
	plans   map[string]string   // names of service plans, by id
	lines   map[string][]string // of the files that were shown
	undoing bool                // the plan that is shown reverses a run, and wants nothing that a file does
}

// NewPrinter makes a printer that uses colour only where it is told so.
func NewPrinter(w io.Writer, colored bool) *Printer {
	return &Printer{w: w, colored: colored, lines: map[string][]string{}}
}

// WithFiles gives the printer the sources from which to show lines.
func (p *Printer) WithFiles(files map[string]*hcl.File) *Printer {
	p.files = files
	return p
}

// WithPlans gives the printer the names of service plans, by id.
func (p *Printer) WithPlans(names map[string]string) *Printer {
	p.plans = names
	return p
}

// plan is what people call a service plan: its id where nobody knows its name.
func (p *Printer) plan(id string) string { return Safe(cmp.Or(p.plans[id], id)) }

// fullPlan is the name of a service plan behind the word that people know.
func (p *Printer) fullPlan(id string) string {
	if word := catalog.Family(p.plans[id]); word != "" {
		return word + " (" + p.plan(id) + ")"
	}
	return p.plan(id)
}

// guid is an id that may be a service plan's.
var guid = regexp.MustCompile(`[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}`)

// named is a message of a service with the names of the service plans that it has
// the ids of.
func (p *Printer) named(message string) string {
	return Safe(guid.ReplaceAllStringFunc(message, func(id string) string {
		if name, known := p.plans[strings.ToLower(id)]; known {
			return name + " (" + id + ")"
		}
		return id
	}))
}

// Line prints a formatted line. Texts that are not usher's own must have
// passed through Safe.
func (p *Printer) Line(format string, args ...any) {
	fmt.Fprintf(p.w, format+"\n", args...)
}

// paint colours a text, where colours are wanted.
func (p *Printer) paint(s string, attributes ...color.Attribute) string {
	c := color.New(attributes...)
	if p.colored {
		c.EnableColor()
	} else {
		c.DisableColor()
	}
	return c.Sprint(s)
}

// op is the coloured sign of a step.
func (p *Printer) op(o ledger.Op) string {
	switch o {
	case ledger.Add:
		return p.paint(o.Sign(), color.FgGreen)
	case ledger.Remove:
		return p.paint(o.Sign(), color.FgRed)
	case ledger.Change, ledger.Retry, ledger.Restart:
		return p.paint(o.Sign(), color.FgYellow)
	}
	return p.paint(o.Sign(), color.FgCyan)
}

// Diagnostics prints what is wrong with files, each with its line, and says
// how many errors there are.
func (p *Printer) Diagnostics(diags hcl.Diagnostics) {
	for _, d := range diags {
		word, paint := "Error", color.FgRed
		if d.Severity == hcl.DiagWarning {
			word, paint = "Warning", color.FgYellow
		}
		p.Line("%s: %s", p.paint(word, paint, color.Bold), p.paint(Safe(d.Summary), color.Bold))
		switch at := d.Subject; {
		case at == nil:
		case concealed(d):
			p.Line("  on %s:%d", Safe(at.Filename), at.Start.Line)
		default:
			p.source(at.Filename, at.Start.Line, "")
		}
		p.Line("  %s", Safe(d.Detail))
		p.Line("")
	}
}

// concealed reports whether the line of a diagnostic holds what nobody should
// see.
func concealed(d *hcl.Diagnostic) bool {
	c, ok := d.Extra.(interface{ Conceal() bool })
	return ok && c.Conceal()
}

// source prints a place and, where it is known, the line that stands there.
func (p *Printer) source(file string, line int, block string) {
	where := Safe(file)
	if line > 0 {
		where = fmt.Sprintf("%s:%d", where, line)
	}
	if block != "" {
		where += ", in " + Safe(block)
	}
	p.Line("  on %s", where)
	if text, ok := p.lineOf(file, line); ok {
		p.Line("  %4d | %s", line, Safe(clip(text)))
	}
}

// clip cuts a line that nobody reads to its end.
func clip(s string) string {
	const most = 200
	if runes := []rune(s[:min(len(s), 4*most)]); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return s
}

// lineOf is one line of a file that was read.
func (p *Printer) lineOf(file string, line int) (string, bool) {
	f := p.files[file]
	if f == nil {
		return "", false
	}
	if p.lines[file] == nil {
		p.lines[file] = strings.Split(string(f.Bytes), "\n")
	}
	if line < 1 || line > len(p.lines[file]) {
		return "", false
	}
	return strings.ReplaceAll(strings.TrimRight(p.lines[file][line-1], "\r"), "\t", "  "), true
}

// Failure prints an error that is not about a line of a file, or each of many.
func (p *Printer) Failure(err error) {
	for _, e := range each(err) {
		p.Line("%s: %s", p.paint("Error", color.FgRed, color.Bold), Safe(oneLine(e.Error())))
	}
}

// each takes an error apart that is nothing but several.
func each(err error) []error {
	if many, ok := err.(*multierror.Error); ok { //nolint:errorlint // what wraps it says more
		return many.Errors
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var all []error
	var texts []string
	for _, e := range joined.Unwrap() {
		all, texts = append(all, each(e)...), append(texts, e.Error())
	}
	if err.Error() != strings.Join(texts, "\n") {
		return []error{err}
	}
	return all
}

// mostNotices bounds how many notices of one kind are listed.
const mostNotices = 20

// Notices prints notices, the many of one kind cut short with their number.
func (p *Printer) Notices(notices []ledger.Notice) {
	shown := map[string]int{}
	for i, n := range notices {
		shown[n.Code]++
		if n.Severity == ledger.Error || shown[n.Code] <= mostNotices {
			p.notice(n)
		}
		if last := i == len(notices)-1 || notices[i+1].Code != n.Code; last && n.Severity != ledger.Error && shown[n.Code] > mostNotices {
			p.Line("  … and %d more of this kind (%s); -json lists them all.", shown[n.Code]-mostNotices, n.Code)
		}
	}
	if len(notices) > 0 {
		p.Line("")
	}
}

// notice prints a notice, with its line and the way out.
func (p *Printer) notice(n ledger.Notice) {
	word, paint := "Note", color.FgCyan
	switch n.Severity {
	case ledger.Error:
		word, paint = "Error", color.FgRed
	case ledger.Warning:
		word, paint = "Warning", color.FgYellow
	}
	text := n.Text
	if n.Address != "" {
		text = n.Address + ": " + n.Text
	}
	p.Line("%s: %s", p.paint(word, paint, color.Bold), Safe(text))
	if n.Severity == ledger.Info && n.Code == "unmanaged" {
		return
	}
	for _, o := range n.Origins {
		p.source(o.File, o.Line, o.Block)
	}
	if n.Fix != "" {
		p.Line("  %s.", Safe(n.Fix))
	}
}
