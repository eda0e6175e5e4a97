//go:build !nofleet

package main

import (
	"bufio"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestFleetNumbers: a worker says how many jobs ended and wait, and that it is healthy. A collector
// gets the same. No tenant is named.
func TestFleetNumbers(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	got, sent := map[string]int{}, ""
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		got[r.URL.Path]++
		sent += string(text)
	}))
	defer collector.Close()
	dir := t.TempDir()
	later := time.Now().UTC().Add(2*time.Hour).Format("15:04-") + time.Now().UTC().Add(3*time.Hour).Format("15:04")
	put(t, filepath.Join(dir, "fleet.hcl"),
		"tenant \"alfa-customer\" {\n  directory = \"base\"\n  window = \""+later+"\"\n}\n\ntenant \"slip\" {\n  directory = \"slip\"\n}\n")
	put(t, filepath.Join(dir, "slip", "main.hcl"), "tenant \"sandbox\" {\n  file = \"alfas.tenant.json\"\n}\n")
	put(t, filepath.Join(dir, "base", "main.hcl"), "tenant \"sandbox\" {\n  file = \"t.tenant.json\"\n}\n")
	inFleet(t, dir, "sandbox", "init", "-users=5", "-out=base/t.tenant.json")
	worker := exec.Command("usher", "fleet", "work", "-poll=50ms", "-metrics=127.0.0.1:0")
	worker.Dir, worker.Env = dir, append(os.Environ(), "OTEL_EXPORTER_OTLP_ENDPOINT="+collector.URL, "OTEL_EXPORTER_OTLP_COMPRESSION=none")
	said, err := worker.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := worker.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = worker.Process.Kill() }()
	lines := bufio.NewReader(said)
	first, _ := lines.ReadString('\n')
	address := regexp.MustCompile(`http://[0-9.:]+`).FindString(first)
	if address == "" {
		t.Fatalf("the worker says %q", first)
	}
	go func() { _, _ = io.Copy(io.Discard, lines) }()
	inFleet(t, dir, "fleet", "usage", "-tenants=alfa-customer")
	inFleet(t, dir, "fleet", "usage", "-tenants=slip", "-detach")
	page := ""
	for range 1000 {
		if page = fetched(t, address+"/metrics"); strings.Contains(page, `outcome="failed"`) {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	inFleet(t, dir, "fleet", "drift", "-detach", "-tenants=alfa-customer") // waits for its window
	page += fetched(t, address+"/metrics")
	for _, want := range []string{
		`(?m)^usher_jobs_total\{.*operation="usage".*outcome="clean".*\} 1$`, `(?m)^usher_job_duration_seconds_count\{.*\} 2$`,
		`(?m)^usher_queue_jobs\{.*queue="default".*state="scheduled".*\} 1$`, `river_work_count`} {
		if !regexp.MustCompile(want).MatchString(page) {
			t.Errorf("no %s in\n%s", want, page)
		}
	}
	if strings.Contains(page, "alfa") {
		t.Error("the numbers name a tenant")
	}
	if health := fetched(t, address+"/healthz"); health != "ok\n" {
		t.Errorf("the worker is %q", health)
	}
	_ = worker.Process.Signal(syscall.SIGTERM)
	if err := worker.Wait(); err != nil {
		t.Errorf("the worker ends with %v", err)
	}
	mu.Lock()
	defer mu.Unlock()
	if got["/v1/metrics"] == 0 || got["/v1/traces"] == 0 || !strings.Contains(sent, "usher.jobs") || strings.Contains(sent, "alfa") {
		t.Errorf("the collector got %v", got)
	}
}

func inFleet(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.Command("usher", args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("usher %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

func fetched(t *testing.T, address string) string {
	t.Helper()
	resp, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
