//go:build !nofleet

package fleets_test

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/usher-cli/usher/tenant/sandbox"
)

var badNights = flag.Duration("nights", 20*time.Second, "how long workers are killed in bad nights")

const badFleetFile = `variable "port" {
  default = "1"
}

fleet {
  queue   = "postgres"
  timeout = "10s"
}

tenant "customer" {
  for_each  = { for row in csvdecode(file("tenants.csv")) : row.name => row }
  directory = "base"
  variables = { tenant = each.key, port = var.port }
  labels    = { size = each.value.size }
}
`

// customers serves many tenants, each below its name, and notes who asked what when. Each worker
// process has a port of its own, which tells them apart.
type customers struct {
	t       *testing.T
	mu      sync.Mutex
	servers map[string]*sandbox.Server
	asked   map[string][]request // by tenant
}

type request struct {
	by    string // the port of a worker
	at    time.Time
	first bool // of a run: each begins by asking whose tenant it is
}

// listen serves all tenants on a new port.
func (c *customers) listen() (port string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		c.t.Fatal(err)
	}
	_, port, _ = net.SplitHostPort(l.Addr().String())
	server := &http.Server{ReadHeaderTimeout: 5 * time.Second, Handler: http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		name, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
		c.mu.Lock()
		s := c.servers[name]
		c.asked[name] = append(c.asked[name], request{port, time.Now(), strings.HasPrefix(rest, "v1.0/organization")})
		c.mu.Unlock()
		if s == nil {
			http.NotFound(rw, r)
			return
		}
		r.URL.Path, r.URL.RawPath = "/"+rest, ""
		s.ServeHTTP(rw, r)
	})}
	go func() { _ = server.Serve(l) }()
	c.t.Cleanup(func() { _ = server.Close() })
	return port
}

// apart checks that no two workers were at one tenant at once. Where PostgreSQL was restarted, the locks are
// gone for a moment, and only the state's own is left.
func (c *customers) apart(restarted time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	const settling = 10 * time.Second
	type run struct {
		by         string
		began, end time.Time
	}
	runs := 0
	for name, all := range c.asked {
		open := map[string]*run{}
		var list []*run
		for _, q := range all {
			if r := open[q.by]; r != nil && !q.first {
				r.end = q.at
				continue
			}
			open[q.by] = &run{q.by, q.at, q.at}
			list = append(list, open[q.by])
		}
		runs += len(list)
		for i, a := range list {
			for _, b := range list[i+1:] {
				near := !restarted.IsZero() && b.began.After(restarted.Add(-settling)) && a.began.Before(restarted.Add(settling))
				if b.began.Before(a.end) && a.by != b.by && !near {
					c.t.Errorf("two workers were at %s at once: from %s to %s, and from %s on", name, a.began, a.end, b.began)
				}
			}
		}
	}
	c.t.Logf("%d runs of %d tenants", runs, len(c.asked))
}

// TestBadNights kills a worker every few seconds, restarts PostgreSQL once, and has a tenant that
// hangs, one that has no time for ever and one that refuses the identity: every other tenant has one
// result a night, its change is applied once, and no two workers are at one tenant at once.
func TestBadNights(t *testing.T) {
	const good = 20
	w := newWorld(t, good)
	c := &customers{t: t, servers: map[string]*sandbox.Server{}, asked: map[string][]request{}}
	list := "name,size\n"
	bad := map[string]*sandbox.Fault{"hangs": {Path: "/v1.0/users", Hang: true, Times: 1e9},
		"busy":   {Path: "/v1.0/organization", Status: 429, RetryAfter: "0", Times: 1e9},
		"secret": {Path: "/v1.0/", Status: 401, Code: "InvalidAuthenticationToken", Message: "Wrong.", Times: 1e9}}
	one, err := os.ReadFile(filepath.Join(w.dir, "one.tenant.json"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range good + len(bad) {
		name := fmt.Sprintf("customer-%04d", i)
		tenant, err := sandbox.Decode(bytes.NewReader(one))
		if err != nil {
			t.Fatal(err)
		}
		tenant.Faults = []*sandbox.Fault{{Path: "/v1.0/", DelayMS: *services, Times: 1e9}}
		if i >= good {
			name = slices.Sorted(maps.Keys(bad))[i-good]
			tenant.Faults = append([]*sandbox.Fault{bad[name]}, tenant.Faults...)
		}
		list += name + ",small\n"
		c.servers[name] = sandbox.New(tenant, sandbox.Options{Now: time.Now})
	}
	w.write("tenants.csv", list)
	w.write("fleet.hcl", badFleetFile)
	w.write("base/main.hcl", "variable \"port\" {\n}\n\n"+strings.Replace(baseFile, `file = "../tenants/${var.tenant}.tenant.json"`,
		`endpoint = "http://127.0.0.1:${var.port}/${var.tenant}"`, 1))
	done, ended := make(chan struct{}), make(chan int)
	go func() {
		ended <- w.killing(done, func(i int) *exec.Cmd { return w.worker(i, "-var=port="+c.listen()) }, w.restart)
	}()
	w.night(1, good, "plan")
	w.must("fleet", "approve", "-as-of=100000", "-cause=add POWERAUTOMATE_ATTENDED_RPA by assignment.makers",
		"-cause=adopt POWERAUTOMATE_ATTENDED_RPA by assignment.makers")
	w.night(1, good, "apply")
	nights := 0
	for end := time.Now().Add(*badNights); time.Now().Before(end); {
		nights++
		w.night(nights, good, "drift", "usage") // two jobs of each tenant, for two workers
	}
	close(done)
	t.Logf("%d nights of %d tenants, %d workers killed", nights, good+len(bad), <-ended)
	c.apart(w.restarted)
	w.eachOnce(nights, good)
	for _, x := range w.report().Results {
		if bad[x.Tenant] != nil && x.Outcome != "failed" {
			t.Errorf("%s: %s is %s", x.Tenant, x.Operation, x.Outcome)
		}
	}
}

// night does operations once in every tenant, and waits for those that can be worked on.
func (w *world) night(n, good int, operations ...string) {
	w.t.Helper()
	w.putting.Lock() // jobs that are put while PostgreSQL restarts are put or not, and nobody can tell
	for _, op := range operations {
		w.must("fleet", op, "-now", "-detach")
	}
	w.putting.Unlock()
	w.until(time.Minute, func() bool { // a job that the queue has not ended yet would stand for that of the next night
		out, err := w.psql("postgres", fmt.Sprintf("SELECT count(*), (SELECT count(*) FROM river_job WHERE args ->> 'tenant' LIKE 'customer-%%' "+
			"AND state NOT IN ('completed', 'cancelled', 'discarded')) FROM (SELECT tenant FROM usher_result WHERE operation IN ('%s') "+
			"AND tenant LIKE 'customer-%%' GROUP BY tenant, operation HAVING count(*) >= %d) AS done", strings.Join(operations, "', '"), n))
		return err == nil && strings.TrimSpace(out) == fmt.Sprintf("%d|0", good*len(operations))
	})
}

// eachOnce checks that every good tenant has one result a night, and that its change was done once.
func (w *world) eachOnce(nights, good int) {
	w.t.Helper()
	for op, want := range map[string]int{"plan": 1, "apply": 1, "drift": nights, "usage": nights} {
		out := w.sql(fmt.Sprintf("SELECT count(*), count(DISTINCT tenant) FROM usher_result WHERE operation = '%s' "+
			"AND tenant LIKE 'customer-%%' AND outcome IN ('clean', 'found')", op))
		if got := strings.TrimSpace(out); got != fmt.Sprintf("%d|%d", want*good, good) {
			w.t.Errorf("results of %s in tenants: %s, want %d in %d", op, got, want*good, good)
		}
	}
	w.doneOnce(good)
}

// doneOnce checks the histories: a call whose answer was lost is found to be done, and is not sent again.
func (w *world) doneOnce(n int) {
	w.t.Helper()
	for i := range n {
		name := fmt.Sprintf("customer-%04d", i)
		text, err := os.ReadFile(filepath.Join(w.dir, "states", name+".json.history"))
		if err != nil {
			w.t.Fatal(err)
		}
		if given := bytes.Count(text, []byte(`"outcome":"done"`)); given > 1 {
			w.t.Errorf("%s: %d calls were done, want 1", name, given)
		}
	}
}
