package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/usher-cli/usher/tenant/sandbox"
)

// TestNightOfFourActors: of 30 changes by 4 actors the night finds exactly those 30, names
// the actor wherever the log has one, and writes nothing, to the tenant or to the state.
func TestNightOfFourActors(t *testing.T) {
	for _, shape := range []string{"properties", "sibling", "chunks"} {
		t.Run(shape, func(t *testing.T) {
			n := newNight(t, shape)
			if code, out := n.usher("apply", "-auto-approve"); code != 0 {
				t.Fatalf("exit code %d:\n%s", code, out)
			}
			want := n.change()
			before := n.files()
			requests := filepath.Join(n.dir, "requests.jsonl")
			n.env["USHER_SANDBOX_LOG"] = requests
			code, out := n.usher("drift", "-json")
			if code != 2 {
				t.Fatalf("exit code %d:\n%s", code, out)
			}
			var found struct {
				Drift []struct {
					Holder, Item struct{ Name string }
					By           string
				}
				Groups []struct{ Count int }
			}
			if err := json.Unmarshal([]byte(out), &found); err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, d := range found.Drift {
				got = append(got, d.Holder.Name+" "+d.Item.Name+" "+d.By)
			}
			slices.Sort(got)
			slices.Sort(want)
			if len(want) != 30 || !slices.Equal(got, want) || len(found.Groups) != 6 {
				t.Errorf("found %d in %d groups: %q, want %q", len(got), len(found.Groups), got, want)
			}
			writesNothing(t, requests)
			for name, text := range n.files() {
				if !strings.HasSuffix(name, ".jsonl") && !bytes.Equal(before[name], text) {
					t.Errorf("%s is another one now", name)
				}
			}
		})
	}
}

// writesNothing allows only routes that read, also inside of batches.
func writesNothing(t *testing.T, log string) {
	t.Helper()
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(string(text)) {
		var r struct{ Method, Path string }
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		if n++; r.Method != http.MethodGet && !strings.HasSuffix(r.Path, "/$batch") {
			t.Errorf("the night sends %s %s", r.Method, r.Path)
		}
	}
	if n < 4 {
		t.Errorf("only %d requests are logged", n)
	}
}

// night is a tenant with 40 people, and a configuration of it.
type night struct {
	t   *testing.T
	dir string
	env map[string]string
}

const rpa, e3 = "eda1941c-3c4f-4995-b5eb-e85a42175ab9", "05e9a617-0261-4cee-bb44-138d3ef5d965"

func newNight(t *testing.T, shape string) *night {
	n := &night{t: t, dir: t.TempDir(), env: map[string]string{}}
	tenant := &sandbox.Tenant{Format: 1, ID: "81db8ebb-bbc6-4c6c-aad4-a6aa92b76e0c", Name: "Contoso", Audit: &sandbox.Audit{Shape: shape},
		Capacity: map[string]int64{}, Environments: []*sandbox.Environment{}}
	for id, part := range map[string]string{rpa: "POWERAUTOMATE_ATTENDED_RPA", e3: "SPE_E3"} {
		tenant.SKUs = append(tenant.SKUs, &sandbox.SKU{ID: id, PartNumber: part, AppliesTo: "User", Enabled: 100,
			Plans: []sandbox.Plan{{ID: "57ff2da0-773e-42df-b2af-ffb7a23179" + part[:1] + "9", Name: "ONE_" + part}}})
	}
	for _, s := range tenant.SKUs { // ids of service plans have hexadecimal digits alone
		s.Plans[0].ID = strings.Replace(strings.Replace(s.Plans[0].ID, "P9", "a9", 1), "S9", "b9", 1)
	}
	var users []string
	for i := range 40 {
		name := fmt.Sprintf("user%02d@contoso.com", i)
		tenant.Users = append(tenant.Users, &sandbox.User{ID: fmt.Sprintf("00000000-0000-4000-8000-%012d", i), UPN: name, DisplayName: name,
			UsageLocation: "NL"})
		if i < 25 {
			users = append(users, name)
		}
	}
	var b bytes.Buffer
	if err := tenant.Encode(&b); err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(n.dir, "a.tenant.json"), b.String())
	put(t, filepath.Join(n.dir, "main.hcl"), `tenant "sandbox" {
  file = "a.tenant.json"
}

license "rpa" {
  sku = "POWERAUTOMATE_ATTENDED_RPA"
}

license "e3" {
  sku = "SPE_E3"
}

assignment "all" {
  users = ["`+strings.Join(users, `", "`)+`"]

  grant "rpa" {}
}
`)
	return n
}

func (n *night) usher(args ...string) (int, string) {
	var out bytes.Buffer
	a := &app{in: strings.NewReader(""), out: &out, err: &out, now: time.Now, env: func(name string) string { return n.env[name] }}
	return a.run(append(args, "-chdir="+n.dir)), out.String()
}

// change lets four actors change 30 seats, one of them before the log begins.
func (n *night) change() (drift []string) {
	path := filepath.Join(n.dir, "a.tenant.json")
	server, err := sandbox.Open(path, sandbox.Options{Now: time.Now, Open: true})
	if err != nil {
		n.t.Fatal(err)
	}
	act := func(by string, i int, item, sku string, add bool) {
		add1, remove := "", `"`+sku+`"`
		if add {
			add1, remove = `{"skuId":"`+sku+`","disabledPlans":[]}`, ""
		}
		r := httptest.NewRequest(http.MethodPost, fmt.Sprintf("/v1.0/users/00000000-0000-4000-8000-%012d/assignLicense", i),
			strings.NewReader(`{"addLicenses":[`+add1+`],"removeLicenses":[`+remove+`]}`))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Sandbox-By", by)
		w := httptest.NewRecorder()
		if server.ServeHTTP(w, r); w.Code != http.StatusOK {
			n.t.Fatalf("%d: %s", w.Code, w.Body)
		}
		if by == "unknown" {
			by = ""
		}
		drift = append(drift, fmt.Sprintf("user%02d@contoso.com %s %s", i, item, by))
	}
	const rpaName, e3Name = "POWERAUTOMATE_ATTENDED_RPA", "SPE_E3"
	for i := range 10 {
		act("ada.admin@contoso.com", i, rpaName, rpa, false)
	}
	for i := 10; i < 15; i++ {
		act("ben.admin@contoso.com", i, rpaName, rpa, false)
		act("ben.admin@contoso.com", i, e3Name, e3, true)
	}
	for i := 25; i < 31; i++ {
		act("Onboarding app", i, rpaName, rpa, true)
	}
	for i := 31; i < 33; i++ {
		act("Onboarding app", i, e3Name, e3, true)
	}
	for i := 33; i < 35; i++ { // whose entries are gone
		act("unknown", i, e3Name, e3, true)
	}
	if err := server.Close(); err != nil {
		n.t.Fatal(err)
	}
	n.forget(path)
	return drift
}

// forget takes the entries of an unknown actor out of the log.
func (n *night) forget(path string) {
	f, err := os.Open(path)
	if err != nil {
		n.t.Fatal(err)
	}
	defer f.Close()
	tenant, err := sandbox.Decode(f)
	if err != nil {
		n.t.Fatal(err)
	}
	tenant.Audit.Entries = slices.DeleteFunc(tenant.Audit.Entries, func(e *sandbox.Entry) bool { return e.By == "unknown" })
	var b bytes.Buffer
	if err := tenant.Encode(&b); err != nil {
		n.t.Fatal(err)
	}
	put(n.t, path, b.String())
}

// files are all files of the directory.
func (n *night) files() map[string][]byte {
	all := map[string][]byte{}
	entries, err := os.ReadDir(n.dir)
	if err != nil {
		n.t.Fatal(err)
	}
	for _, e := range entries {
		if text, err := os.ReadFile(filepath.Join(n.dir, e.Name())); err == nil && !e.IsDir() {
			all[e.Name()] = text
		}
	}
	return all
}
