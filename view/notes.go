package view

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/go-multierror"
	"github.com/hashicorp/hcl/v2"

	"github.com/usher-cli/usher/catalog"
	"github.com/usher-cli/usher/ledger"
)

// Diagnostics tells what is wrong with files, each problem with its line.
//
//	Error: Unknown license
//	  on people.hcl:9
//	     9 |   grant "e55" {}
//	  There is no license "e55". Did you mean "e5"?
func (w Words) Diagnostics(diags hcl.Diagnostics) Page {
	p := Page{Title: "Configuration"}
	w.lines = map[string][]string{}
	for _, d := range diags {
		n := Note{Heading: d.Summary, Lines: []string{d.Detail}}
		if d.Severity == hcl.DiagWarning {
			n.Level = Warning
		}
		if at := d.Subject; at != nil {
			s := Source{File: at.Filename, Line: at.Start.Line}
			if !concealed(d) {
				s.Text = w.lineOf(s.File, s.Line)
			}
			n.Sources = []Source{s}
		}
		p.add(n, Break{})
	}
	return p
}

// concealed reports whether the line of a diagnostic holds what nobody should
// see.
func concealed(d *hcl.Diagnostic) bool {
	c, ok := d.Extra.(interface{ Conceal() bool })
	return ok && c.Conceal()
}

// lineOf is one line of a file that was read; "" where it was not.
func (w Words) lineOf(file string, line int) string {
	f := w.Files[file]
	if f == nil {
		return ""
	}
	if w.lines[file] == nil {
		w.lines[file] = strings.Split(string(f.Bytes), "\n")
	}
	if line < 1 || line > len(w.lines[file]) {
		return ""
	}
	return clip(strings.ReplaceAll(strings.TrimRight(w.lines[file][line-1], "\r"), "\t", "  "))
}

// clip cuts a line that nobody reads to its end.
func clip(s string) string {
	const most = 200
	if runes := []rune(s[:min(len(s), 4*most)]); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return s
}

// Failure tells of an error that is not about a line of a file, or of each of many.
func Failure(err error) Page {
	p := Page{Title: "Error"}
	for _, e := range each(err) {
		p.add(Note{Text: oneLine(e.Error())})
	}
	return p
}

// each takes an error apart that is nothing but several.
//
// An error that has words of its own around several others stays one: its words say what
// they have in common.
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

// oneLine puts the lines of a message behind each other.
func oneLine(s string) string {
	if !strings.Contains(s, "\n") {
		return s
	}
	var parts []string
	for text := range strings.Lines(s) {
		if text = strings.TrimSpace(text); text != "" {
			parts = append(parts, text)
		}
	}
	return strings.Join(parts, "; ")
}

// Notices tells what a reader of a result has to know. Notices that say the same of many are
// one, with their number.
//
// Errors are all told: each has to be mended. Of a warning that holds for 8,000 people a few
// names and lines show what it is about.
func (w Words) Notices(notices []ledger.Notice) Page {
	p := Page{Title: "Notices"}
	w.lines = map[string][]string{}
	for _, equal := range w.equal(notices) {
		if len(equal) <= mostEqual {
			for _, n := range equal {
				p.add(w.notice(n))
			}
			continue
		}
		p.add(w.folded(equal))
	}
	if len(notices) > 0 {
		p.add(Break{})
	}
	return p
}

// mostEqual is how many notices that say the same are told one by one.
const mostEqual = 3

// equal puts notices together that say the same, at the place of the first of them.
func (w Words) equal(notices []ledger.Notice) [][]ledger.Notice {
	type saying struct{ code, text, fix string }
	at := map[saying]int{}
	var all [][]ledger.Notice
	for _, n := range notices {
		key := saying{n.Code, n.Text, n.Fix}
		if i, said := at[key]; said && n.Severity != ledger.Error && !w.Full {
			all[i] = append(all[i], n)
			continue
		}
		at[key] = len(all)
		all = append(all, []ledger.Notice{n})
	}
	return all
}

// folded is one note for many notices that say the same.
//
//	Warning: the account is disabled, so the seat is held back (20 times)
//	  on people.csv:4, in assignment.office
//	  user/ada@contoso.com:SPE_E5, user/ben@contoso.com:SPE_E5 and 18 more; -full shows all
func (w Words) folded(equal []ledger.Notice) Note {
	note := w.notice(equal[0])
	addresses := make([]string, len(equal))
	for i, n := range equal {
		addresses[i] = n.Address
	}
	for _, n := range equal[1:mostEqual] {
		note.Sources = append(note.Sources, w.notice(n).Sources...)
	}
	note.Address, note.Text = "", fmt.Sprintf("%s (%d times)", note.Text, len(equal))
	note.Lines = append(note.Lines, some(addresses)+"; -full shows all")
	return note
}

// notice is a notice with its line and the way out.
func (w Words) notice(n ledger.Notice) Note {
	note := Note{Level: Info, Code: n.Code, Address: n.Address, Text: n.Text}
	switch n.Severity {
	case ledger.Error:
		note.Level = Wrong
	case ledger.Warning:
		note.Level = Warning
	}
	if note.Level == Info && n.Code == "unmanaged" {
		return note
	}
	for _, o := range n.Origins {
		note.Sources = append(note.Sources, Source{o.File, o.Line, o.Block, w.lineOf(o.File, o.Line)})
	}
	note.Fix = n.Fix
	return note
}

// unread is the code of what could not be read.
const unread = "unread"

// notRead tells what of the tenant could not be read.
func (w Words) notRead(all []ledger.Unread) []Part {
	var notices []ledger.Notice
	for _, u := range all {
		notices = append(notices,
			ledger.Notice{Code: unread, Severity: ledger.Warning, Address: u.Address(), Text: "could not be read completely: " + u.Reason})
	}
	return w.Notices(notices).Parts
}

// servicePlan is what people call a service plan: its id where nobody knows its name.
func (w Words) servicePlan(id string) string { return cmp.Or(w.ServicePlans[id], id) }

// longServicePlan is the name of a service plan behind the word that people know.
func (w Words) longServicePlan(id string) string {
	if word := catalog.Family(w.ServicePlans[id]); word != "" {
		return word + " (" + w.servicePlan(id) + ")"
	}
	return w.servicePlan(id)
}

// guid is an id that may be a service plan's.
var guid = regexp.MustCompile(`[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}`)

// named is a message of a service with the names of the service plans that it has
// the ids of.
func (w Words) named(message string) string {
	return guid.ReplaceAllStringFunc(message, func(id string) string {
		if name, known := w.ServicePlans[strings.ToLower(id)]; known {
			return name + " (" + id + ")"
		}
		return id
	})
}

// servicePlanChange lists the service plans that a change switches off and on.
func (w Words) servicePlanChange(before, after ledger.Value) string {
	var parts []string
	for _, plan := range after.Without {
		if !slices.Contains(before.Without, plan) {
			parts = append(parts, w.longServicePlan(plan)+" off")
		}
	}
	for _, plan := range before.Without {
		if !slices.Contains(after.Without, plan) {
			parts = append(parts, w.longServicePlan(plan)+" on")
		}
	}
	return strings.Join(parts, ", ")
}

// servicePlanNames lists service plans, by the words that people know.
func (w Words) servicePlanNames(ids ledger.ServicePlanIDs) string {
	names := make([]string, 0, len(ids))
	for _, id := range ids {
		names = append(names, w.longServicePlan(id))
	}
	return some(names)
}

// some lists a few names, and how many more there are.
func some(names []string) string {
	const most = 5
	if len(names) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	return strings.Join(names, ", ")
}

// originTexts lists the lines that ask for something, each with the instance of its for_each.
func originTexts(origins []ledger.Origin) string {
	var all []string
	for _, o := range origins {
		all = append(all, strings.TrimSpace(o.String()+" "+o.Instance()))
	}
	if len(all) > 3 {
		all = append(all[:3], "…")
	}
	return strings.Join(all, ", ")
}
