package graph_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/usher-cli/usher/tenant/graph"
	"github.com/usher-cli/usher/tenant/wire"
	"github.com/usher-cli/usher/test/answers"
)

// TestTraitsThatAreNotTold: an answer that leaves a department out says nothing, and null says that
// there is none. The first would take everybody's seat.
func TestTraitsThatAreNotTold(t *testing.T) {
	attributes := []string{"department", "extension_attribute_3", "user_type"}
	for account, want := range map[string]string{
		`"department":"Sales","userType":"Member","onPremisesExtensionAttributes":{"extensionAttribute3":"x"}`: "Sales x Member",
		`"department":null,"userType":"Member","onPremisesExtensionAttributes":{"extensionAttribute3":null}`:   "  Member",
		`"department":"  Sales\u00a0 ","userType":"Guest","onPremisesExtensionAttributes":null`:                "Sales  Guest",
		`"userType":"Member","onPremisesExtensionAttributes":{}`:                                               "",
		`"department":"Sales","onPremisesExtensionAttributes":{}`:                                              "",
		`"department":"Sales","userType":"Member","onPremisesExtensionAttributes":{}`:                          "",
		`"department":"Sales","userType":"Member"`:                                                             "",
	} {
		body := `{"value":[{"id":"a","userPrincipalName":"ada@contoso.com","licenseAssignmentStates":[],` + account + `}]}`
		w := wire.New(wire.Options{Base: "https://graph.example", Version: "0", Transport: answers.Always([]byte(body)), Now: time.Now})
		people, err := graph.New(w).People(context.Background(), nil, graph.Wanted{Attributes: attributes}, func(int) {})
		switch {
		case want == "" && (err == nil || !strings.Contains(err.Error(), "the answer does not say the")):
			t.Errorf("%s is read without an error: %v", account, err)
		case want != "" && (err != nil || strings.Join(people.Traits.Rows[0], " ") != want):
			t.Errorf("%s is read as %q, %v", account, people.Traits.Rows, err)
		}
	}
}
