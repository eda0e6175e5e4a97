package wire

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"golang.org/x/time/rate"
)

// Pace keeps writes within what a service allows, and slows down when the
// service says that it is near its limit. All clients that share an allowance
// share a Pace.
type Pace struct {
	limiter *rate.Limiter
	most    rate.Limit
	now     func() time.Time

	mu      sync.Mutex
	hold    time.Time // nothing is written before
	refused int       // refusals lately: every other answer halves them
}

// The pace stays so far below the allowance that a first burst fits into any
// window of it: at least a batch, and at most three.
const (
	share     = 0.98
	window    = 150 // seconds
	leastRoom = 20
	mostRoom  = 60
)

// NewPace makes a pace of so many writes a second, by a clock.
func NewPace(perSecond float64, now func() time.Time) *Pace {
	burst := max(leastRoom, min(mostRoom, int(3*perSecond)))
	most := rate.Limit(min(perSecond*share, perSecond-float64(burst)/window))
	return &Pace{limiter: rate.NewLimiter(most, burst), most: most, now: now}
}

type writesKey struct{}

// WithWrites says how many writes the request of a context is: every part of a
// batch is one.
func WithWrites(ctx context.Context, n int) context.Context {
	return context.WithValue(ctx, writesKey{}, n)
}

// Do implements policy.Policy.
func (p *Pace) Do(req *policy.Request) (*http.Response, error) {
	ctx := req.Raw().Context()
	n, batched := ctx.Value(writesKey{}).(int)
	if !batched && req.Raw().Method != http.MethodGet {
		n = 1
	}
	if n > 0 {
		if err := p.wait(ctx, n); err != nil {
			return nil, err
		}
	}
	resp, err := req.Next()
	if err == nil && n > 0 {
		p.Heed(resp.StatusCode, resp.Header)
	}
	return resp, err
}

func (p *Pace) wait(ctx context.Context, n int) error {
	if err := p.untilHeld(ctx); err != nil {
		return err
	}
	if err := p.limiter.WaitN(ctx, min(n, p.limiter.Burst())); err != nil {
		return err
	}
	return p.untilHeld(ctx) // by an answer that came meanwhile
}

// untilHeld waits while nothing may be written.
func (p *Pace) untilHeld(ctx context.Context) error {
	for {
		p.mu.Lock()
		left := p.hold.Sub(p.now())
		p.mu.Unlock()
		if left <= 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(left):
		}
	}
}

// exhausted is how many refusals lately say that the allowance is used up for
// everybody. One alone, from a service that does not report its limit as reached,
// is a busy server: only its own call waits.
const exhausted = 3

// Heed slows down, or recovers, by what an answer says of the limit. The
// service reports its share only from four fifths on, where a run that keeps to
// its allowance stays; beyond the whole, somebody else is writing, too.
func (p *Pace) Heed(status int, h http.Header) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	used, _ := strconv.ParseFloat(h.Get("x-ms-throttle-limit-percentage"), 64)
	refused := status == http.StatusTooManyRequests
	if refused {
		p.refused = min(p.refused+1, exhausted)
	} else {
		p.refused /= 2
	}
	several := refused && p.refused == exhausted
	if until := p.now().Add(RetryAfter(h)); several && until.After(p.hold) {
		p.hold = until
	}
	switch now := p.limiter.Limit(); {
	case several, refused && used >= 1, used > 1:
		p.limiter.SetLimit(max(now*4/5, p.most/8))
	case !refused && now < p.most:
		p.limiter.SetLimit(min(now*21/20, p.most))
	}
}
