//go:build !nofleet

// Package fleets_test works on fleets for real: workers as processes of their own, which are
// killed, and a queue in PostgreSQL, which is restarted.
package fleets_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/usher-cli/usher/test/program"
)

var (
	tenants  = flag.Int("tenants", 40, "tenants of the fleet")
	workers  = flag.String("workers", "1,2", "numbers of workers, one night each")
	kills    = flag.Duration("kills", 3*time.Second, "between two kills of a worker")
	services = flag.Int("latency", 50, "milliseconds until a service answers")
)

// programs is where usher is built, once for all tests.
var programs string

func TestMain(m *testing.M) { os.Exit(program.Run(m, &programs, "../../cmd/usher")) }

// world is a fleet, and what its queue wants in the environment.
type world struct {
	t   *testing.T
	dir string
	env []string

	putting   sync.Mutex // jobs, while PostgreSQL is there
	restarted time.Time  // when PostgreSQL was
}

const fleetFile = `fleet {
  queue   = "postgres"
  timeout = "20s"
}

tenant "customer" {
  for_each  = { for row in csvdecode(file("tenants.csv")) : row.name => row }
  directory = "base"
  variables = { tenant = each.key }
  labels    = { size = each.value.size }
}
`

const baseFile = `variable "tenant" {
}

usher {
  backend "file" {
    path = "../states/${var.tenant}.json"
  }
}

tenant "sandbox" {
  file = "../tenants/${var.tenant}.tenant.json"
}

license "premium" {
  sku = "POWERAUTOMATE_ATTENDED_RPA"
}

assignment "makers" {
  users = ["user000001@contoso.com", "user000002@contoso.com"]

  grant "premium" {}
}
`

// newWorld makes a fleet with a database of its own.
func newWorld(t *testing.T, n int) *world {
	connection := os.Getenv("USHER_TEST_POSTGRES")
	if connection == "" {
		t.Skip("there is no PostgreSQL: make test-fleet starts one")
	}
	w := &world{t: t, dir: t.TempDir()}
	words := map[string]string{}
	for _, pair := range strings.Fields(connection) {
		name, value, _ := strings.Cut(pair, "=")
		words[name] = value
	}
	name := fmt.Sprintf("fleet_%d", time.Now().UnixNano())
	server := fmt.Sprintf("postgres://%s@%s:%s/", words["user"], words["host"], words["port"])
	psql := exec.Command(filepath.Join(postgresPrograms(), "psql"), server+words["dbname"], "-qc", "CREATE DATABASE "+name)
	if out, err := psql.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	w.env = append(os.Environ(), "USHER_FLEET_DATABASE_URL="+server+name+"?sslmode=disable")
	w.write("fleet.hcl", fleetFile)
	w.write("base/main.hcl", baseFile)
	if err := os.MkdirAll(filepath.Join(w.dir, "states"), 0o700); err != nil {
		t.Fatal(err)
	}
	w.must("sandbox", "init", "-users=20", "-out=one.tenant.json")
	one, err := os.ReadFile(filepath.Join(w.dir, "one.tenant.json"))
	if err != nil {
		t.Fatal(err)
	}
	slow := fmt.Sprintf("  \"faults\": [{\"path\": \"/v1.0/\", \"delayMs\": %d, \"times\": 1000000}],\n  \"users\"", *services)
	one = bytes.Replace(one, []byte(`  "users"`), []byte(slow), 1)
	list := "name,size\n"
	for i := range n {
		name := fmt.Sprintf("customer-%04d", i)
		list += name + "," + []string{"small", "large"}[i%2] + "\n"
		w.write("tenants/"+name+".tenant.json", string(one))
	}
	w.write("tenants.csv", list)
	w.must("fleet", "init")
	return w
}

// postgresPrograms is where PostgreSQL is installed.
func postgresPrograms() string {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	if len(found) == 0 {
		return ""
	}
	return found[len(found)-1]
}

func (w *world) write(name, text string) {
	path := filepath.Join(w.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) command(args ...string) *exec.Cmd {
	c := exec.Command(filepath.Join(programs, "usher"), args...)
	c.Dir, c.Env = w.dir, w.env
	return c
}

// must runs a command that has to end with 0, and returns what it says.
func (w *world) must(args ...string) string {
	w.t.Helper()
	out, err := w.command(args...).Output()
	if err != nil {
		w.t.Fatalf("usher %v: %v\n%s", args, err, out)
	}
	return string(out)
}

// worker is a process that does jobs.
func (w *world) worker(n int, more ...string) *exec.Cmd {
	w.t.Helper()
	c := w.command("fleet", "work", "-concurrency=8", "-poll=200ms", "-pause=500ms")
	c.Args = append(c.Args, more...)
	log, err := os.OpenFile(filepath.Join(w.dir, fmt.Sprintf("worker%d.log", n)), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		w.t.Fatal(err)
	}
	c.Stderr, c.Stdout = log, log
	if err := c.Start(); err != nil {
		w.t.Fatal(err)
	}
	return c
}

// report is the report of the fleet.
func (w *world) report() (r struct {
	Tenants int
	Unheard []string
	Results []struct{ Tenant, Operation, Outcome, Error, Digest string }
}) {
	w.t.Helper()
	out, _ := w.command("fleet", "report", "-json").Output() // the code tells of what was found
	if err := json.Unmarshal(out, &r); err != nil {
		w.t.Fatalf("%v\n%s", err, out)
	}
	return r
}

// cpu is the processor time that a process that ended took.
func cpu(c *exec.Cmd) time.Duration { return c.ProcessState.UserTime() + c.ProcessState.SystemTime() }

// TestNights looks for drift in every tenant, with more workers each night, and reports how many
// tenants a minute that are, and what a tenant costs.
func TestNights(t *testing.T) {
	for _, text := range strings.Split(*workers, ",") {
		var n int
		if _, err := fmt.Sscan(text, &n); err != nil {
			t.Fatal(err)
		}
		t.Run(text+" workers", func(t *testing.T) {
			w := newWorld(t, *tenants)
			var all []*exec.Cmd
			for i := range n {
				all = append(all, w.worker(i))
			}
			began := time.Now()
			w.must("fleet", "drift", "-now", "-json")
			took := time.Since(began)
			var used time.Duration
			var memory int64
			for _, c := range all {
				_ = c.Process.Signal(syscall.SIGTERM)
				if err := c.Wait(); err != nil {
					t.Errorf("a worker that is asked to end: %v", err)
				}
				used += cpu(c)
				memory = max(memory, c.ProcessState.SysUsage().(*syscall.Rusage).Maxrss)
			}
			w.everyoneOnce("drift")
			t.Logf("%d tenants, %d workers of 8 jobs: %.1f s, %.0f tenants a minute, %.0f ms of CPU a tenant, %d MB a worker",
				*tenants, n, took.Seconds(), float64(*tenants)/took.Minutes(), float64(used.Milliseconds())/float64(*tenants), memory>>10)
		})
	}
}

// everyoneOnce checks that every tenant has a result of an operation, and that none failed.
func (w *world) everyoneOnce(op string) {
	w.t.Helper()
	r := w.report()
	heard := map[string]int{}
	for _, x := range r.Results {
		if x.Operation == op {
			heard[x.Tenant]++
		}
		if x.Outcome != "clean" && x.Outcome != "found" {
			w.t.Errorf("%s: %s is %s: %s", x.Tenant, x.Operation, x.Outcome, x.Error)
		}
	}
	if len(heard) != r.Tenants {
		w.t.Errorf("%d of %d tenants have a result", len(heard), r.Tenants)
	}
}
