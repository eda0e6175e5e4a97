package crash_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

var (
	crowd     = flag.Int("crowd", 4, "how many processes TestCrowd lets apply to one state at once")
	crowdTime = flag.Duration("crowd.time", 3*time.Second, "for how long")
)

// TestCrowd lets many processes apply different edits to one state at once and
// kills one of them now and then: every serial is there once, no edit that was
// said to be done is lost, and the history is unbroken.
func TestCrowd(t *testing.T) {
	for _, s := range stores(t) {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			if s.name == "file" { // which all of them find
				s.backend = fmt.Sprintf("backend \"file\" { path = %q }", filepath.Join(t.TempDir(), "usher.state.json"))
			}
			crowdOf(t, s)
		})
	}
}

// member is one of the crowd: it moves a person of its own from one license to
// the other, and back.
type member struct {
	name   string
	person string
	done   int  // edits that were said to be done: the last of them is what is there
	sure   bool // nobody was killed since

	mu   sync.Mutex
	cmd  *exec.Cmd
	user string // as whom the running command signs its lock; "" for none

	killed, refused int
}

func crowdOf(t *testing.T, s store) {
	members, people := make([]*member, *crowd), ""
	for i := range members {
		m := &member{name: fmt.Sprintf("m%02d", i), person: fmt.Sprintf("member%02d@contoso.com", i), sure: true}
		members[i] = m
		people += fmt.Sprintf(`{"id":"c0000000-0000-4000-8000-%012d","upn":%q,"displayName":%q,"usageLocation":"NL"}, `, i, m.person, m.name)
	}
	w := newWorld(
		t,
		s,
		`"users": [`,
		`"users": [`+people,
		`"partNumber":"SPE_E3","appliesTo":"User","enabled":`,
		`"partNumber":"SPE_E3","appliesTo":"User","enabled":40`,
		`"partNumber":"SPE_E5","appliesTo":"User","enabled":`,
		`"partNumber":"SPE_E5","appliesTo":"User","enabled":40`,
	)
	var group sync.WaitGroup
	end := time.Now().Add(*crowdTime)
	for _, m := range members {
		if err := os.Mkdir(filepath.Join(w.dir, m.name), 0o700); err != nil {
			t.Fatal(err)
		}
		w.write(m.name+"/main.hcl", w.settings())
		group.Go(func() { m.edits(w, end) })
	}
	killed := 0
	for time.Now().Before(end) {
		time.Sleep(max(100*time.Millisecond, *crowdTime/20))
		if members[rand.IntN(len(members))].kill() {
			killed++
		}
		time.Sleep(300 * time.Millisecond)
		w.unlockDead(members)
	}
	for waiting := true; waiting; { // for what is under way, which may wait for one that is dead
		time.Sleep(100 * time.Millisecond)
		w.unlockDead(members)
		waiting = false
		for _, m := range members {
			waiting = waiting || m.running() != ""
		}
	}
	group.Wait()
	w.unlock()
	w.countEdits(members, killed)
}

// want writes what the person of the member has after so many edits.
func (m *member) want(w *world, edits int) {
	w.write(m.name+"/want.hcl", fmt.Sprintf("assignment \"own\" {\n users = [%q]\n grant %q {}\n}\n", m.person, []string{"e3", "e5"}[edits%2]))
}

// edits applies one edit after the other. After one that was done the next is
// exactly one call: a lost update would make it none.
func (m *member) edits(w *world, end time.Time) {
	for n := 0; time.Now().Before(end); n++ {
		m.want(w, m.done+1)
		code, out := m.apply(w, n)
		switch {
		case code == 0 && m.sure && !strings.Contains(out, "Apply complete: 1 call done."):
			w.t.Errorf("%s: the edit before this one was lost, or this one is: %s", m.person, out)
			return
		case code == 0:
			m.sure = true
			m.done++
		case strings.Contains(out, "is locked by"):
			m.refused++
		case code < 0: // by a signal, whatever it had said
			m.sure = false
			m.killed++
		default:
			w.t.Errorf("%s exits with %d: %s", m.person, code, out)
			return
		}
	}
}

// apply runs one apply, which signs its lock by a name of its own.
func (m *member) apply(w *world, n int) (int, string) {
	cmd := w.command("apply", "-chdir="+m.name, "-auto-approve", "-target=user/"+m.person, "-lock-timeout=60s")
	user := fmt.Sprintf("%s-%d", m.name, n)
	cmd.Env = append(cmd.Env, "GITLAB_USER_LOGIN="+user)
	out := &strings.Builder{}
	cmd.Stdout, cmd.Stderr = out, out
	m.mu.Lock()
	err := cmd.Start()
	m.cmd, m.user = cmd, user
	m.mu.Unlock()
	if err != nil {
		w.t.Error(err)
		return 1, ""
	}
	_ = cmd.Wait() // its state says how it ended
	m.mu.Lock()
	defer m.mu.Unlock()
	m.user = ""
	return cmd.ProcessState.ExitCode(), out.String()
}

func (m *member) kill() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.user != "" && m.cmd.Process.Kill() == nil
}

// running is the name that the running command signs its lock by.
func (m *member) running() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.user
}

var lockUser = regexp.MustCompile(`is locked by ([^@]+)@`)

// unlockDead removes the lock of a member that was killed while it had it, as
// a person would who sees that its run is over.
func (w *world) unlockDead(members []*member) {
	id := w.heldByDead(members)
	if id == "" {
		return
	}
	if code, _ := w.run("force-unlock", id); code == 0 || w.at.free == nil {
		return
	}
	time.Sleep(5 * time.Second) // whoever lives has said by then who it is
	if w.heldByDead(members) == id {
		w.at.free()
	}
}

// heldByDead is the id of the lock, where its holder does not run.
func (w *world) heldByDead(members []*member) string {
	code, out := w.run("state", "lock-info")
	id, user := lockID.FindStringSubmatch(out), lockUser.FindStringSubmatch(out)
	if code != 0 || id == nil || user == nil {
		return ""
	}
	for _, m := range members {
		if m.running() == user[1] {
			return ""
		}
	}
	return id[1]
}

// countEdits: what was said to be done is done, in the tenant and in the state,
// and every serial is the history's once.
func (w *world) countEdits(members []*member, killed int) {
	w.t.Helper()
	done, refused := 0, 0
	for _, m := range members {
		done, refused = done+m.done, refused+m.refused
		m.want(w, m.done)
		if !m.sure || m.done == 0 {
			w.must("apply", "-chdir="+m.name, "-auto-approve", "-target=user/"+m.person)
		}
		if code, out := w.run("plan", "-chdir="+m.name, "-detailed-exitcode", "-target=user/"+m.person); code != 0 {
			w.t.Errorf(
				"%s made %d edits, was killed %d times, and the last that was done is not what is there:\n%s",
				m.person,
				m.done,
				m.killed,
				out,
			)
		}
	}
	w.must("history", "-verify")
	w.tenantIsWhole()
	var h struct {
		Runs []struct {
			Serial int `json:"serial"`
		} `json:"runs"`
	}
	if err := json.Unmarshal([]byte(w.must("history", "-json")), &h); err != nil {
		w.t.Fatal(err)
	}
	if len(h.Runs) < done {
		w.t.Errorf("%d edits were done, and the history has %d runs", done, len(h.Runs))
	}
	twice, seen := 0, map[int]bool{}
	for _, r := range h.Runs {
		if seen[r.Serial] {
			twice++
		}
		seen[r.Serial] = true
	}
	if twice > killed { // only who was killed before it wrote began where another did
		w.t.Errorf("%d runs began on the serial of another, and %d were killed", twice, killed)
	}
	w.t.Logf("%d processes made %d edits, %d waited in vain and %d were killed", len(members), done, refused, killed)
}
