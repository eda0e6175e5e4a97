//go:build !nofleet

package queue_test

import (
	"context"
	"database/sql"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/usher-cli/usher/config"
	"github.com/usher-cli/usher/fleet"
	"github.com/usher-cli/usher/fleet/queue"
)

// TestFleetStaysPaused: River forgets the pause of a queue that no worker served for a day. The next worker does
// not take the jobs all the same.
func TestFleetStaysPaused(t *testing.T) {
	ctx := context.Background()
	alfa := config.FleetTenant{Name: "alfa", Directory: "nowhere"} // its job fails, and has a result
	f := &config.Fleet{Dir: t.TempDir(), Queue: config.SQLite, Database: "fleet.db", Timeout: time.Minute, Keep: 1,
		Tenants: []config.FleetTenant{alfa}}
	env := func(string) string { return "" }
	quiet := slog.New(slog.DiscardHandler)
	q, err := queue.Open(ctx, f, queue.Options{Env: env, Now: time.Now, Log: quiet, Engine: quiet, Concurrency: 1, Poll: 50 * time.Millisecond,
		Pause: time.Second, Operator: &fleet.Operator{Fleet: f, Env: env, Now: time.Now, Warn: func(string, string) {}}})
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	if _, _, err := q.Put(ctx, []queue.Order{{Tenant: alfa, Operation: fleet.Plan, Now: true}}); err != nil {
		t.Fatal(err)
	}
	if err := q.Pause(ctx, "grace"); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", "file:"+filepath.Join(f.Dir, f.Database)+"?_pragma=busy_timeout(10000)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	count := func(query string) (n int) {
		if err := db.QueryRow(query).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	until := func(what, query string, want int) {
		for began := time.Now(); count(query) != want; time.Sleep(20 * time.Millisecond) {
			if time.Since(began) > 20*time.Second {
				t.Fatalf("%s: %d, not %d", what, count(query), want)
			}
		}
	}
	if _, err := db.Exec("DELETE FROM river_queue"); err != nil {
		t.Fatal(err)
	}
	working, end := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- q.Work(working) }()
	until("queues that are paused", "SELECT count(*) FROM river_queue WHERE paused_at IS NOT NULL", 2)
	time.Sleep(300 * time.Millisecond) // some polls
	if n := count("SELECT count(*) FROM usher_result"); n != 0 {
		t.Errorf("%d jobs are done while workers are paused", n)
	}
	if since, who, err := q.Paused(ctx); since == "" || who != "grace" || err != nil {
		t.Errorf("paused since %q by %q, %v", since, who, err)
	}
	if err := q.Resume(ctx); err != nil {
		t.Fatal(err)
	}
	until("results", "SELECT count(*) FROM usher_result", 1)
	end()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if since, _, err := q.Paused(ctx); since != "" || err != nil {
		t.Errorf("still paused since %q, %v", since, err)
	}
}
