package view

import (
	"regexp"
	"strings"
)

// escapes are the characters by which Markdown begins something. A comment of HTML
// between a sign and its name keeps a forge from mentioning somebody, or linking to an
// issue; nobody sees it.
func escapes() *strings.Replacer {
	return strings.NewReplacer("\\", "\\\\", "`", "\\`", "*", "\\*", "_", "\\_", "{", "\\{", "}", "\\}", "[", "\\[", "]", "\\]",
		"<", "&lt;", ">", "&gt;", "&", "&amp;", "(", "\\(", ")", "\\)", "+", "\\+", "-", "\\-", "!", "\\!", "|", "\\|", "~", "\\~", "$", "\\$",
		"=", "\\=", "#", "\\#<!-- -->", "://", ":<!-- -->//", "www.", "www<!-- -->.")
}

// mark escapes a text for Markdown. At its beginning some more begins something: blanks a
// block of code, and a number with a point a list.
func (m *markdown) mark(text string) string {
	text = unmention(m.escape.Replace(strings.TrimLeft(safe(text), " ")))
	if rest := strings.TrimLeft(text, "0123456789"); rest != text && strings.HasPrefix(rest, ".") {
		text = text[:len(text)-len(rest)] + "\\" + rest
	}
	return text
}

// mention is a sign behind which a name is somebody's, as it is not in an address of mail.
var mention = regexp.MustCompile(`(^|[^0-9A-Za-z_.])@`)

// unmention keeps a forge from telling people that somebody has called a group after them.
//
// The comment in between is seen by nobody, and copied by nobody who copies the name.
func unmention(text string) string {
	for range 2 { // signs beside each other
		text = mention.ReplaceAllString(text, "$1@<!-- -->")
	}
	return text
}

// titled is a text for a heading that is HTML.
func titled(text string) string {
	return unmention(strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "\"", "&quot;", "#", "#<!-- -->").Replace(safe(text)))
}
