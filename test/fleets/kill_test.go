//go:build !nofleet

package fleets_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// TestWorkersAreKilled applies a change to every tenant while a worker is killed every few seconds
// and PostgreSQL is restarted once: nothing is lost, and nothing is done twice.
func TestWorkersAreKilled(t *testing.T) {
	w := newWorld(t, *tenants)
	first := w.worker(0)
	w.must("fleet", "plan", "-json")
	_ = first.Process.Signal(syscall.SIGTERM)
	_ = first.Wait()
	w.must("fleet", "approve", "-as-of=100000", "-cause=add POWERAUTOMATE_ATTENDED_RPA by assignment.makers",
		"-cause=adopt POWERAUTOMATE_ATTENDED_RPA by assignment.makers")
	done := make(chan struct{})
	ended := make(chan int)
	go func() { ended <- w.killing(done, func(i int) *exec.Cmd { return w.worker(i) }, w.restart) }()
	out, err := w.command("fleet", "apply", "-now", "-detach").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	w.until(5*time.Minute, func() bool {
		n := 0
		for _, x := range w.report().Results {
			if x.Operation == "apply" {
				n++
			}
		}
		return n == *tenants
	})
	close(done)
	t.Logf("%d tenants, %d workers killed", *tenants, <-ended)
	w.tookUp()
	w.everyoneOnce("apply")
	last := w.worker(2)
	w.must("fleet", "plan", "-json")
	_ = last.Process.Signal(syscall.SIGTERM)
	_ = last.Wait()
	for _, x := range w.report().Results {
		if x.Operation == "plan" && x.Outcome != "clean" {
			t.Errorf("%s: a plan afterwards is %s", x.Tenant, x.Outcome)
		}
	}
	w.doneOnce(*tenants)
}

// tookUp checks that the jobs of killed workers were taken up, and not only rescued after the
// longest time of a job.
func (w *world) tookUp() {
	w.t.Helper()
	var all []byte
	for i := range 2 {
		log, err := os.ReadFile(filepath.Join(w.dir, fmt.Sprintf("worker%d.log", i)))
		if err != nil {
			w.t.Fatal(err)
		}
		all = append(all, log...)
	}
	if !bytes.Contains(all, []byte(`"msg":"worker ended"`)) || bytes.Contains(all, []byte("cannot be looked for")) {
		w.t.Errorf("the jobs of killed workers are not looked for:\n%.3000s", all)
	}
}

// killing starts two workers, and kills one of them again and again; PostgreSQL is restarted once.
func (w *world) killing(done <-chan struct{}, start func(i int) *exec.Cmd, restart func()) (killed int) {
	all := []*exec.Cmd{start(0), start(1)}
	rnd := rand.New(rand.NewPCG(1, 2))
	for {
		select {
		case <-done:
			for _, c := range all {
				_ = c.Process.Signal(syscall.SIGTERM)
				_ = c.Wait()
			}
			return killed
		case <-time.After(*kills):
		}
		i := rnd.IntN(len(all))
		_ = all[i].Process.Kill()
		_ = all[i].Wait()
		all[i] = start(i)
		if killed++; killed == 2 {
			restart()
		}
	}
}

// restart restarts PostgreSQL at once.
func (w *world) restart() {
	if command := os.Getenv("USHER_TEST_POSTGRES_RESTART"); command != "" {
		w.putting.Lock()
		defer w.putting.Unlock()
		w.restarted = time.Now()
		_ = exec.Command("sh", "-c", command).Run()
	}
}

// until waits for something to be true.
func (w *world) until(most time.Duration, is func() bool) {
	w.t.Helper()
	for end := time.Now().Add(most); !is(); time.Sleep(time.Second) {
		if time.Now().After(end) {
			out, _ := w.command("fleet", "status").CombinedOutput()
			log, _ := os.ReadFile(filepath.Join(w.dir, "worker0.log"))
			w.t.Fatalf("it did not end within %s\n%s\n%s", most, out, log[max(0, len(log)-4000):])
		}
	}
}
