package tenant

import (
	"strings"
	"testing"
)

// TestRemediesFitWhoAsks: a person is given a role, and never the client that
// they signed in with the power of an administrator.
func TestRemediesFitWhoAsks(t *testing.T) {
	for name, c := range map[string]struct {
		who        token
		apply      bool
		says, nots string
	}{
		"a person who applies": {token{App: "cli", User: "ada@contoso.com"}, true, "Power Platform Administrator",
			"New-PowerAppManagementApp"},
		"an application that does":   {token{App: "app"}, true, "New-PowerAppManagementApp -ApplicationId app", "Reader"},
		"an application that plans":  {token{App: "app"}, false, "Reader role", "New-PowerAppManagementApp"},
		"a person who plans":         {token{App: "cli", User: "ada@contoso.com"}, false, "Reader role", "New-PowerAppManagementApp"},
		"nobody knows by what means": {token{}, true, "-ApplicationId APPLICATION", "Reader"},
	} {
		d := &doctor{who: c.who, needs: Needs{Apply: c.apply}}
		if got := d.register(); !strings.Contains(got, c.says) || strings.Contains(got, c.nots) {
			t.Errorf("%s is told: %s", name, got)
		}
	}
}
