// Package slips finds the name that somebody meant. It never decides anything: what it finds is
// a suggestion in a message.
package slips

import (
	"strings"
	"unicode/utf8"

	"github.com/agext/levenshtein"
)

// MostLike is the known name that another one is most probably a slip for: the one that takes the
// fewest letters to change, and at most as many as said; "" where none is. Case does not count.
func MostLike(name string, known []string, most int) string {
	best, least := "", most+1
	name = strings.ToLower(name)
	letters := utf8.RuneCountInString(name)
	for _, candidate := range known {
		if n := utf8.RuneCountInString(candidate); max(n-letters, letters-n) > least { // which spares the search through it
			continue
		}
		d := levenshtein.Distance(name, strings.ToLower(candidate), nil)
		if d < least || d == least && best != "" && candidate < best {
			best, least = candidate, d
		}
	}
	return best
}
