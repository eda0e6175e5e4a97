package state

import (
	"testing"

	"golang.org/x/text/encoding/unicode"
)

// TestPlainText: a document as Windows programs write it is the same document.
func TestPlainText(t *testing.T) {
	const text = `{"name": "Jürgen 😀"}`
	for name, enc := range map[string]unicode.Endianness{"little": unicode.LittleEndian, "big": unicode.BigEndian} {
		wide, err := unicode.UTF16(enc, unicode.UseBOM).NewEncoder().String(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := string(PlainText([]byte(wide))); got != text {
			t.Errorf("%s: %q", name, got)
		}
	}
	for _, as := range []string{text, "\ufeff" + text} {
		if got := string(PlainText([]byte(as))); got != text {
			t.Errorf("%q is %q", as, got)
		}
	}
}
