package state

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Lease is a lock that is held. It is renewed in the background where it
// would end by itself, and Lost is closed when it stops being ours, after which
// nothing may be written.
type Lease struct {
	Info LockInfo

	hold *Hold
	now  func() time.Time
	stop chan struct{}
	done chan struct{}

	mu      sync.Mutex
	renewed time.Time // when it was last known to be ours
	lost    chan struct{}
	gone    bool
}

// renewals is how often a lock is renewed before it would end.
const renewals = 3

func newLease(info LockInfo, hold *Hold, asked time.Time, now func() time.Time) *Lease {
	l := &Lease{
		Info:    info,
		hold:    hold,
		now:     now,
		renewed: asked,
		stop:    make(chan struct{}),
		done:    make(chan struct{}),
		lost:    make(chan struct{}),
	}
	if hold.TTL == 0 {
		close(l.done)
		return l
	}
	go l.keep()
	return l
}

// Lost is closed when the lock is not ours any more.
func (l *Lease) Lost() <-chan struct{} { return l.lost }

// keep renews until the lease is released or lost.
func (l *Lease) keep() {
	defer close(l.done)
	tick := time.NewTicker(l.hold.TTL / renewals)
	defer tick.Stop()
	for {
		select {
		case <-l.stop:
			return
		case <-l.lost:
			return
		case <-tick.C:
		}
		ctx, cancel := context.WithTimeout(context.Background(), l.hold.TTL/renewals)
		_ = l.renew(ctx)
		cancel()
	}
}

// Check tells for sure, before something is done that only the holder may do:
// while the last renewal is young enough nobody is asked. A process that was
// asleep, or whose clock jumped, asks.
func (l *Lease) Check(ctx context.Context) error {
	if l.hold.TTL == 0 {
		return nil
	}
	l.mu.Lock()
	gone, age := l.gone, l.age()
	l.mu.Unlock()
	switch {
	case gone:
		return ErrLost
	case age >= 0 && age < l.hold.TTL*2/renewals:
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, l.hold.TTL/renewals)
	defer cancel()
	if err := l.renew(ctx); err != nil {
		l.lose()
		return errors.Join(ErrLost, err)
	}
	return nil
}

// age is how long ago the lock was known to be ours, by whichever clock says
// more: the steady one stands still while a machine sleeps, the wall clock is
// set. A wall clock that ran backwards gives a negative age.
func (l *Lease) age() time.Duration {
	now := l.now()
	steady, wall := now.Sub(l.renewed), now.Round(0).Sub(l.renewed.Round(0))
	if wall < 0 {
		return wall
	}
	return max(steady, wall)
}

// renew asks the backend once. A lock that cannot be renewed in time has ended.
func (l *Lease) renew(ctx context.Context) error {
	asked := l.now()
	err := l.hold.Renew(ctx)
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.gone:
		return ErrLost
	case err == nil:
		l.renewed = asked
	case errors.Is(err, ErrLost), l.age() >= l.hold.TTL:
		l.gone = true
		close(l.lost)
	}
	return err
}

func (l *Lease) lose() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.gone {
		l.gone = true
		close(l.lost)
	}
}

// Release gives the lock back. Of one that was lost only what is still under
// its id is given back: it may only have seemed so.
func (l *Lease) Release() error {
	select {
	case <-l.stop:
		return nil // released before
	default:
	}
	close(l.stop)
	<-l.done
	l.mu.Lock()
	gone := l.gone
	l.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := l.hold.Release(ctx); err != nil && !gone {
		return fmt.Errorf("the lock was not given back, and usher force-unlock %s does that unless it ended by itself: %w", l.Info.ID, err)
	}
	return nil
}

// patience is how long a lock's release may take.
const patience = 30 * time.Second
