package ledger

import (
	"bytes"
	"fmt"
	"slices"
	"unicode"
	"unicode/utf8"
)

// EscapeJSON writes characters of a JSON document as escapes where they would do
// something on a terminal or in the log of a pipeline: controls, characters that
// reorder or hide text, and what Azure Pipelines takes for a command. The document says the same.
func EscapeJSON(text []byte) []byte {
	plain := !slices.ContainsFunc(text, func(b byte) bool { return b >= 0x7f }) || !bytes.ContainsFunc(text, invisible)
	if plain && !bytes.Contains(text, []byte("##")) {
		return text
	}
	var b bytes.Buffer
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRune(text[i:])
		switch {
		case r == '#' && i > 0 && text[i-1] == '#', invisible(r) && r <= 0xffff:
			fmt.Fprintf(&b, `\u%04x`, r)
		case invisible(r):
			fmt.Fprintf(&b, `\u%04x\u%04x`, 0xd800+(r-0x10000)>>10, 0xdc00+(r-0x10000)&0x3ff)
		default:
			b.Write(text[i : i+n])
		}
		i += n
	}
	return b.Bytes()
}

// invisible is true for what JSON lets stand as it is, and nobody sees.
func invisible(r rune) bool {
	return r >= 0x7f && (unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp))
}
