package view

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
)

// safe makes a text that somebody else wrote harmless on a terminal and in the log of
// a pipeline: control characters, escapes, line ends and characters that reorder or hide
// text are written as \u escapes, and what pipelines take for commands is broken up.
func safe(s string) string {
	return uncommand(escapeHarmful(s))
}

// command is what Azure Pipelines takes for a command anywhere in a line.
var command = regexp.MustCompile(`(?i)##(vso\[|\[)`)

// uncommand breaks up commands of pipelines: those of Azure Pipelines, and those of
// GitHub Actions, which begin a line. Any word can come to begin one.
func uncommand(s string) string {
	if strings.Contains(s, "##") {
		s = command.ReplaceAllString(s, "# #$1")
	}
	if strings.Contains(s, "::") {
		s = begins.ReplaceAllString(s, "$1:\\:")
	}
	return s
}

// begins is a command of GitHub Actions at the beginning of a word, behind any blank.
var begins = regexp.MustCompile(`(^|[\s\p{Z}])::`)

// escapeHarmful shows characters that a terminal would obey as escapes.
func escapeHarmful(s string) string {
	if printable(s) || !strings.ContainsFunc(s, harmful) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '\n':
			b.WriteString(`\n`)
		case harmful(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// printable reports whether a text has only plain characters, as most have.
func printable(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// harmful is true for what is not meant to be seen: controls, formats such as
// bidirectional overrides and zero-width characters, separators of lines, and
// bytes that are no text at all.
func harmful(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r) ||
		r == unicode.ReplacementChar
}
