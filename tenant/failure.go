package tenant

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"

	"github.com/usher-cli/usher/tenant/wire"
)

// Failure is why a tenant gave no result, as far as that says when to try again.
type Failure string

const (
	// SignIn is that the login service refuses the identity: nothing helps before somebody changes it.
	SignIn Failure = "sign-in"
	// Denied is that a service refuses the identity.
	Denied Failure = "denied"
	// Busy is that a service has no time, or cannot be reached: later it may.
	Busy Failure = "busy"
	// Wrong is anything else, such as a slip in a file, or another tenant than the one that is meant.
	Wrong Failure = "wrong"
)

// FailureOf is the kind of an error. The login service names its refusals by a code; where it
// could not be asked, no such code is there.
func FailureOf(err error) Failure {
	var network *net.OpError // and no net.Error, which every error of the operating system is
	var name *net.DNSError
	e := &wire.Error{Status: http.StatusBadRequest}
	switch {
	case errors.As(err, &e) && e.Status == 0 && strings.Contains(e.Message, "AADSTS"):
		return SignIn
	case e.Status == http.StatusUnauthorized, e.Status == http.StatusForbidden:
		return Denied
	case e.Status == 0, e.Status == http.StatusTooManyRequests, e.Status == http.StatusRequestTimeout,
		e.Status >= http.StatusInternalServerError, errors.As(err, &network), errors.As(err, &name), errors.Is(err, context.DeadlineExceeded):
		return Busy
	}
	return Wrong
}
