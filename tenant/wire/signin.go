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
		err = &Error{Code: "SignIn", Message: "signing in failed: " + clip(err.Error())}
	}
	return token, err
}
