package main

import "testing"

// TestPseudoVersion: what go install writes names the commit, too.
func TestPseudoVersion(t *testing.T) {
	for text, want := range map[string][2]string{
		"v0.1.1-0.20261130081936-68ae0f84d389":      {"68ae0f84d389", "2026-11-30T08:19:36Z"},
		"v0.0.0-20261130081936-68ae0f84d389+dirty":  {"68ae0f84d389", "2026-11-30T08:19:36Z"},
		"v0.2.0-rc.1.0.20261130081936-68ae0f84d389": {"68ae0f84d389", "2026-11-30T08:19:36Z"},
		"v0.1.0":                             {},
		"(devel)":                            {},
		"v0.0.0-99999999999999-68ae0f84d389": {},
	} {
		if commit, date := pseudoVersion(text); commit != want[0] || date != want[1] {
			t.Errorf("%s is of %q at %q", text, commit, date)
		}
	}
}
