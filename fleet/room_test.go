package fleet_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/usher-cli/usher/engine"
	"github.com/usher-cli/usher/fleet"
)

// TestRequestsHaveRoom: over a whole job no more requests leave a second than its tenant takes, nor than all
// tenants together may get. A job that has no time for its first requests is busy. With more time it can end as
// partial instead, which nothing here looks at.
func TestRequestsHaveRoom(t *testing.T) {
	for _, x := range []struct {
		name        string
		tenant, all int
		most        int // a second
		within      time.Duration
		busy        bool
	}{
		{"its own", 2, 0, 2, time.Minute, false},
		{"of all", 0, 1, 1, time.Minute, false},
		{"the lower one", 1, 100, 1, time.Minute, false},
		{"no time for it", 1, 0, 1, time.Second / 2, true},
	} {
		t.Run(x.name, func(t *testing.T) {
			o, alfa := newOperator(t)
			log := filepath.Join(t.TempDir(), "log.jsonl")
			o.Env = func(name string) string { return map[string]string{"USHER_SANDBOX_LOG": log}[name] }
			alfa.Requests, o.Room = x.tenant, fleet.Limit(x.all)
			synctest.Test(t, func(t *testing.T) {
				ctx, end := context.WithTimeout(context.Background(), x.within)
				defer end()
				r := o.Do(ctx, alfa, fleet.Plan, nil)
				if x.busy {
					if r.Outcome != fleet.Failed || r.Failure != engine.Busy {
						t.Errorf("%+v", r)
					}
					return
				}
				asked, err := os.ReadFile(log)
				requests := bytes.Count(asked, []byte{'\n'})
				if least := time.Duration(requests-1) * time.Second / time.Duration(x.most); err != nil || requests < 3 || r.Took < least {
					t.Errorf("%d requests take %s, and %s would be right, %v", requests, r.Took, least, err)
				}
				if r.Outcome != fleet.Found {
					t.Errorf("%+v", r)
				}
			})
		})
	}
}
