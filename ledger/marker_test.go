package ledger

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestMarker: what is written is read again, and no subject ends the comment.
func TestMarker(t *testing.T) {
	hostile := rapid.SampledFrom([]string{"--> <b>", "--", "-->", "a\n-->", "---", "<!-- usher {", "\u202e"})
	rapid.Check(t, func(t *rapid.T) {
		m := Marker{
			Subject: rapid.OneOf(rapid.String(), hostile).Draw(t, "subject"),
			Page:    "Plan", At: time.Unix(rapid.Int64Range(0, 1<<33).Draw(t, "at"), 0).UTC(), Finding: Something,
			Digest: rapid.String().Draw(t, "digest"), Shortened: rapid.Bool().Draw(t, "short"),
		}
		line := m.String()
		inside := strings.TrimSuffix(strings.TrimPrefix(line, "<!--"), "-->")
		if strings.ContainsAny(inside, "<>\n\r") || strings.Contains(inside, "--") {
			t.Fatalf("%q ends before its end", line)
		}
		got, rest, found := ReadMarker(line + "\r\nthe page\n")
		if !found || got != m || rest != "the page\n" {
			t.Fatalf("%+v is read as %+v, %q, %t", m, got, rest, found)
		}
	})
	for _, text := range []string{"", "the page", "<!-- usher -->", "<!-- usher {\n -->", "<!-- usher {} --> more"} {
		if _, rest, found := ReadMarker(text); found || rest != text {
			t.Errorf("%q has a marker", text)
		}
	}
}
