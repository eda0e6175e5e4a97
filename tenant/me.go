package tenant

import (
	"context"
	"errors"
	"fmt"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/usher-cli/usher/ledger"
)

// Me is the person who is signed in, by id. A program has no licenses to ask about.
//
// The token of the directory says so. Its own service alone can tell whether that is true, and
// whoever changes it reads of somebody whom they may read of anyway.
func (t *Tenant) Me(ctx context.Context) (ledger.Holder, error) {
	if t.services.credential == nil {
		return ledger.Holder{}, errors.New("-me is about the person who is signed in, and nobody signs in to this tenant: write the name instead")
	}
	got, err := t.services.credential.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{t.services.graphScope}})
	if err != nil {
		return ledger.Holder{}, err
	}
	who := read(got.Token)
	if who.Object == "" || who.Scopes == "" && who.User == "" {
		return ledger.Holder{}, fmt.Errorf("-me is about the person who is signed in, and this is the application %s: "+
			"write a name instead, or run az login", who.App)
	}
	return ledger.Holder{Kind: ledger.User, ID: who.Object, Name: who.Object}, nil
}
