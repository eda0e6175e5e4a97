package wire

import (
	"context"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// signIn tells what goes wrong while signing in from what goes wrong with the
// request that a token was for: the service was asked nothing.
type signIn struct{ azcore.TokenCredential }

// GetToken implements azcore.TokenCredential.
func (s signIn) GetToken(ctx context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	token, err := s.TokenCredential.GetToken(ctx, o)
	if err != nil {
		const most = 2000 // the way out, such as a whole federated credential, is longer than what a service says
		err = &Error{Code: "SignIn", Message: "signing in failed: " + bound(err.Error(), most)}
	}
	return token, err
}
