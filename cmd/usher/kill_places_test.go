package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// moveCalls is how many writes it takes to move eight units, five flows and
// three machines: each lets go, one environment is lowered and one raised, and
// each takes hold again.
const moveCalls = 18

// TestKillTheMove moves everything that test has to production, with no unit
// free in the tenant and readings that lag behind, and kills usher at every
// call of it, before the tenant saw it and after it was carried out. The next
// apply finishes, and nothing was over capacity at any moment.
func TestKillTheMove(t *testing.T) {
	t.Parallel()
	for _, m := range []moment{beforeRequest, afterCommit} {
		for n := 1; n <= moveCalls; n++ {
			if *kills < 100 && n%3 != map[moment]int{beforeRequest: 1, afterCommit: 2}[m] {
				continue // a third of them every time, all of them in make crash
			}
			w := &killWorld{t: t, dir: t.TempDir(), rnd: rand.New(rand.NewPCG(1, 2))}
			text, err := os.ReadFile("testdata/tenants/rpa.tenant.json")
			if err != nil {
				t.Fatal(err)
			}
			w.file("tenant.json", string(text))
			address := w.serve()
			w.file("main.hcl", moveConfig(address, 0, 8, "test"))
			w.usher("apply", "-auto-approve")
			w.file("main.hcl", moveConfig(address, 8, 0, "production"))
			if !w.killedApply(m, n) {
				t.Errorf("the apply could not be killed %s %d", m, n)
			}
			w.stateParses()
			w.usher("apply", "-auto-approve")
			w.usher("plan", "-detailed-exitcode")
			if journal, _ := os.ReadFile(filepath.Join(w.dir, "tenant.json.journal")); bytes.Contains(journal, []byte("overspend")) {
				t.Errorf("killed %s %d: something was over capacity", m, n)
			}
		}
	}
}

// moveConfig gives both environments their units, and lets the flows and
// machines of one of them draw.
func moveConfig(address string, production, test int, drawn string) string {
	var b strings.Builder
	fmt.Fprintf(
		&b,
		"usher {\n  experimental = [\"flow_capacity\"]\n}\n\ntenant \"sandbox\" {\n  endpoint = %q\n  lag      = "+
			"\"15m\"\n}\n\nguard {\n  max_losses = 100\n}\n",
		address,
	)
	for name, units := range map[string]int{"production": production, "test": test} {
		fmt.Fprintf(&b, "\nenvironment %q {\n  capacity {\n    process = %d\n  }\n", name, units)
		for i := 1; i <= 5 && name == drawn; i++ {
			fmt.Fprintf(&b, "\n  flow \"flow-%d\" {\n    plan = \"process\"\n  }\n", i)
		}
		for i := 1; i <= 3 && name == drawn; i++ {
			fmt.Fprintf(&b, "\n  machine \"rpa-%d\" {\n    unattended_runs = 1\n  }\n", i)
		}
		b.WriteString("}\n")
	}
	return b.String()
}
