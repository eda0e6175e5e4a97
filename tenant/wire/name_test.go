package wire

import (
	"testing"

	"pgregory.net/rapid"
)

// TestTidy: names that look the same are the same, and a tidy name stays as it is.
func TestTidy(t *testing.T) {
	for from, want := range map[string]string{
		"ada@contoso.com":             "ada@contoso.com",
		" makers \t":                  "makers",
		"all\u00a0 staff":             "all staff",
		"Bu\u0308ro Gro\u0308\u00dfe": "B\u00fcro Gr\u00f6\u00dfe",
		"\n":                          "",
	} {
		if got := Tidy(from); got != want {
			t.Errorf("%q becomes %q, and not %q", from, got, want)
		}
	}
	if got := Name(" ", "6B1C"); got != "6b1c" {
		t.Errorf("what has no name is called %q", got)
	}
	rapid.Check(t, func(t *rapid.T) {
		name := Tidy(rapid.String().Draw(t, "name"))
		if again := Tidy(name); again != name {
			t.Fatalf("%q is tidy, and becomes %q", name, again)
		}
	})
}
