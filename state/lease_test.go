package state_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/usher-cli/usher/state"
)

// shaky is a backend whose answers are lost or late as a test says, around one
// that works.
type shaky struct {
	state.Backend
	mu    sync.Mutex
	put   func(put func() (string, error)) (string, error)
	renew func() error
	ttl   time.Duration

	released *int
}

func (s *shaky) Put(ctx context.Context, text []byte, etag string) (string, error) {
	put := func() (string, error) { return s.Backend.Put(ctx, text, etag) }
	if s.put == nil {
		return put()
	}
	return s.put(put)
}

func (s *shaky) Lock(ctx context.Context, info state.LockInfo) (*state.Hold, error) {
	hold, err := s.Backend.Lock(ctx, info)
	if err != nil {
		return nil, err
	}
	release := func(ctx context.Context) error {
		if s.released != nil {
			*s.released++
		}
		return hold.Release(ctx)
	}
	return &state.Hold{TTL: s.ttl, Release: release, Renew: func(context.Context) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.renew()
	}}, nil
}

var errAnswer = errors.New("500 after all")

// TestLostAnswers: an error says nothing of what is there. A write that was
// carried out all the same is not made twice, one that was not is tried again,
// and somebody else's version is never written over.
func TestLostAnswers(t *testing.T) {
	ctx := context.Background()
	for name, c := range map[string]struct {
		put    func(other func()) func(func() (string, error)) (string, error)
		serial uint64
		err    error
	}{
		"written, and the answer lost": {func(func()) func(func() (string, error)) (string, error) {
			return func(put func() (string, error)) (string, error) {
				_, _ = put()
				return "", errAnswer
			}
		}, 2, nil},
		"not written, twice": {func(func()) func(func() (string, error)) (string, error) {
			n := 0
			return func(put func() (string, error)) (string, error) {
				if n++; n <= 2 {
					return "", errAnswer
				}
				return put()
			}
		}, 2, nil},
		"never written": {func(func()) func(func() (string, error)) (string, error) {
			return func(func() (string, error)) (string, error) { return "", errAnswer }
		}, 1, errAnswer},
		"written late": {func(func()) func(func() (string, error)) (string, error) {
			n := 0
			return func(put func() (string, error)) (string, error) {
				if n++; n == 1 {
					return "", errAnswer
				}
				_, _ = put() // the first arrives as the second is on its way
				return put()
			}
		}, 2, nil},
		"somebody else's": {func(other func()) func(func() (string, error)) (string, error) {
			return func(func() (string, error)) (string, error) {
				other()
				return "", errAnswer
			}
		}, 1, state.ErrMoved},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at := filePlace(t)
			b := &shaky{Backend: at(t)}
			s := state.NewStore(b, state.Options{Now: time.Now})
			d := state.New("tenant")
			etag, err := s.Write(ctx, d, "")
			if err != nil {
				t.Fatal(err)
			}
			before := *d
			b.put = c.put(func() {
				theirs := before
				theirs.Tenant = "theirs"
				_, _ = store(t, at).Write(ctx, &theirs, etag)
			})
			if _, err = s.Write(ctx, d, etag); !errors.Is(err, c.err) || d.Serial != c.serial {
				t.Errorf("the write gives serial %d, %v; want %d, %v", d.Serial, err, c.serial, c.err)
			}
			got, _, err := s.Read(ctx)
			if err != nil || got.Serial > 2 || errors.Is(c.err, state.ErrMoved) != (got.Tenant == "theirs") {
				t.Errorf("there is %+v, %v", got, err)
			}
		})
	}
}

// TestLeases: a lock that was lost is known to be before anything is done that
// only its holder may do; one that is only old, or seems so by a clock that
// jumped, is asked for.
func TestLeases(t *testing.T) {
	const ttl = time.Hour // so that nothing renews it meanwhile
	for name, c := range map[string]struct {
		jump   time.Duration // of the clock since it was taken
		renew  error
		asked  int
		held   bool
		closed bool
	}{
		"young":                             {time.Minute, state.ErrLost, 0, true, false},
		"asleep, and still ours":            {2 * ttl, nil, 1, true, false},
		"asleep, and somebody else's":       {2 * ttl, state.ErrLost, 1, false, true},
		"old, and nobody answers":           {50 * time.Minute, errAnswer, 1, false, true},
		"the clock went back, and is ours":  {-ttl, nil, 1, true, false},
		"the clock went back, and was lost": {-ttl, state.ErrLost, 1, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			began, jump, asked, released := time.Now(), time.Duration(0), 0, 0
			b := &shaky{Backend: filePlace(t)(t), ttl: ttl, renew: func() error { asked++; return c.renew }, released: &released}
			s := state.NewStore(b, state.Options{Now: func() time.Time { return began.Add(jump).Round(0) }})
			lease, err := s.Lock(context.Background(), lockInfo(lockOne), 0)
			if err != nil {
				t.Fatal(err)
			}
			jump = c.jump
			if err := lease.Check(context.Background()); (err == nil) != c.held || err != nil && !errors.Is(err, state.ErrLost) {
				t.Errorf("the check gives %v, want held: %t", err, c.held)
			}
			closed := false
			select {
			case <-lease.Lost():
				closed = true
			default:
			}
			if asked != c.asked || closed != c.closed {
				t.Errorf("asked %d times and lost: %t; want %d, %t", asked, closed, c.asked, c.closed)
			}
			if err := lease.Release(); err != nil || released != 1 { // it may only seem lost
				t.Errorf("released %d times: %v", released, err)
			}
		})
	}
}

// TestLeaseIsRenewed: a lock that would end by itself does not while its
// process lives, and its loss is noticed without anybody asking.
func TestLeaseIsRenewed(t *testing.T) {
	renewed := make(chan bool, 100)
	gone := false
	b := &shaky{Backend: filePlace(t)(t), ttl: 60 * time.Millisecond}
	b.renew = func() error {
		if gone {
			return state.ErrLost
		}
		renewed <- true
		return nil
	}
	lease, err := state.NewStore(b, state.Options{Now: time.Now}).Lock(context.Background(), lockInfo(lockOne), 0)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		<-renewed
	}
	b.mu.Lock()
	gone = true
	b.mu.Unlock()
	<-lease.Lost()
	if err := lease.Check(context.Background()); !errors.Is(err, state.ErrLost) {
		t.Errorf("after the loss the check gives %v", err)
	}
	if err := lease.Release(); err != nil {
		t.Error(err)
	}
}
