package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
)

var kills = flag.Int("kills", 12, "how many applies TestKill kills")

// moment is where an apply is killed.
type moment string

const (
	beforeRequest moment = "before the tenant sees a write"
	afterCommit   moment = "between the tenant's commit and usher's record"
	inStateWrite  moment = "inside a write of the state"
)

// TestKill kills applies with SIGKILL, lets a human use the tenant meanwhile,
// and applies again: what is wanted is there, what the human did is untouched,
// and the state could be read at every point.
func TestKill(t *testing.T) {
	t.Parallel()
	w := newKillWorld(t)
	hit := map[moment]int{}
	killed, misses := 0, 0
	for turn := 0; killed < *kills; turn++ {
		m := []moment{afterCommit, beforeRequest, afterCommit, inStateWrite}[killed%4]
		w.want(turn)
		if w.killedApply(m, 1+w.rnd.IntN(8)) {
			killed++
			hit[m]++
			w.stateParses()
			w.human(turn)
		} else if misses++; misses > 10**kills {
			t.Fatal("too few runs could be killed")
		}
		w.usher("apply", "-auto-approve")
		w.usher("plan", "-detailed-exitcode")
		w.check(turn)
	}
	t.Logf("%d runs ended before they could be killed", misses)
	for _, m := range []moment{afterCommit, beforeRequest, inStateWrite} {
		t.Logf("%3d kills %s", hit[m], m)
	}
	if hit[afterCommit] < *kills/4 || hit[inStateWrite] < *kills/10 {
		t.Errorf("too few kills at the moments that matter: %v", hit)
	}
}

// killWorld is a served tenant of 400 people, behind a proxy that sees every
// request and answer, and a configuration that asks for 200 of them by turns.
type killWorld struct {
	t      *testing.T
	dir    string
	rnd    *rand.Rand
	direct string // the tenant, past the proxy
	ids    map[string]string
	humans map[string]bool // who was given a seat by a human

	mu     sync.Mutex
	moment moment
	left   int // writes until the kill
	victim *os.Process
	killed bool
}

const (
	killUsers = 400
	killSeats = 200
)

func newKillWorld(t *testing.T) *killWorld {
	w := &killWorld{t: t, dir: t.TempDir(), rnd: rand.New(rand.NewPCG(1, 2)), humans: map[string]bool{}, ids: map[string]string{}}
	w.usher("sandbox", "init", fmt.Sprint("-users=", killUsers), "-out=tenant.json")
	file := filepath.Join(w.dir, "tenant.json")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	e5 := regexp.MustCompile(`("partNumber":"SPE_E5","appliesTo":"User","enabled":)\d+`)
	if err := os.WriteFile(file, e5.ReplaceAll(text, fmt.Appendf(nil, "${1}%d", killSeats)), 0o600); err != nil {
		t.Fatal(err)
	}
	w.file("main.hcl", fmt.Sprintf(killConfig, w.serve()))
	for _, u := range w.people() {
		w.ids[u.UPN] = u.ID
	}
	w.want(-1)
	w.usher("apply", "-auto-approve")
	return w
}

// serve runs the tenant in a process of its own, and returns the address of a
// proxy in front of it.
func (w *killWorld) serve() string {
	cmd := w.command("sandbox", "serve", "-file=tenant.json", "-log=log.jsonl", "-listen=127.0.0.1:0")
	cmd.Stdout = nil
	out, err := cmd.StdoutPipe()
	if err != nil {
		w.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = cmd.Process.Signal(os.Interrupt); _ = cmd.Wait() })
	line := make([]byte, 200)
	n, _ := out.Read(line)
	w.direct = regexp.MustCompile(`http://[0-9.:]+`).FindString(string(line[:n]))
	target, err := url.Parse(w.direct)
	if err != nil {
		w.t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.ErrorLog = log.New(io.Discard, "", 0) // killed clients are no news
	proxy.ModifyResponse = func(r *http.Response) error {
		if write(r.Request) {
			w.strike(afterCommit)
		}
		return nil
	}
	front := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if write(r) && w.strike(beforeRequest) {
			return
		}
		proxy.ServeHTTP(rw, r)
	}))
	w.t.Cleanup(front.Close)
	return front.URL
}

const killConfig = `tenant "sandbox" {
  endpoint = %q
}

license "e5" {
  sku = "SPE_E5"
}

license "premium" {
  sku       = "POWERAUTOMATE_ATTENDED_RPA"
  unmanaged = "ignore"
}

guard {
  max_losses = 1000
}

assignment "all" {
  users_file = "people.csv"

  grant "e5" {}
}
`

func write(r *http.Request) bool {
	return r.Method == http.MethodPatch || strings.HasSuffix(r.URL.Path, "/$batch") ||
		r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "flowcapacityassignments")
}

// strike kills the victim if this is the moment, and says whether it did.
func (w *killWorld) strike(m moment) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.victim == nil || w.moment != m || w.killed {
		return false
	}
	if w.left--; w.left > 0 {
		return false
	}
	_ = w.victim.Kill()
	w.killed = true
	return true
}

// want asks for 200 people, others every time, and moves capacity along.
func (w *killWorld) want(n int) {
	start := (n + 1) * 70 % killUsers
	var b strings.Builder
	b.WriteString("UPN\n")
	for i := range killSeats {
		fmt.Fprintln(&b, upn((start+i)%killUsers))
	}
	w.file("people.csv", b.String())
	w.file(
		"environments.hcl",
		fmt.Sprintf(
			"environment \"production\" {\n  capacity {\n    process = %d\n  }\n}\n\nenvironment \"test\" {\n  capacity {\n    "+
				"process = %d\n  }\n}\n",
			1+(n+1)%11,
			11-(n+1)%11,
		),
	)
}

func upn(i int) string { return fmt.Sprintf("user%06d@contoso.com", i+1) }

func (w *killWorld) file(name, text string) {
	if err := os.WriteFile(filepath.Join(w.dir, name), []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

func (w *killWorld) command(args ...string) *exec.Cmd {
	cmd := exec.Command("usher", args...)
	cmd.Dir = w.dir
	return cmd
}

// usher runs a command that must succeed.
func (w *killWorld) usher(args ...string) {
	w.t.Helper()
	if out, err := w.command(args...).CombinedOutput(); err != nil {
		w.t.Fatalf("usher %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// killedApply starts an apply and kills it at the moment, for writes of the
// tenant at the n-th one. It reports whether it could.
func (w *killWorld) killedApply(m moment, n int) bool {
	cmd := w.command("apply", "-auto-approve", "-checkpoint=1ms")
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	w.mu.Lock()
	w.moment, w.left, w.victim, w.killed = m, n, cmd.Process, false
	w.mu.Unlock()
	done := make(chan struct{})
	if m == inStateWrite {
		go w.watchState(done, n)
	}
	err := cmd.Wait()
	close(done)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.victim = nil
	if m == inStateWrite {
		return w.killed && len(w.torn()) > 0
	}
	return w.killed && err != nil
}

// watchState kills the victim when the n-th new version of the state begins
// to take shape beside the old one.
func (w *killWorld) watchState(done <-chan struct{}, n int) {
	seen := map[string]bool{}
	for {
		select {
		case <-done:
			return
		default:
		}
		for _, name := range w.torn() {
			if !seen[name] && len(seen) == n%3 {
				w.mu.Lock()
				w.left = 0
				w.mu.Unlock()
				w.strike(inStateWrite)
				return
			}
			seen[name] = true
		}
	}
}

// torn lists versions of the state that never took the place of the old one.
func (w *killWorld) torn() []string {
	entries, _ := os.ReadDir(w.dir)
	var found []string
	for _, e := range entries {
		if rest, ok := strings.CutPrefix(e.Name(), "usher.state.json.tmp-"); ok && strings.Trim(rest, "0123456789") == "" && rest != "" {
			found = append(found, e.Name())
		}
	}
	return found
}
