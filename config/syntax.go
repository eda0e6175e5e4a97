package config

import (
	"regexp"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// mostSyntax is how many errors of the syntax of one file are told: those behind follow from them.
const mostSyntax = 3

// plainSyntax makes the errors of a file that cannot be parsed readable. A quote that is not
// closed is one error at its line, and not one for each quote behind it.
func plainSyntax(text []byte, name string, diags hcl.Diagnostics) hcl.Diagnostics {
	if !diags.HasErrors() {
		return diags
	}
	first := diags[0].Subject
	if line := unclosedQuote(string(text)); line > 0 && first != nil && line <= first.Start.Line {
		at := hcl.Range{Filename: name, Start: hcl.Pos{Line: line, Column: 1}, End: hcl.Pos{Line: line, Column: 1}}
		return hcl.Diagnostics{failure(at, "Unclosed quote",
			"A quote in this line is not closed. Text in quotes ends in the line in which it begins.")}
	}
	if len(diags) <= mostSyntax {
		return diags
	}
	more := broken(name, "More errors", "%d more errors follow, which the first ones may have caused.", len(diags)-mostSyntax)
	return append(diags[:mostSyntax:mostSyntax], more)
}

// heredoc is the beginning of a text of several lines, which can have quotes of its own.
var heredoc = regexp.MustCompile(`<<-?(\w+)\s*$`)

// unclosedQuote is the first line with a quote that is not closed; 0 for none.
func unclosedQuote(text string) int {
	end, comment := "", false
	for n, line := range strings.Split(text, "\n") {
		switch {
		case end != "":
			if strings.TrimSpace(line) == end {
				end = ""
			}
			continue
		case comment:
			comment = !strings.Contains(line, "*/")
			continue
		}
		open, commented := openQuote(line)
		if open {
			return n + 1
		}
		comment = commented
		if m := heredoc.FindStringSubmatch(line); m != nil {
			end = m[1]
		}
	}
	return 0
}

// openQuote reports whether a quote of a line is not closed, and whether a comment begins that
// goes on in the next.
func openQuote(line string) (open, comment bool) {
	for i := 0; i < len(line); i++ {
		switch {
		case open && line[i] == '\\':
			i++
		case line[i] == '"':
			open = !open
		case open:
		case line[i] == '#', strings.HasPrefix(line[i:], "//"):
			return false, false
		case strings.HasPrefix(line[i:], "/*"):
			end := strings.Index(line[i:], "*/")
			if end < 0 {
				return false, true
			}
			i += end + 1
		}
	}
	return open, false
}
