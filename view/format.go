package view

import (
	"io"
	"maps"
	"slices"
)

// Document is a result: a page for people, and data for machines.
type Document struct {
	Page
	Data any
}

// Output is a place for documents.
type Output struct {
	io.Writer
	Colored  bool
	Width    int    // columns; 0 for lines of any length
	MaxBytes int    // of Markdown; 0 for any number
	Full     bool   // text has all steps, however many
	Compact  bool   // text has a line for a warning
	Dir      string // of the configuration, from where a reader of SARIF looks

	Pseudonyms *Pseudonyms // stand for people; nil where people are named
}

// Format shows a document.
type Format func(Output, Document) error

// formats are the formats, by name. Another one is a file and a row.
func formats() map[string]Format {
	return map[string]Format{
		"csv":      asCSV,
		"focus":    asFOCUS,
		"gitlab":   asGitLab,
		"html":     asHTML,
		"json":     asJSON,
		"junit":    asJUnit,
		"markdown": asMarkdown,
		"owners":   asOwners,
		"sarif":    asSARIF,
		"text":     asText,
	}
}

// Formats are the names of the formats that a kind of documents has: plan, usage, fleet, or ""
// for all others.
func Formats(kind string) []string {
	only := map[string][]string{"csv": {"fleet"}, "focus": {"fleet", "usage"}, "gitlab": {"plan"}, "owners": {"plan"}}
	return slices.DeleteFunc(slices.Sorted(maps.Keys(formats())), func(name string) bool {
		return only[name] != nil && !slices.Contains(only[name], kind)
	})
}

// Show shows a document in the format of a name.
//
// The name is one of Formats. Nothing is asked of anybody here, so that a name that is none
// has to be refused before.
func Show(format string, out Output, d Document) error {
	if out.Pseudonyms != nil {
		d = redacted(out.Pseudonyms, d)
	}
	return formats()[format](out, d)
}

func asText(out Output, d Document) error {
	NewText(out).Page(d.Page)
	return nil
}

// asJSON writes the data. A plan has a form of its own, in which it is saved.
func asJSON(out Output, d Document) error {
	if own, is := d.Data.(interface{ Encode(w io.Writer) error }); is {
		return own.Encode(out)
	}
	return JSON(out, d.Data)
}
