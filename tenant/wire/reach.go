package wire

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// patience is how long a host that has never answered is tried: a wrong address, a proxy that is
// missing and a cable that is out do not mend themselves. One that has answered before is tried
// as often as any other request.
const patience = 4 * time.Second

// DialTimeout is how long a connection may take to open, so that two tries of a host that swallows
// everything end within ten seconds.
const DialTimeout = 4 * time.Second

// reach gives a host up that cannot be reached, and says in time what is waited for.
type reach struct {
	now  func() time.Time
	tell func(host string, err error) // nil for nobody

	mu       sync.Mutex
	answered bool
	since    time.Time // the first failure
}

// Do implements policy.Policy.
func (r *reach) Do(req *policy.Request) (*http.Response, error) {
	resp, err := req.Next()
	r.mu.Lock()
	defer r.mu.Unlock()
	if err == nil || r.answered || !Unreachable(err) {
		r.answered = r.answered || err == nil
		return resp, err
	}
	now, host := r.now(), req.Raw().URL.Host
	if r.since.IsZero() {
		if r.since = now; r.tell != nil {
			r.tell(host, plainDial(err))
		}
	}
	if now.Sub(r.since) < patience {
		return resp, err
	}
	return resp, closed{fmt.Errorf("%s cannot be reached: %w", host, plainDial(err))}
}

// Unreachable reports whether no connection could be opened, or none to whom it should lead, so
// that nothing was asked.
func Unreachable(err error) bool {
	var dial *net.OpError
	var stranger *tls.CertificateVerificationError
	return errors.As(err, &dial) && dial.Op == "dial" || errors.As(err, &stranger)
}

// SignInAgain decides about a further try at the login service as azcore would, but for one that
// cannot be reached: that is tried twice.
func SignInAgain() func(*http.Response, error) bool {
	var failed atomic.Int32
	return func(resp *http.Response, err error) bool {
		switch {
		case err != nil && Unreachable(err):
			return failed.Add(1)%2 == 1 // once more, and no third time
		case err != nil:
			return true
		}
		return slices.Contains([]int{
			http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusInternalServerError,
			http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout,
		}, resp.StatusCode)
	}
}

// plainDial is why, without the address, which stands beside it.
func plainDial(err error) error {
	var dial *net.OpError
	if errors.As(err, &dial) {
		return dial.Err
	}
	return err
}
