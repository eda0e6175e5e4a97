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
		{"a release is counted early", "order.go", "if s.room[d.Pool] < units {", "if s.room[d.Pool]+1 < units {"},
		{"closed walks are not spliced in", "order.go", "for _, i := range w.splice(trail) {", "for _, i := range trail {"},
		{"nobody waits for anybody", "order.go", "if s.state[i] == open && s.waits[i] == 0 && kind(c) {", "if s.state[i] == open && kind(c) {"},
		{"what is to be bought is there already", "gaps.go", "	s.schedule()\n	if s.openGap", "	for id, units := range b.bought() {\n		s.room[id] += units\n	}\n	s.schedule()\n	if s.openGap"},
		{"steps by hand are counted on", "gaps.go", "if !c.Runs() {", "if c.Waits != \"\" {"},
		{"gaps are taken unasked", "plan.go", "impossible || int64(len(p.Gaps)) > p.AllowGaps", "impossible || false"},
		{"the reserve is dropped", "../ledger/pool.go", "return max(0, owned-p.Reserve)", "return max(0, owned)"},
		{"the quantity is dropped", "../ledger/pool.go", "	if p.Quantity != nil {\n		owned = min(owned, *p.Quantity)\n	}\n	return max", "	return max"},
		{"grace seats are given unasked", "pools.go", "if policy.UseGrace {", "if true {"},
		{"overlap is summed", "pools.go", "if p := b.tenant(g.Item); !c.covered(g.Key()) {", "if p := b.tenant(g.Item); true {"},
		{"members in error take a seat", "cover.go", "return slices.ContainsFunc(c.by[k], func(s source) bool { return s.state != failed })", "return len(c.by[k]) > 0"},
		{"a loss does not wait for the other holder", "cover.go", "		for _, m := range ch.removes {\n			parts[m.part].comesAfter(ch.adds[0].part)\n		}", ""},
		{"a group that is still at work counts as done", "cover.go", "		case s.state == waiting && (awaited == \"\" || s.group < awaited):\n			awaited = s.group\n		case s.state == waiting:\n", ""},
		{"every source takes a seat", "cover.go", "	for _, m := range adds[1:] {\n", "	for _, m := range adds[1:] {\n		parts[m.part].take(ledger.PoolID{Item: key.Item}, 1, false)\n"},
		{"circles are not cut", "calls.go", "for _, node := range circular(parts, at) {", "for _, node := range []int(nil) {"},
		{"an environment does not feed its pool", "parts.go", "p.take(pool, -d, true)", "_ = pool"},
		{"hosted units serve everywhere", "parts.go", "if meter == catalog.Hosted && m.hostedServes[environment] {", "if meter == catalog.Hosted {"},
		{"lowering is not held back where nobody could count", "unmanaged.go", "if u.Inside && u.Holder.ID == r.key.Holder {", "if u.Inside && u.Holder.ID == \"\" && i > 0 {"},
		{"unread is absent", "table.go", "if scope := t.unreadScope(holder.Identity()); scope >= 0 {", "if scope := t.unreadScope(holder.Identity()); scope >= 0 && r.known == nil {"},
		{"units that were not seen are free", "pools.go", "p.Before = max(p.Before, s.Used)", "p.Before = max(p.Before, 0)"},
		{"whoever is gone is given a seat", "table.go", "if r.want != nil && t.gone[holder.Identity()] {", "if false {"},
		{"disabled accounts are given seats", "table.go", "if t.asleep[r.key] {", "if false {"},
		{"unmanaged seats are removed unasked", "unmanaged.go", "case ledger.Warn:\n		t.note(", "case ledger.Warn:\n		t.remove(r, ledger.Unmanaged)\n		t.note("},
		{"what the platform allocated is removed unasked", "unmanaged.go", "case t.places[r.have.Holder.Place()].Auto == ledger.AutoRemove:", "case true:"},
		{"a claim makes a seat ours", "unmanaged.go", "if t.claimed[r.key] {", "if false {"},
		{"adoptions are not recorded", "table.go", "t.record(ledger.Adopt, r, nil, &r.want.Value)", "_ = r"},
		{"forgets are not recorded", "table.go", "		t.forget(r)\n", ""},
		{"service plans are not compared", "../ledger/grant.go", "return v.Units == o.Units && v.Policy == o.Policy && v.Without.Equal(o.Without)", "return v.Units == o.Units && v.Policy == o.Policy"},
		{"the input's order shows", "set.go", "	order = byBeginning(order)\n", ""},
		{"members are asked for without room", "retries.go", "if len(p.steps) == 0 || full ||", "if len(p.steps) == 0 || full && len(all) > 99 ||"},
	}
}

// TestMutants builds the planner with each mistake and expects the laws or the
// tables to find it. A mutant that does not compile or no longer matches fails too.
func TestMutants(t *testing.T) {
	for _, m := range mutants() {
		t.Run(strings.ReplaceAll(m.name, " ", "_"), func(t *testing.T) {
			out, err := m.judge(t)
			switch {
			case err == nil:
				t.Errorf("the laws hold for a planner in which %s:\n%s", m.name, out)
			case !strings.Contains(out, "--- FAIL: Test"):
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
	cmd := exec.Command("go", "test", "-overlay="+filepath.Join(dir, "overlay.json"), "-vet=off", "-run=^(TestLaws|TestTables)", "-count=1", "-timeout=60s", "-rapid.nofailfile", "-rapid.shrinktime=0s", ".")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
