package crash_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestSleeper stops a process in the middle of an apply until its lock has
// ended and another has applied: when it wakes it makes no call, and writes
// nothing.
func TestSleeper(t *testing.T) {
	if os.Getenv("USHER_TEST_SERVICES") == "" {
		t.Skip("it takes a store whose locks end by themselves, and more than a minute")
	}
	for _, s := range stores(t) {
		if s.name == "azblob" || s.name == "postgres" {
			for name, fault := range map[string]string{
				"in_the_first_call": `{"method":"POST","path":"assignLicense","skip":3,"times":1,"delayMs":3000}`,
				"in_a_later_call":   `{"method":"PATCH","path":"allocations","skip":1,"times":1,"delayMs":3000}`,
			} {
				t.Run(s.name+"/"+name, func(t *testing.T) {
					t.Parallel()
					again := s
					again.backend = strings.NewReplacer(`name = "`, `name = "`+name, `container = "`, `key = "`+name+`"`+"\n container = \"").
						Replace(s.backend)
					sleeps(t, again, fault)
				})
			}
		}
	}
}

func sleeps(t *testing.T, s store, fault string) {
	w := newWorld(t, s, `"users": [`, `"faults": [`+fault+`], "users": [`)
	w.write("want.hcl", wants[1])
	asleep := w.command("apply", "-auto-approve", "-parallelism=1")
	var out strings.Builder
	asleep.Stdout, asleep.Stderr = &out, &out
	if err := asleep.Start(); err != nil {
		t.Fatal(err)
	}
	for n := 0; !strings.Contains(w.must("history"), "has not said"); n++ {
		if n > 100 {
			t.Fatalf("it does not begin:\n%s", out.String())
		}
		time.Sleep(20 * time.Millisecond)
	}
	time.Sleep(time.Second) // in the middle of the call that takes its time
	if err := asleep.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	w.must("apply", "-auto-approve", "-lock-timeout=100s")
	before := w.written()
	state := w.must("state", "pull")
	if err := asleep.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	if err := asleep.Wait(); err == nil || !strings.Contains(out.String(), "the lock on the state was lost") {
		t.Errorf("it wakes and ends with %v:\n%s", err, out.String())
	}
	if after := w.written(); after != before {
		text, _ := os.ReadFile(filepath.Join(w.dir, "log.jsonl"))
		t.Errorf("it made %d calls after it woke:\n%s\n%s", after-before, out.String(), text)
	}
	if now := w.must("state", "pull"); now != state {
		t.Errorf("it wrote the state")
	}
	w.settles(1)
}

// written counts the writes that the tenant was asked for.
func (w *world) written() int {
	text, err := os.ReadFile(filepath.Join(w.dir, "log.jsonl"))
	if err != nil {
		w.t.Fatal(err)
	}
	return strings.Count(string(text), "assignLicense") + strings.Count(string(text), `"method":"PATCH"`)
}
