package crash_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

var (
	crowd     = flag.Int("crowd", 4, "how many processes TestCrowd lets edit one state at once")
	crowdTime = flag.Duration("crowd.time", 2*time.Second, "for how long")
)

// TestCrowd lets many processes make different edits to one state at once and
// kills one of them now and then: every serial is there once, no edit that was
// said to be done is lost, and the history is unbroken.
func TestCrowd(t *testing.T) {
	for _, s := range stores(t) {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			crowdOf(t, s)
		})
	}
}

// member is one of the crowd: it lets go of a grant of its own and takes it up
// again, in turns.
type member struct {
	address string
	cmd     *exec.Cmd
	mu      sync.Mutex
	done    int // edits that were said to be done
	killed  int
	refused int
}

func crowdOf(t *testing.T, s store) {
	w := newWorld(t, s)
	people := w.fill(*crowd)
	members := make([]*member, len(people))
	var group sync.WaitGroup
	end := time.Now().Add(*crowdTime)
	for i, address := range people {
		members[i] = &member{address: address}
		group.Go(func() { members[i].edit(w, end) })
	}
	killed := 0
	for time.Now().Before(end) {
		time.Sleep(max(100*time.Millisecond, *crowdTime/20))
		m := members[rand.IntN(len(members))]
		m.mu.Lock()
		if m.cmd != nil && m.cmd.Process != nil && m.cmd.Process.Kill() == nil {
			killed++
		}
		m.mu.Unlock()
		time.Sleep(300 * time.Millisecond)
		w.unlockDead()
	}
	group.Wait()
	w.unlock()
	w.countEdits(members)
	w.must("history", "-verify")
	done, refused := 0, 0
	for _, m := range members {
		done, refused = done+m.done, refused+m.refused
	}
	t.Logf("%d processes made %d edits, %d waited in vain and %d were killed", len(members), done, refused, killed)
}

// fill puts a grant for each member into the state, as claims that a person
// can confirm and remove.
func (w *world) fill(n int) []string {
	var addresses []string
	text := w.must("state", "pull")
	var d map[string]any
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		w.t.Fatal(err)
	}
	grants := d["grants"].([]any)
	for i := range n {
		a := fmt.Sprintf("user/member%02d@contoso.com:SPE_E3", i)
		addresses = append(addresses, a)
		for copies := range 200 { // edits to make: each removes one of the member's items
			item := fmt.Sprintf("%s-%03d", a, copies)
			grants = append(grants, map[string]any{"address": item, "holder": fmt.Sprintf("m%02d", i), "item": fmt.Sprintf("item-%03d", copies), "units": 1})
		}
	}
	d["grants"] = grants
	out, err := json.Marshal(d)
	if err == nil {
		err = os.WriteFile(filepath.Join(w.dir, "filled.json"), out, 0o600)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	w.must("state", "push", "filled.json")
	return addresses
}

func (m *member) edit(w *world, end time.Time) {
	for n := 0; n < 200 && time.Now().Before(end); {
		cmd := w.command("state", "rm", fmt.Sprintf("%s-%03d", m.address, n), "-lock-timeout=30s")
		out := &strings.Builder{}
		cmd.Stdout, cmd.Stderr = out, out
		m.mu.Lock()
		err := cmd.Start()
		m.cmd = cmd
		m.mu.Unlock()
		if err == nil {
			err = cmd.Wait()
		}
		switch {
		case err == nil:
			m.done++
			n++
		case strings.Contains(out.String(), "the state has nothing at"): // it was killed after it wrote
			n++
		case strings.Contains(out.String(), "is locked by"):
			m.refused++
		case cmd.ProcessState != nil && cmd.ProcessState.ExitCode() < 0: // by a signal, whatever it had said
			m.killed++
		default:
			w.t.Errorf("%s: %v: %s", m.address, err, out)
			return
		}
	}
}

// unlockDead removes the lock of a member that was killed while it had it, as
// a person would who sees that its process is gone, or that nothing happens.
func (w *world) unlockDead() {
	code, out := w.run("state", "lock-info")
	found := lockID.FindStringSubmatch(out)
	if code != 0 || found == nil {
		return
	}
	pid := 0
	if at := strings.Index(out, "(process "); at >= 0 {
		_, _ = fmt.Sscanf(out[at:], "(process %d)", &pid)
	}
	if _, err := os.Stat(fmt.Sprintf("/proc/%d", pid)); err == nil && pid != 0 {
		return
	}
	if pid == 0 { // the server keeps no more than an id
		time.Sleep(3 * time.Second)
		if _, again := w.run("state", "lock-info"); !strings.Contains(again, found[1]) {
			return
		}
	}
	_, _ = w.run("force-unlock", found[1])
}

// countEdits: what was said to be done is done, and every serial is the history's
// once.
func (w *world) countEdits(members []*member) {
	w.t.Helper()
	listed := w.must("state", "list")
	for _, m := range members {
		left := strings.Count(listed, m.address+"-")
		if left > 200-m.done || left < 200-m.done-m.killed {
			w.t.Errorf("%s made %d edits and was killed %d times, and %d of 200 are left", m.address, m.done, m.killed, left)
		}
	}
	var h struct {
		Runs []struct {
			Operation string `json:"operation"`
			Serial    int    `json:"serial"`
		} `json:"runs"`
	}
	if err := json.Unmarshal([]byte(w.must("history", "-json")), &h); err != nil {
		w.t.Fatal(err)
	}
	seen := map[int]int{}
	for _, r := range h.Runs {
		if r.Operation == "state rm" {
			seen[r.Serial]++
		}
	}
	killed := 0
	for _, m := range members {
		killed += m.killed
	}
	twice := 0
	for _, n := range seen {
		twice += n - 1
	}
	if twice > killed { // only who was killed before it wrote began where another did
		w.t.Errorf("%d edits began on the serial of another, and %d were killed", twice, killed)
	}
}
