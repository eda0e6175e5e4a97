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

// Pace keeps writes within what a service allows, and finds out how much that is when the
// service allows less than was said. All clients that share an allowance share a Pace.
//
// A service lets an application write so often within a window, and tells neither number. At
// its first refusal both show: what it took until then is the whole allowance, and the wait that
// it asks for ends when the first of those writes leaves the window. From there on the pace is
// what fits, in small requests, so that no window has too many of them.
type Pace struct {
	limiter *rate.Limiter
	most    rate.Limit
	now     func() time.Time

	mu      sync.Mutex
	hold    time.Time // nothing is written before
	refused int       // refusals lately: every other answer halves them
	taken   []taken   // what the service took within the longest window
	batch   int       // how many writes a request should have
	window  time.Duration
	changed time.Time // when the pace was last changed for what a window showed
}

// taken is how many writes a service took at a time.
type taken struct {
	at     time.Time
	writes int
}

// The pace stays so far below the allowance that a first request fits into any window of it.
const (
	share         = 0.98
	longestWindow = 150 * time.Second // of the directory. Source: Microsoft Graph throttling limits
	mostBatch     = 20                // writes that one request can have
	batchShare    = 25                // requests that an allowance is cut into, once it is known
)

// NewPace makes a pace of so many writes a second, by a clock.
func NewPace(perSecond float64, now func() time.Time) *Pace {
	most := rate.Limit(min(perSecond*share, max(perSecond-mostBatch/longestWindow.Seconds(), perSecond/2)))
	return &Pace{limiter: rate.NewLimiter(most, mostBatch), most: most, now: now, batch: mostBatch}
}

type batchKey struct{}

// batch are the requests in one.
type batch struct {
	parts  int
	writes int
	sent   bool // once: a further try needs room of its own
}

// WithBatch says how many requests the batch of a context has, and how many of them write: for those
// Take has given room. What became of each part is for the caller to tell.
func WithBatch(ctx context.Context, parts, writes int) context.Context {
	return context.WithValue(ctx, batchKey{}, &batch{parts: parts, writes: writes})
}

// Do implements policy.Policy.
func (p *Pace) Do(req *policy.Request) (*http.Response, error) {
	ctx := req.Raw().Context()
	of, batched := ctx.Value(batchKey{}).(*batch)
	if !batched {
		of = &batch{sent: true}
		if req.Raw().Method != http.MethodGet {
			of.writes = 1
		}
	}
	for left := of.writes; left > 0 && of.sent; {
		n, err := p.Take(ctx, left)
		if err != nil {
			return nil, err
		}
		left -= n
	}
	of.sent = true
	resp, err := req.Next()
	switch {
	case err != nil || of.writes == 0:
	case resp.StatusCode == http.StatusTooManyRequests:
		p.Heed(0, of.writes, resp.Header)
	case !batched:
		p.Heed(of.writes, 0, resp.Header)
	}
	return resp, err
}

// Take waits until there is room for some writes, at most as many as somebody has, and returns
// for how many. It looks anew each time that it wakes: an answer may have changed the pace.
func (p *Pace) Take(ctx context.Context, most int) (int, error) {
	if p == nil {
		return most, nil
	}
	for {
		n, wait := p.take(most)
		if wait <= 0 {
			return n, nil
		}
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-time.After(wait):
		}
	}
}

// take gives room for some writes, or says how long there is none.
func (p *Pace) take(most int) (n int, wait time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	if wait = p.hold.Sub(now); wait > 0 {
		return 0, wait
	}
	if n = min(most, p.batch); p.limiter.AllowN(now, n) {
		return n, 0
	}
	missing := float64(n) - p.limiter.TokensAt(now)
	return 0, max(time.Millisecond, time.Duration(missing/float64(p.limiter.Limit())*float64(time.Second)))
}

// exhausted is how many refusals lately say that the allowance is used up for
// everybody. One alone, from a service that does not report its limit as reached,
// is a busy server: only its own call waits.
const exhausted = 3

// Heed slows down, or recovers, by what one answer says of the limit: how many writes the
// service took, and how many it refused for now. However many parts of a request it refuses,
// that is one refusal.
//
// The service reports its share only from four fifths on; beyond the whole, somebody else is
// writing, too.
func (p *Pace) Heed(took, refused int, h http.Header) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	p.note(now, took)
	used, _ := strconv.ParseFloat(h.Get("x-ms-throttle-limit-percentage"), 64)
	if refused > 0 {
		p.refused = min(p.refused+1, exhausted)
	} else {
		p.refused /= 2
	}
	several := refused > 0 && p.refused == exhausted
	switch {
	case refused > 0 && (used >= 1 || several):
		wait := RetryAfter(h)
		if until := now.Add(wait); until.After(p.hold) {
			p.hold = until
		}
		p.slowDown(now, wait, used >= 1)
	case used > 1:
		p.limiter.SetLimit(p.least(p.limiter.Limit() * 4 / 5))
	case refused == 0:
		p.recover(now, used)
	}
}

// note remembers what the service took.
func (p *Pace) note(now time.Time, took int) {
	for len(p.taken) > 0 && now.Sub(p.taken[0].at) > longestWindow {
		p.taken = p.taken[1:]
	}
	if took > 0 {
		p.taken = append(p.taken, taken{now, took})
	}
}

// least keeps a pace from standing still.
func (p *Pace) least(l rate.Limit) rate.Limit { return max(l, p.most/8) }

// slowDown finds the pace that fits, at a refusal. What refuses several in a row and does not
// say that its limit is reached is only busy: nothing is learned from it.
func (p *Pace) slowDown(now time.Time, wait time.Duration, limitReached bool) {
	writes := 0
	for _, t := range p.taken {
		writes += t.writes
	}
	slower := p.limiter.Limit() * 4 / 5
	if limitReached && writes >= mostBatch {
		window := now.Sub(p.taken[0].at) + wait
		if p.window == 0 || window < p.window {
			p.window = window
			p.batch = max(1, min(mostBatch, writes/batchShare))
			p.limiter.SetBurst(p.batch)
		}
		fits := rate.Limit(share * float64(writes-p.batch) / window.Seconds())
		slower = min(p.limiter.Limit()*19/20, fits)
	}
	p.limiter.SetLimit(p.least(slower))
	p.changed = now
}

// recover goes faster again, while nothing is refused: a little at a time, and once the window
// is known, not before the last change had time to show.
func (p *Pace) recover(now time.Time, used float64) {
	limit := p.limiter.Limit()
	if limit >= p.most || used > 0.95 || now.Sub(p.changed) < p.window {
		return
	}
	if p.window == 0 {
		p.limiter.SetLimit(min(limit*21/20, p.most))
		return
	}
	p.limiter.SetLimit(min(limit*51/50, p.most))
	p.changed = now
}
