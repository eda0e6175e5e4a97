package view

import "testing"

// TestTextsOfTheLanguage: a name that somebody gave in the tenant is a text in the
// files, and no template.
func TestTextsOfTheLanguage(t *testing.T) {
	for name, want := range map[string]string{
		`makers`: `"makers"`, `a "b" \c`: `"a \"b\" \\c"`, `${var.x} %{if}`: `"$${var.x} %%{if}"`, "a\nb\u202e": `"a\nb\u202e"`,
	} {
		if got := text(name); got != want {
			t.Errorf("%q is written %s, want %s", name, got, want)
		}
	}
}
