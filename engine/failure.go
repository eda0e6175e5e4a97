package engine

import (
	"errors"

	"github.com/usher-cli/usher/state"
	"github.com/usher-cli/usher/tenant"
)

// Failure is why something came to no result, as far as that says when to try again.
type Failure = tenant.Failure

// The kinds of failures. Locked is that another run has the state: it ends soon.
const (
	Locked Failure = "locked"
	SignIn         = tenant.SignIn
	Denied         = tenant.Denied
	Busy           = tenant.Busy
	Wrong          = tenant.Wrong
)

// FailureOf is the kind of an error of the engine.
func FailureOf(err error) Failure {
	var locked *state.LockedError
	if errors.As(err, &locked) {
		return Locked
	}
	return tenant.FailureOf(err)
}
