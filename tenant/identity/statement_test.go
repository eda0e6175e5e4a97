package identity

import "testing"

// Two jobs of one application get credentials of two names, in letters that the directory takes.
func TestCredentialNames(t *testing.T) {
	seen := map[string]bool{}
	for _, subject := range []string{
		"repo:contoso/licenses:pull_request", "repo:contoso/other:pull_request",
		"repo:contoso/licenses:ref:refs/heads/naïve branch", "sc://contoso/licences/plan",
		"repo:contoso/licenses:environment:" + string(make([]byte, 300)),
	} {
		name := Statement{Issuer: "https://issuer", Subject: subject}.credentialName()
		if seen[name] || len(name) > 120 {
			t.Errorf("%q: the name %q is taken or too long", subject, name)
		}
		for _, r := range name {
			if r >= 0x80 || r < '-' || r > 'z' {
				t.Errorf("%q: %q is in the name", subject, r)
			}
		}
		seen[name] = true
	}
}
