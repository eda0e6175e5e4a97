package state_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/usher-cli/usher/state"
	"github.com/usher-cli/usher/state/httpstate"
	"github.com/usher-cli/usher/test/stateserver"
)

// TestAskingWhoseTheLockIs takes the lock for a moment: a run that begins then is
// not refused.
func TestAskingWhoseTheLockIs(t *testing.T) {
	served, asked := stateserver.New(t.TempDir()), make(chan bool)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == "UNLOCK" {
			select {
			case asked <- true: // and is held until the run has asked for it
				time.Sleep(150 * time.Millisecond)
			default:
			}
		}
		served.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	open := func() *state.Store {
		return state.NewStore(must(httpstate.New(httpstate.Options{Address: server.URL + "/state"}))(t), state.Options{Now: time.Now})
	}
	told := make(chan error, 1)
	go func() {
		_, err := open().Holder(context.Background())
		told <- err
	}()
	<-asked
	lease, err := open().Lock(context.Background(), lockInfo(lockOne), 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := <-told; err != nil {
		t.Error(err)
	}
	if err := lease.Release(); err != nil {
		t.Error(err)
	}
}
