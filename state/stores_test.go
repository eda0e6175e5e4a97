package state_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/usher-cli/usher/state"
)

// TestStores is the suite that every store passes.
func TestStores(t *testing.T) {
	for name, open := range places(t) {
		t.Run(name, func(t *testing.T) {
			t.Run("begins_empty", func(t *testing.T) { beginsEmpty(t, open(t)) })
			t.Run("refuses_what_moved", func(t *testing.T) { refusesWhatMoved(t, open(t)) })
			t.Run("locks_once", func(t *testing.T) { locksOnce(t, open(t), name) })
			t.Run("locks_before_the_first_state", func(t *testing.T) { locksFirst(t, open(t)) })
			t.Run("unlocks_by_force", func(t *testing.T) { unlocksByForce(t, open(t), name) })
			if name != "file" { // where the system frees the lock of whoever died
				t.Run("stops_an_old_holder", func(t *testing.T) { stopsAnOldHolder(t, open(t)) })
			}
			if strings.HasPrefix(name, "postgres") || name == "azblob" {
				t.Run("ends_by_itself", func(t *testing.T) { endsByItself(t, open(t)) })
			}
			t.Run("keeps_a_log", func(t *testing.T) { keepsLog(t, open(t)) })
			t.Run("keeps_a_long_log", func(t *testing.T) { keepsLongLog(t, open(t)) })
		})
	}
}

func beginsEmpty(t *testing.T, at place) {
	if p, ok := at(t).(state.Prober); ok {
		if err := p.Probe(context.Background()); err != nil {
			t.Errorf("it may be written, and says %v", err)
		}
	}
	ctx, s := context.Background(), store(t, at)
	d, etag, err := s.Read(ctx)
	if d != nil || etag != "" || err != nil {
		t.Fatalf("an empty store gives %v, %q, %v", d, etag, err)
	}
	d = state.New("tenant")
	etag, err = s.Write(ctx, d, "")
	if err != nil || d.Serial != 1 {
		t.Fatalf("the first write gives serial %d, %v", d.Serial, err)
	}
	got, gotTag, err := store(t, at).Read(ctx)
	if err != nil || gotTag != etag || got.Serial != 1 || got.Lineage != d.Lineage {
		t.Fatalf("reading gives %+v, %q, %v", got, gotTag, err)
	}
}

func refusesWhatMoved(t *testing.T, at place) {
	ctx, s := context.Background(), store(t, at)
	first := state.New("tenant")
	etag, err := s.Write(ctx, first, "")
	if err != nil {
		t.Fatal(err)
	}
	second := *first
	if _, err := store(t, at).Write(ctx, &second, etag); err != nil {
		t.Fatal(err)
	}
	for _, old := range []string{etag, ""} {
		late := *first
		if _, err := s.Write(ctx, &late, old); !errors.Is(err, state.ErrMoved) || late.Serial != first.Serial {
			t.Errorf("writing over another version gives serial %d, %v", late.Serial, err)
		}
	}
	lease, err := s.Lock(ctx, lockInfo(lockOne), 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Read(ctx); err != nil {
		t.Fatal(err)
	}
	late := *first
	if _, err := s.Write(ctx, &late, etag); !errors.Is(err, state.ErrMoved) {
		t.Errorf("writing over another version under the lock gives %v", err)
	}
	if err := lease.Release(); err != nil {
		t.Fatal(err)
	}
	if d, _, err := s.Read(ctx); err != nil || d.Serial != second.Serial {
		t.Errorf("after refusals the store has %+v, %v", d, err)
	}
}

func lockInfo(id string) state.LockInfo {
	return state.LockInfo{
		ID:        id,
		Who:       "ada@host",
		PID:       1,
		Since:     time.Unix(1_790_000_000, 0).UTC(),
		Operation: "apply",
		Run:       "https://ci.example/runs/7",
	}
}

const (
	lockOne   = "aaaaaaaa-0000-4000-8000-000000000001"
	lockTwo   = "aaaaaaaa-0000-4000-8000-000000000002"
	lockThree = "aaaaaaaa-0000-4000-8000-000000000003"
)

func locksOnce(t *testing.T, at place, kind string) {
	ctx, s := context.Background(), store(t, at)
	if h, err := s.LockedBy(ctx); h != nil || err != nil {
		t.Fatalf("before anything the holder is %v, %v", h, err)
	}
	lease, err := s.Lock(ctx, lockInfo(lockOne), 0)
	if err != nil {
		t.Fatal(err)
	}
	want := lockInfo(lockOne)
	if kind == "gitlab" { // which keeps no more
		want.PID, want.Run, want.Operation = 0, "", "something that the server does not tell"
	}
	var locked *state.LockedError
	_, err = store(t, at).Lock(ctx, lockInfo(lockTwo), 50*time.Millisecond)
	if !errors.As(err, &locked) || locked.Lock == nil {
		t.Fatalf("a second lock gives %v", err)
	}
	if locked.Lock.Until = (time.Time{}); *locked.Lock != want {
		t.Errorf("the holder is %+v, want %+v", *locked.Lock, want)
	}
	d := state.New("tenant")
	etag, err := s.Write(ctx, d, "")
	if err == nil {
		_, err = s.Write(ctx, d, etag)
	}
	if err != nil || d.Serial != 2 {
		t.Errorf("writing under the lock gives serial %d, %v", d.Serial, err)
	}
	if h, err := store(t, at).LockedBy(ctx); h == nil || h.ID != lockOne || err != nil {
		t.Errorf("after writes the holder is %v, %v", h, err)
	}
	if err := lease.Release(); err != nil {
		t.Fatal(err)
	}
	again, err := store(t, at).Lock(ctx, lockInfo(lockThree), 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Release(); err != nil {
		t.Fatal(err)
	}
	if h, err := s.LockedBy(ctx); h != nil || err != nil {
		t.Errorf("at the end the holder is %v, %v", h, err)
	}
}

// locksFirst: a lock on nothing is a lock, and leaves nothing behind that could
// be taken for a state.
func locksFirst(t *testing.T, at place) {
	ctx, s := context.Background(), store(t, at)
	lease, err := s.Lock(ctx, lockInfo(lockOne), 0)
	if err != nil {
		t.Fatal(err)
	}
	if d, etag, err := s.Read(ctx); d != nil || etag != "" || err != nil {
		t.Errorf("under the lock there is %v, %q, %v", d, etag, err)
	}
	if err := lease.Release(); err != nil {
		t.Fatal(err)
	}
	if _, err := store(t, at).Write(ctx, state.New("tenant"), ""); err != nil {
		t.Errorf("the first write after a lock gives %v", err)
	}
}

func unlocksByForce(t *testing.T, at place, kind string) {
	ctx, s := context.Background(), store(t, at)
	if err := s.ForceUnlock(ctx, lockOne); !errors.Is(err, state.ErrNotLocked) {
		t.Errorf("without a lock it says %v", err)
	}
	lease, err := store(t, at).Lock(ctx, lockInfo(lockOne), 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.ForceUnlock(ctx, lockTwo); err == nil {
		t.Error("a lock was removed under another id")
	}
	if err := at(t).ForceUnlock(ctx, lockTwo); err == nil {
		t.Error("a store that is asked late says that it removed the lock of another")
	}
	err = s.ForceUnlock(ctx, lockOne)
	if kind == "file" {
		if err == nil {
			t.Error("the lock of a living process was taken from it")
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	next, err := store(t, at).Lock(ctx, lockInfo(lockTwo), 0)
	if err != nil {
		t.Fatalf("after force the lock is not free: %v", err)
	}
	if err := lease.Release(); err != nil && kind != "http" && kind != "gitlab" { // those say whose it is now
		t.Error(err)
	}
	if h, err := s.LockedBy(ctx); h == nil || h.ID != lockTwo || err != nil {
		t.Errorf("the old holder's release took the new one's lock: %v, %v", h, err)
	}
	if err := next.Release(); err != nil {
		t.Error(err)
	}
}

// stopsAnOldHolder: whoever had the lock, slept, and lost it, writes nothing,
// whether the new holder has written by then or not.
func stopsAnOldHolder(t *testing.T, at place) {
	ctx := context.Background()
	old := at(t)
	hold, err := old.Lock(ctx, lockInfo(lockOne))
	if err != nil {
		t.Fatal(err)
	}
	etag, err := old.Put(ctx, (&state.Document{Lineage: "a", Serial: 1}).Encode(), "")
	if err != nil {
		t.Fatal(err)
	}
	if err := at(t).ForceUnlock(ctx, lockOne); err != nil {
		t.Fatal(err)
	}
	next := at(t)
	taken, err := next.Lock(ctx, lockInfo(lockTwo))
	if err != nil {
		t.Fatal(err)
	}
	if hold.Renew != nil {
		if err := hold.Renew(ctx); !errors.Is(err, state.ErrLost) {
			t.Errorf("renewing a lost lock gives %v", err)
		}
	}
	late := (&state.Document{Lineage: "a", Serial: 2, Tenant: "late"}).Encode()
	if _, err := old.Put(ctx, late, etag); !errors.Is(err, state.ErrLost) && !errors.Is(err, state.ErrMoved) {
		t.Errorf("writing without the lock gives %v", err)
	}
	text, etag, err := next.Get(ctx)
	if err != nil || bytes.Equal(text, late) {
		t.Fatalf("the new holder reads %s, %v", text, err)
	}
	if _, err := next.Put(ctx, (&state.Document{Lineage: "a", Serial: 2, Tenant: "next"}).Encode(), etag); err != nil {
		t.Errorf("the new holder's write gives %v", err)
	}
	if _, err := old.Put(ctx, late, etag); !errors.Is(err, state.ErrLost) && !errors.Is(err, state.ErrMoved) {
		t.Errorf("writing without the lock over the new version gives %v", err)
	}
	if err := taken.Release(ctx); err != nil {
		t.Fatal(err)
	}
	for range 2 { // asked for again, the lock is lost, also where it is free by now
		if hold.Renew != nil {
			if err := hold.Renew(ctx); !errors.Is(err, state.ErrLost) {
				t.Errorf("renewing a lock that another had gives %v", err)
			}
		}
		if _, err := old.Put(ctx, late, etag); !errors.Is(err, state.ErrLost) && !errors.Is(err, state.ErrMoved) {
			t.Errorf("writing after the new holder is gone gives %v", err)
		}
	}
	if err := hold.Release(ctx); err != nil {
		t.Error(err)
	}
	if h, err := at(t).LockedBy(ctx); h != nil || err != nil {
		t.Errorf("the old holder left a lock: %v, %v", h, err)
	}
}

// endsByItself: a lock that nobody renews is free after its time, and not before.
func endsByItself(t *testing.T, at place) {
	t.Parallel()
	ctx := context.Background()
	hold, err := at(t).Lock(ctx, lockInfo(lockOne))
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(hold.TTL / 3)
	if err := hold.Renew(ctx); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	lease, err := store(t, at).Lock(ctx, lockInfo(lockTwo), 2*hold.TTL)
	if err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took < hold.TTL*9/10 {
		t.Errorf("it was free after %s, and lasts %s", took, hold.TTL)
	}
	if err := hold.Renew(ctx); !errors.Is(err, state.ErrLost) {
		t.Errorf("renewing what ended gives %v", err)
	}
	if err := lease.Release(); err != nil {
		t.Error(err)
	}
}
