package main

import (
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"testing"
)

// TestKillTheRefresh kills usher at every write of a run that gives a seat and
// turns the owner's two flows off and on, before the tenant saw it and after it
// was carried out: the next apply leaves both on.
func TestKillTheRefresh(t *testing.T) {
	t.Parallel()
	const writes = 5 // the seat, and two for each flow
	text, err := os.ReadFile("testdata/tenants/small.tenant.json")
	if err != nil {
		t.Fatal(err)
	}
	const flow = `{"id":"7a000000-0000-4000-8000-00000000000N","name":"flow-N","state":1,"owner":"26492b3f-a93f-43ff-912f-1cc8a066aea3"}`
	flows := strings.ReplaceAll(flow, "N", "1") + "," + strings.ReplaceAll(flow, "N", "2")
	tenant := strings.Replace(
		string(text),
		`"name":"production","type":"Sandbox",`,
		`"name":"production","type":"Sandbox","flows":[`+flows+`],`,
		1,
	)
	for _, m := range []moment{beforeRequest, afterCommit} {
		for n := 1; n <= writes; n++ {
			w := &killWorld{t: t, dir: t.TempDir(), rnd: rand.New(rand.NewPCG(1, 2))}
			w.file("tenant.json", tenant)
			address := w.serve()
			w.file("main.hcl", `
tenant "sandbox" {
  endpoint = "`+address+`"
}

license "premium" {
  sku           = "POWERAUTOMATE_ATTENDED_RPA"
  refresh_flows = "force"
}

environment "production" {
}

assignment "makers" {
  users = ["linus@contoso.com"]

  grant "premium" {}
}
`)
			if !w.killedApply(m, n) {
				t.Errorf("the apply could not be killed %s %d", m, n)
			}
			w.stateParses()
			w.usher("apply", "-auto-approve")
			w.usher("plan", "-detailed-exitcode")
			resp, err := http.Get(
				w.direct + "/dataverse/52a57ebf-cbb3-47e0-a58a-5f135db7d291/api/data/v9.2/workflows?$select=name,statecode&$filter=category%20eq%205",
			)
			if err != nil {
				t.Fatal(err)
			}
			out, err := io.ReadAll(resp.Body)
			if _ = resp.Body.Close(); err != nil {
				t.Fatal(err)
			}
			if on := strings.Count(string(out), `"statecode":1`); on != 2 {
				t.Errorf("killed %s %d: %d of 2 flows are on: %s", m, n, on, out)
			}
		}
	}
}
