//go:build !nofleet

package fleets_test

import (
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestLocksComeBack: a worker whose connection breaks takes the tenants that it works on again.
func TestLocksComeBack(t *testing.T) {
	*services = 2000 // the job takes longer than the test needs
	defer func() { *services = 50 }()
	w := newWorld(t, 1)
	process := w.worker(0)
	defer func() { _ = process.Process.Signal(syscall.SIGKILL); _ = process.Wait() }()
	w.must("fleet", "drift", "-now", "-detach")
	const holders = " FROM pg_locks WHERE locktype = 'advisory' AND classid = 1970497638 AND " +
		"database = (SELECT oid FROM pg_database WHERE datname = current_database())"
	held := func() bool { return strings.TrimSpace(w.sql("SELECT count(*)"+holders)) == "1" }
	w.until(10*time.Second, held)
	before := w.sql("SELECT pid" + holders)
	w.sql("SELECT pg_terminate_backend(pid)" + holders)
	w.until(8*time.Second, held)
	if after := w.sql("SELECT pid" + holders); after == before {
		t.Errorf("the connection %s was not ended", before)
	}
	if n := len(w.report().Results); n != 0 {
		t.Errorf("the job ended before its lock was looked at: %d results", n)
	}
}
