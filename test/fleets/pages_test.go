//go:build !nofleet

package fleets_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// pages looks at River's pages as a role: they show jobs of its own tenants alone, and change none.
func (w *world) pages(role string) {
	w.t.Helper()
	program := filepath.Join(w.t.TempDir(), "usher-fleet-ui")
	build := exec.Command("go", "build", "-o", program, ".")
	build.Dir = "../../cmd/fleet-ui"
	if out, err := build.CombinedOutput(); err != nil {
		w.t.Fatalf("%v\n%s", err, out)
	}
	serving := exec.Command(program, "-listen=127.0.0.1:0")
	serving.Env = w.as(role).env
	said, err := serving.StderrPipe()
	if err == nil {
		err = serving.Start()
	}
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = serving.Process.Kill(); _ = serving.Wait() })
	line, _ := bufio.NewReader(said).ReadString('\n')
	address := regexp.MustCompile(`http://[0-9.:]*[0-9]`).FindString(line)
	answer, err := http.Get(address + "/api/jobs?state=completed&limit=1000") //nolint:noctx // this machine answers
	if err != nil {
		w.t.Fatalf("%v: %s", err, line)
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(answer.Body)
	var list struct{ Data []struct{ Args string } }
	if err := json.Unmarshal(text, &list); err != nil || len(list.Data) == 0 {
		w.t.Fatalf("%s sees no jobs: %s: %s", role, answer.Status, text)
	}
	for _, j := range list.Data {
		var args struct{ Tenant string }
		if err := json.Unmarshal([]byte(j.Args), &args); err != nil || !strings.ContainsAny(args.Tenant[len(args.Tenant)-1:], "135") {
			w.t.Errorf("%s sees a job of %s, %v", role, args.Tenant, err)
		}
	}
	refused, err := http.Post(address+"/api/jobs/cancel", "application/json", strings.NewReader(`{"ids":["1"]}`)) //nolint:noctx // as above
	if err != nil || refused.StatusCode != http.StatusMethodNotAllowed {
		w.t.Errorf("a job can be cancelled: %v, %v", refused, err)
	}
	if err == nil {
		_ = refused.Body.Close()
	}
}
