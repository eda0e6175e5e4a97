package wire

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Name is what people read for something: its name as Tidy has it, or its id where it has none.
func Name(name, id string) string {
	if name = Tidy(name); name != "" {
		return name
	}
	return strings.ToLower(id)
}

// Tidy makes names that look the same the same: accents in one character, no blanks around a
// name, and one between words.
//
// A name that somebody pasted into an admin centre has a blank at its end, and a name from a
// Mac has its accents apart from their letters.
func Tidy(name string) string {
	if isPlain(name) {
		return name
	}
	return norm.NFC.String(strings.Join(strings.Fields(name), " "))
}

// isPlain reports whether a name is of ASCII without blanks, as nearly all names of 100,000
// people are.
func isPlain(name string) bool {
	for i := range len(name) {
		if c := name[i]; c >= utf8.RuneSelf || c <= ' ' {
			return false
		}
	}
	return true
}
