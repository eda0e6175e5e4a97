package state

import (
	"bytes"
	"slices"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// PlainText is a document as UTF-8: Windows PowerShell writes UTF-16, and some editors put a
// mark before UTF-8. A text without a mark stays as it is.
func PlainText(text []byte) []byte {
	marks := [][]byte{{0xff, 0xfe}, {0xfe, 0xff}, {0xef, 0xbb, 0xbf}}
	if !slices.ContainsFunc(marks, func(mark []byte) bool { return bytes.HasPrefix(text, mark) }) {
		return text
	}
	plain, _, err := transform.Bytes(unicode.BOMOverride(transform.Nop), text)
	if err != nil { // which is told where the document is read
		return text
	}
	return plain
}
