package tenant_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"
	"testing"

	"github.com/usher-cli/usher/tenant"
	"github.com/usher-cli/usher/tenant/wire"
)

func TestFailures(t *testing.T) {
	for _, c := range []struct {
		err  error
		want tenant.Failure
	}{
		{&wire.Error{Code: "SignIn", Message: "signing in failed: AADSTS7000215: Invalid client secret provided."}, tenant.SignIn},
		{&wire.Error{Code: "SignIn", Message: "signing in failed: login.example cannot be reached"}, tenant.Busy},
		{&wire.Error{Status: 401}, tenant.Denied},
		{fmt.Errorf("people: %w", &wire.Error{Status: 403}), tenant.Denied},
		{&wire.Error{Status: 429}, tenant.Busy},
		{&wire.Error{Status: 503}, tenant.Busy},
		{&wire.Error{Status: 400, Message: "AADSTS in a text"}, tenant.Wrong},
		{&net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}, tenant.Busy},
		{&net.DNSError{Name: "nowhere"}, tenant.Busy},
		{context.DeadlineExceeded, tenant.Busy},
		{syscall.ENOENT, tenant.Wrong}, // it calls itself an error of the network, as all of the operating system's do
		{errors.New("a slip in a file"), tenant.Wrong},
	} {
		if got := tenant.FailureOf(c.err); got != c.want {
			t.Errorf("%v is %s, want %s", c.err, got, c.want)
		}
	}
}
