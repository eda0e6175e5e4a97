package engine

import (
	"strings"
	"testing"
)

// TestSignersAsOpenSSH: a line of allowed_signers allows no more than ssh-keygen lets it.
func TestSignersAsOpenSSH(t *testing.T) {
	const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIE0lvtxRjqrECqLFXMm6+c6dsNc2FJmibh1n5zcrA77N"
	for line, want := range map[string]string{
		"ada@contoso.com " + key:                               "yes",
		"ada@contoso.com\t" + key:                              "yes",
		"ada@contoso.com namespaces=\"usher\" " + key:          "yes",
		"ada@contoso.com namespaces=\"git,us?er\" " + key:      "yes",
		"ada@contoso.com\tnamespaces=\"git\" " + key:           "no",
		"ada@contoso.com namespaces=\"!usher,*\" " + key:       "no",
		"ada@contoso.com namespaces=\"*,!usher\" " + key:       "no",
		"ada@contoso.com namespaces=\"[a-z]sher\" " + key:      "no",
		"ada@contoso.com\tcert-authority " + key:               "does not know the option cert-authority",
		"ada@contoso.com valid-after=\"00010101\" " + key:      "is not a time",
		"ada@contoso.com valid-before=\"soon\" " + key:         "is not a time",
		"namespaces=\"usher\" " + key:                          "begins with no name",
		"ada@contoso.com":                                      "begins with no name",
		"ada@contoso.com ssh-ed25519 AAAA":                     "key cannot be read",
		"a namespaces=\"git\",namespaces=\"usher\" " + key:     "has the option namespaces twice",
		"a valid-before=\"1999\",valid-before=\"2099\" " + key: "is not a time",
	} {
		_, usable, err := signerIn(line)
		switch {
		case want == "yes" || want == "no":
			if err != nil || usable != (want == "yes") {
				t.Errorf("%s: %t, %v", line, usable, err)
			}
		case err == nil || !strings.Contains(err.Error(), want):
			t.Errorf("%s: %v, want %q", line, err, want)
		}
	}
}
