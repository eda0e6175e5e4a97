package plan_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// mutant is a mistake that somebody could make in the planner: a text of the
// source, and what stands there instead.
type mutant struct {
	name, file, old, new string
}

func mutants() []mutant {
	return []mutant{
		{"a release is counted early", "order.go", "if s.room[d.Pool] < d.Units {", "if s.room[d.Pool]+1 < d.Units {"},
		{"an over-full pool gives what it is released", "order.go", "if _, ok := s.fits(c); !ok {", "if false {"},
		{"closed walks are not spliced in", "order.go", "for _, c := range w.splice(trail) {", "for _, c := range trail {"},
		{"takes run before swaps", "order.go", "		case len(c.Releases) == 0:\n			takes = append(takes, c)\n", "		case len(c.Releases) == 0:\n			s.run(c)\n"},
		{"the reserve is dropped", "../ledger/pool.go", "return max(0, n-p.Reserve)", "return max(0, n)"},
		{"the quantity is dropped", "../ledger/pool.go", "	if p.Quantity != nil {\n		n = min(n, *p.Quantity)\n	}\n	return max", "	return max"},
		{"grace seats are given unasked", "pools.go", "if policy.UseGrace {", "if true {"},
		{"overlap is summed", "pools.go", "if g.Item.Kind == ledger.Capacity || !c[g.Key()] {", "if true {"},
		{"a covered removal counts as a release", "calls.go", "if covered {", "if covered && s.Op != ledger.Remove {"},
		{"unread is absent", "table.go", "if scope, ok := t.unreadScope(holder.Identity()); ok {", "if scope, ok := t.unreadScope(holder.Identity()); ok && r.known == nil {"},
		{"units that were not seen are free", "pools.go", "p.Before = max(p.Before, s.Used)", "p.Before = max(p.Before, 0)"},
		{"whoever is gone is given a seat", "table.go", "if r.want != nil && t.gone[holder.Identity()] {", "if false {"},
		{"disabled accounts are given seats", "table.go", "if t.asleep[r.key] {", "if false {"},
		{"unmanaged seats are removed unasked", "table.go", "case ledger.Warn:\n		t.note(", "case ledger.Warn:\n		t.remove(r, ledger.Unmanaged)\n		t.note("},
		{"a claim makes a seat ours", "table.go", "func (t *table) unmanaged(r row) {\n	if t.claimed[r.key] {", "func (t *table) unmanaged(r row) {\n	if false {"},
		{"adoptions are not recorded", "table.go", "t.record(ledger.Adopt, r, nil, &after)", "_ = after"},
		{"forgets are not recorded", "table.go", "t.record(ledger.Forget, r, &r.known.Value, nil)", "_ = r"},
		{"service plans are not compared", "../ledger/grant.go", "return v.Units == o.Units && v.Without.Equal(o.Without)", "return v.Units == o.Units"},
		{"the input's order shows", "rows.go", "	ledger.SortGrants(grants)\n	return slices", "	return slices"},
	}
}

// TestMutants builds the planner with each mistake and expects the laws to
// find it. A mutant that does not compile or no longer matches fails too.
func TestMutants(t *testing.T) {
	for _, m := range mutants() {
		t.Run(strings.ReplaceAll(m.name, " ", "_"), func(t *testing.T) {
			out, err := m.judge(t)
			switch {
			case err == nil:
				t.Errorf("the laws hold for a planner in which %s:\n%s", m.name, out)
			case !strings.Contains(out, "--- FAIL: TestLaws"):
				t.Errorf("the mutant does not run:\n%s", out)
			}
		})
	}
}

func (m mutant) judge(t *testing.T) (string, error) {
	source, err := filepath.Abs(m.file)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(source)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(text), m.old); n != 1 {
		t.Fatalf("%s has the text of this mutant %d times, not once: bring the mutant up to date", m.file, n)
	}
	dir := t.TempDir()
	changed := filepath.Join(dir, "changed.go")
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": {source: changed}})
	if err != nil {
		t.Fatal(err)
	}
	write(t, changed, strings.Replace(string(text), m.old, m.new, 1))
	write(t, filepath.Join(dir, "overlay.json"), string(overlay))
	cmd := exec.Command("go", "test", "-overlay="+filepath.Join(dir, "overlay.json"), "-vet=off", "-run=^TestLaws", "-count=1", "-rapid.nofailfile", "-rapid.shrinktime=0s", ".")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
