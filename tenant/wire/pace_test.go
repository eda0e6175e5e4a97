package wire_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/usher-cli/usher/tenant/wire"
)

// TestRetryAfter reads every way in which a service says how long to wait.
func TestRetryAfter(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"":                              0,
		"7":                             7 * time.Second,
		"2.128":                         2128 * time.Millisecond,
		"86400":                         5 * time.Minute, // nobody waits longer
		"-1":                            0,
		"soon":                          0,
		"Wed, 25 Nov 2026 10:00:30 GMT": 30 * time.Second,
		"Wed, 25 Nov 2026 09:00:00 GMT": 0,
	} {
		h := http.Header{"Retry-After": {text}, "Date": {"Wed, 25 Nov 2026 10:00:00 GMT"}}
		if got := wire.RetryAfter(h); got != want {
			t.Errorf("%q is read as %s, want %s", text, got, want)
		}
	}
}

// paced is a server that notes when it was written to.
type paced struct {
	mu     sync.Mutex
	times  []time.Time
	answer func(n int, w http.ResponseWriter)
}

func (p *paced) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.times = append(p.times, time.Now())
	p.answer(len(p.times), w)
}

// TestPace: writes keep to the allowance from the first window on, with every
// part of a batch counted; readings are not held back.
func TestPace(t *testing.T) {
	p := &paced{answer: func(int, http.ResponseWriter) {}}
	s := httptest.NewServer(p)
	defer s.Close()
	pace := wire.NewPace(400, time.Now)
	c := wire.New(wire.Options{Base: s.URL, Version: "0", Pace: pace})
	for range 15 { // 300 writes, of which 20 are free
		room, err := pace.Take(context.Background(), 20)
		if err != nil || room != 20 {
			t.Fatalf("room for %d, %v", room, err)
		}
		if err := c.JSON(wire.WithBatch(context.Background(), room, room), http.MethodPost, "/batch", struct{}{}, nil); err != nil {
			t.Fatal(err)
		}
	}
	if took := p.times[14].Sub(p.times[0]); took < 650*time.Millisecond {
		t.Errorf("300 writes took %s at 400 a second", took)
	}
	began := time.Now()
	for range 50 {
		if err := c.Get(context.Background(), "/x", nil); err != nil {
			t.Fatal(err)
		}
	}
	if took := time.Since(began); took > time.Second {
		t.Errorf("50 readings took %s", took)
	}
}

// TestPaceGivesWay: when the service refuses several in a row, nothing is
// written before it says, and writes go slower after.
func TestPaceGivesWay(t *testing.T) {
	p := &paced{answer: func(n int, w http.ResponseWriter) {
		if n <= 3 {
			w.Header().Set("Retry-After", "0.4")
			w.WriteHeader(http.StatusTooManyRequests)
		}
	}}
	s := httptest.NewServer(p)
	defer s.Close()
	pace := wire.NewPace(1000, time.Now)
	c := wire.New(wire.Options{Base: s.URL, Version: "0", Pace: pace, RetryDelay: time.Millisecond})
	if err := c.JSON(context.Background(), http.MethodPost, "/x", struct{}{}, nil); err != nil {
		t.Fatal(err)
	}
	if len(p.times) != 4 || p.times[3].Sub(p.times[2]) < 390*time.Millisecond {
		t.Errorf("written to at %v", p.times)
	}
	began := time.Now()
	pace.Heed(0, 1, http.Header{"Retry-After": {"5"}})
	if err := c.JSON(context.Background(), http.MethodPost, "/x", struct{}{}, nil); err != nil || time.Since(began) > time.Second {
		t.Errorf("one refusal holds everything back: %v after %s", err, time.Since(began))
	}
}

// TestLongWaits: what asks to wait longer than anybody does is waited for as
// long as one does, and not asked again at once.
func TestLongWaits(t *testing.T) {
	asked := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked++
		w.Header().Set("Retry-After", "4000")
		w.WriteHeader(http.StatusTooManyRequests)
	}))
	defer s.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	err := wire.New(wire.Options{Base: s.URL, Version: "0", RetryDelay: time.Millisecond}).Get(ctx, "/x", nil)
	if !errors.Is(err, context.DeadlineExceeded) || asked != 1 {
		t.Errorf("asked %d times: %v", asked, err)
	}
}
