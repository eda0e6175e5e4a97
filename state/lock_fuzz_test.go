package state_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/usher-cli/usher/state"
	"github.com/usher-cli/usher/state/httpstate"
)

// refusing is a server that says of every lock that somebody has it.
type refusing struct{ text []byte }

// Do implements policy.Transporter.
func (r *refusing) Do(req *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusLocked, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(r.text)), Request: req}, nil
}

// FuzzLock reads any bytes as what the holder of a lock left in a file, and as what
// a server says of one: a lock stays a lock whatever is said of it, and its holder is
// written and read back the same.
func FuzzLock(f *testing.F) {
	info, err := json.Marshal(lockInfo(lockOne))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(info)
	f.Add([]byte(`{"ID":"7","Operation":"apply",` +
		`"Info":"{\"id\":\"7\",\"who\":\"a@b\",\"pid\":-1}","Who":"a@b","Created":"2026-01-01T00:00:00Z"}`))
	f.Add([]byte(`{"ID":"7","Operation":"apply","Info":"{\"id\":\"8\"}","Who":"\u001b[2Ja\nb","Path":"p"}`))
	f.Add([]byte(`{"id":"7","who":"ada","since":"2026-01-01T00:00:00+24:00"}`))
	f.Add(info[:len(info)/2])
	f.Add([]byte{})
	path := filepath.Join(f.TempDir(), "s.json")
	hold, err := state.NewFile(path).Lock(context.Background(), lockInfo(lockOne))
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = hold.Release(context.Background()) })
	server := &refusing{}
	over, err := httpstate.New(httpstate.Options{Address: "http://localhost/s", Version: "0", Transport: server})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := os.WriteFile(path+".lock.info", text, 0o600); err != nil {
			t.Fatal(err)
		}
		file := state.NewFile(path)
		var info state.LockInfo
		readable := json.Unmarshal(text, &info) == nil && info.ID != ""
		holder := locked(t, file)
		if (holder != nil) != readable {
			t.Errorf("%q is read as the holder %+v", text, holder)
		}
		if asked, err := file.LockedBy(context.Background()); err != nil || asked == nil || !alike(asked, holder) {
			t.Errorf("%q in a file is read as the holder %+v, and as %+v, %v", text, holder, asked, err)
		}
		if err := file.ForceUnlock(context.Background(), ""); err == nil {
			t.Error("a lock whose process lives was taken from it")
		}
		if strings.Contains(string(text), "0000-4000-8000-0000000000") {
			return // an id under which the test or usher itself asks: the lock is its own
		}
		server.text = text
		holder = locked(t, over)
		if holder != nil && holder.ID == "" {
			t.Errorf("%q of a server is read as a holder without an id: %+v", text, holder)
		}
		if asked, err := over.LockedBy(context.Background()); err != nil || asked == nil || !alike(asked, holder) {
			t.Errorf("%q of a server is read as the holder %+v, and as %+v, %v", text, holder, asked, err)
		}
	})
}

// alike reports whether a holder that was asked for is the one that was told; any is
// where none was.
func alike(asked, told *state.LockInfo) bool {
	return told == nil || asked.String() == told.String() && asked.PID == told.PID && asked.Run == told.Run
}

// locked takes a lock that somebody has, and returns who.
func locked(t *testing.T, b state.Backend) *state.LockInfo {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	hold, err := b.Lock(ctx, state.LockInfo{ID: lockTwo, Who: "grace"})
	var refused *state.LockedError
	if hold != nil || !errors.As(err, &refused) {
		t.Fatalf("a lock that somebody has was given again: %v", err)
	}
	if refused.Lock == nil {
		return nil
	}
	text, err := json.Marshal(refused.Lock)
	again := &state.LockInfo{}
	if err == nil { // a zone of 24 hours is read, and is none that can be written
		err = json.Unmarshal(text, again)
	} else {
		again, err = refused.Lock, nil
	}
	if err != nil || !again.Since.Equal(refused.Lock.Since) ||
		!again.Until.Equal(refused.Lock.Until) || again.String() != refused.Lock.String() {
		t.Errorf("%+v became %+v, %v", refused.Lock, again, err)
	}
	if !strings.Contains(refused.Error(), refused.Lock.ID) {
		t.Errorf("the error does not name the lock: %v", refused)
	}
	return refused.Lock
}
