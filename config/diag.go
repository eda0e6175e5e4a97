package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/ledger/slips"
)

// failure is an error at a line.
func failure(at hcl.Range, summary, format string, args ...any) *hcl.Diagnostic {
	return &hcl.Diagnostic{Severity: hcl.DiagError, Summary: summary,
		Detail: fmt.Sprintf(format, args...), Subject: at.Ptr()}
}

// warning is a warning at a line.
func warning(at hcl.Range, summary, format string, args ...any) *hcl.Diagnostic {
	d := failure(at, summary, format, args...)
	d.Severity = hcl.DiagWarning
	return d
}

// broken reports something that has no line of its own to point at.
func broken(file, summary, format string, args ...any) *hcl.Diagnostic {
	return failure(hcl.Range{Filename: file}, summary, format, args...)
}

// atOrigin gives the range of an origin, for messages about a want that has
// long left its syntax tree.
func atOrigin(o ledger.Origin) hcl.Range {
	start := hcl.Pos{Line: o.Line, Column: 1}
	return hcl.Range{Filename: o.File, Start: start, End: start}
}

// rangeText is the place of a line, such as people.hcl:41.
func rangeText(r hcl.Range) string { return fmt.Sprintf("%s:%d", r.Filename, r.Start.Line) }

// didYouMean returns a sentence with the most similar of the known names, or
// nothing where none is similar enough to be a slip of the fingers.
func didYouMean(name string, known []string) string {
	if best := similar(name, known); best != "" {
		return fmt.Sprintf(" Did you mean %q?", best)
	}
	return ""
}

// similar is the known name that is most like one; "" where none is like it.
func similar(name string, known []string) string {
	return slips.MostLike(name, known, 1+len(name)/4)
}

// sortDiags orders messages as a reader meets the lines, errors and warnings
// together, and drops repetitions.
func sortDiags(diags hcl.Diagnostics) hcl.Diagnostics {
	for _, d := range diags {
		if before, _, traced := strings.Cut(d.Detail, "panic in function implementation"); traced { // a library's trace is nothing for people
			d.Detail = before + "it cannot be used with these values."
		}
	}
	slices.SortStableFunc(diags, func(a, b *hcl.Diagnostic) int {
		if c := strings.Compare(subject(a).Filename, subject(b).Filename); c != 0 {
			return c
		}
		if c := subject(a).Start.Line - subject(b).Start.Line; c != 0 {
			return c
		}
		return subject(a).Start.Column - subject(b).Start.Column
	})
	return slices.CompactFunc(diags, func(a, b *hcl.Diagnostic) bool {
		return a.Detail == b.Detail && a.Summary == b.Summary && subject(a) == subject(b)
	})
}

// subject is the line that a diagnostic is about.
func subject(d *hcl.Diagnostic) hcl.Range {
	if d.Subject == nil {
		return hcl.Range{}
	}
	return *d.Subject
}

// contains reports whether a name is in a list.
func contains(names []string, name string) bool { return slices.Contains(names, name) }
