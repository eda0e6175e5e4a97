// Package crash_test applies for real, against a served tenant and a real
// store, and kills usher, cuts its connections and lets others apply at the same
// time: whatever happens, planning again settles it and nothing is lost.
package crash_test

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/usher-cli/usher/test/program"
)

// programs is where usher and the server of states are built, once for all tests.
var programs string

func TestMain(m *testing.M) {
	os.Exit(program.Run(m, &programs, "../../cmd/usher", "../stateserver/serve"))
}

// world is a served tenant, and a state of it in a store.
type world struct {
	t   *testing.T
	dir string
	env []string // what the store wants beside the configuration
	at  store

	address string    // of the tenant
	tenant  *exec.Cmd // which serves it
}

// The two wants between which a world goes to and fro: people swap seats of
// which there are none to spare, one comes and one leaves, and an environment is
// raised and lowered.
var wants = []string{
	`assignment "e5" {
  users = ["ada@contoso.com", "grace@contoso.com"]
  grant "e5" {}
}
assignment "e3" {
  users = ["linus@contoso.com"]
  grant "e3" {}
}
environment "production" {
  capacity { process = 3 }
}
`, `assignment "e5" {
  users = ["grace@contoso.com", "linus@contoso.com"]
  grant "e5" {}
}
assignment "e3" {
  users = ["ada@contoso.com", "edsger@contoso.com"]
  grant "e3" {}
}
environment "production" {
  capacity { process = 4 }
}
`}

const settings = `usher {
  %s
}
tenant "sandbox" {
  endpoint = %q
}
license "e5" {
  sku = "SPE_E5"
}
license "e3" {
  sku = "SPE_E3"
}
guard {
  max_losses = 100
}
`

// settings are the configuration without its wants.
func (w *world) settings() string { return fmt.Sprintf(settings, w.at.backend, w.address) }

// newWorld makes a world whose wants are those of turn 0. changed are pairs of
// what is replaced in the tenant's file, and by what.
func newWorld(t *testing.T, s store, changed ...string) *world {
	w := &world{t: t, dir: t.TempDir(), env: append(os.Environ(), s.env...), at: s}
	text, err := os.ReadFile("../../cmd/usher/testdata/tenants/small.tenant.json")
	if err != nil {
		t.Fatal(err)
	}
	w.write("tenant.json", strings.NewReplacer(changed...).Replace(string(text)))
	w.address = w.serve()
	w.write("main.hcl", w.settings())
	w.write("want.hcl", wants[0])
	if s.name == "postgres" {
		w.must("state", "init")
	}
	w.must("init")
	w.must("apply", "-auto-approve")
	return w
}

func (w *world) write(name, text string) {
	if err := os.WriteFile(filepath.Join(w.dir, name), []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// serve runs the tenant in a process of its own and returns its address.
func (w *world) serve() string {
	return regexp.MustCompile(`http://[0-9.:]+`).FindString(w.serving())
}

// serving is serve with more arguments, and returns what it says first.
func (w *world) serving(more ...string) string {
	cmd := w.command(append([]string{"sandbox", "serve", "-file=tenant.json", "-log=log.jsonl", "-listen=127.0.0.1:0"}, more...)...)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		w.t.Fatal(err)
	}
	w.tenant = cmd
	w.t.Cleanup(func() { _ = w.tenant.Process.Signal(os.Interrupt); _ = w.tenant.Wait() })
	said := ""
	for range 1 + min(1, len(more)) { // an address a line
		line := make([]byte, 200)
		n, err := out.Read(line)
		if err != nil {
			w.t.Fatal(err)
		}
		if said += string(line[:n]); strings.Contains(said, "https://") {
			break
		}
	}
	return said
}

// restartTenant kills the tenant and serves it again at the same address.
func (w *world) restartTenant(address string) error {
	err := w.tenant.Process.Kill()
	_ = w.tenant.Wait() // that it was killed
	at := strings.TrimPrefix(address, "http://")
	w.tenant = w.command("sandbox", "serve", "-file=tenant.json", "-log=log.jsonl", "-listen="+at)
	return errors.Join(err, w.tenant.Start(), listens(at))
}

// listens waits until something listens at an address.
func listens(address string) error {
	for n := 0; ; n++ {
		c, err := net.Dial("tcp", address)
		if err == nil {
			return c.Close()
		}
		if n == 500 {
			return err
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func (w *world) command(args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(programs, "usher"), args...)
	cmd.Dir, cmd.Env = w.dir, slices.Clip(w.env) // what a command adds is its own
	return cmd
}

// run runs usher and returns its exit code and all that it says.
func (w *world) run(args ...string) (int, string) {
	out, err := w.command(args...).CombinedOutput()
	code := 0
	if exit, ok := err.(*exec.ExitError); ok { //nolint:errorlint // CombinedOutput returns it bare
		code = exit.ExitCode()
	} else if err != nil {
		w.t.Fatal(err)
	}
	return code, string(out)
}

func (w *world) must(args ...string) string {
	w.t.Helper()
	code, out := w.run(args...)
	if code != 0 {
		w.t.Fatalf("usher %s exits with %d:\n%s", strings.Join(args, " "), code, out)
	}
	return out
}

var lockID = regexp.MustCompile(`lock id ([0-9a-f-]{36})`)

// unlock removes the lock that a dead run left, where the store keeps it, and
// reports whether there was one.
func (w *world) unlock() bool {
	found := lockID.FindStringSubmatch(w.must("state", "lock-info"))
	if found == nil {
		return false
	}
	if code, out := w.run("force-unlock", found[1]); code != 0 && !strings.Contains(out, "is not locked") {
		w.t.Fatalf("the lock cannot be removed:\n%s", out)
	}
	return true
}

// outlasts waits for the end of the lock that a dead run left, and reports whether
// there was one.
func (w *world) outlasts() bool {
	w.t.Helper()
	if !lockID.MatchString(w.must("state", "lock-info")) {
		return false
	}
	w.must("apply", "-auto-approve", "-lock-timeout=100s")
	return true
}

// settles plans and applies until nothing is left, and checks what is there.
func (w *world) settles(turn int) {
	w.t.Helper()
	w.must("plan")
	for n := 0; ; n++ {
		code, out := w.run("apply", "-auto-approve")
		if code == 0 {
			break
		}
		late := strings.Contains(out, "is locked by") // the store came to the dead run's question after ours
		if !late || n == 3 {
			w.t.Fatalf("applying again exits with %d:\n%s", code, out)
		}
		if w.unlock(); n > 0 && w.at.free != nil {
			w.at.free()
		}
	}
	if code, out := w.run("plan", "-detailed-exitcode"); code != 0 {
		w.t.Fatalf("after applying again there are steps:\n%s", out)
	}
	w.must("history", "-verify")
	listed := strings.Fields(w.must("state", "list"))
	want := [][]string{
		{"user/ada@contoso.com:SPE_E5", "user/grace@contoso.com:SPE_E5", "user/linus@contoso.com:SPE_E3"},
		{"user/ada@contoso.com:SPE_E3", "user/edsger@contoso.com:SPE_E3", "user/grace@contoso.com:SPE_E5", "user/linus@contoso.com:SPE_E5"},
	}[turn%2]
	for _, address := range want {
		if !contains(listed, address) {
			w.t.Fatalf("the state lacks %s: %v", address, listed)
		}
	}
	if len(listed) != len(want)+1 { // and the environment
		w.t.Fatalf("the state has %v", listed)
	}
	w.tenantIsWhole()
}

// tenantIsWhole: nothing was ever given that does not exist, and what no file
// is about is as it was.
func (w *world) tenantIsWhole() {
	w.t.Helper()
	usage := w.must("usage", "-users")
	for _, untouched := range []string{"radia@contoso.com", "donald@contoso.com"} {
		if !strings.Contains(usage, untouched) {
			w.t.Fatalf("%s lost what nobody was to touch:\n%s", untouched, usage)
		}
	}
	journal, err := os.ReadFile(filepath.Join(w.dir, "tenant.json.journal"))
	if err != nil || bytes.Contains(journal, []byte("overspend")) {
		w.t.Fatalf("the tenant was overspent, or nobody can tell: %v\n%s", err, journal)
	}
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}
