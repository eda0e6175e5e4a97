package plan_test

import (
	"encoding/json"
	"flag"
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
		{
			"what is to be bought is there already",
			"arrange.go",
			"func alone(calls []ledger.Call, b *book) *scheduler {\n	s := firstPart(calls, b)\n",
			"func alone(calls []ledger.Call, b *book) *scheduler {\n	s := firstPart(calls, b)\n	for id, units := range " +
				"b.bought() {\n		s.room[id] += units\n	}\n",
		},
		{"steps by hand are counted on", "arrange.go", "if !c.Runs() {", "if c.Waits != \"\" {"},
		{"gaps are taken unasked", "outcome.go", "impossible || int64(len(p.Gaps)) > p.AllowGaps", "impossible || false"},
		{"the reserve is dropped", "../ledger/pool.go", "return max(0, owned-p.Reserve)", "return max(0, owned)"},
		{
			"the quantity is dropped",
			"../ledger/pool.go",
			"	if p.Quantity != nil {\n		owned = min(owned, *p.Quantity)\n	}\n	return max",
			"	return max",
		},
		{"grace seats are given unasked", "pools.go", "if policy.UseGrace {", "if true {"},
		{"overlap is summed", "pools.go", "if p := b.tenant(g.Item); !c.covered(g.Key()) {", "if p := b.tenant(g.Item); true {"},
		{
			"members in error take a seat",
			"cover.go",
			"return slices.ContainsFunc(c.by[k], func(s source) bool { return s.state != failed })",
			"return len(c.by[k]) > 0",
		},
		{
			"a loss does not wait for the other holder",
			"seats.go",
			"		for _, m := range ch.removes {\n			parts[m.part].comesAfter(ch.adds[0].part)\n		}",
			"",
		},
		{
			"a group that is still at work counts as done",
			"seats.go",
			"		case s.state == waiting && (awaited == \"\" || s.group < awaited):\n			awaited = s.group\n		case s.state == waiting:\n",
			"",
		},
		{
			"every source takes a seat",
			"seats.go",
			"	for _, m := range adds[1:] {\n",
			"	for _, m := range adds[1:] {\n		parts[m.part].bookUnits(ledger.PoolID{Item: key.Item}, 1, false)\n",
		},
		{"circles are not cut", "calls.go", "for _, node := range circular(parts, at) {", "for _, node := range []int(nil) {"},
		{"an environment does not feed its pool", "meters.go", "p.bookUnits(pool, -d, true)", "_ = pool"},
		{
			"hosted units serve everywhere",
			"meters.go",
			"catalog.Served(meter, m.hostedServes[environment])",
			"catalog.Served(meter, true)",
		},
		{
			"lowering is not held back where nobody could count",
			"unmanaged.go",
			"i := t.in.Have.UnreadInside(r.key.Holder)",
			"i := t.in.Have.UnreadInside(\"\")",
		},
		{
			"unread is absent",
			"table.go",
			"if scope := t.in.Have.UnreadScope(holder.Identity()); scope >= 0 {",
			"if scope := t.in.Have.UnreadScope(holder.Identity()); scope >= 0 && r.known == nil {",
		},
		{"units that were not seen are free", "pools.go", "p.Before += p.Unseen", "p.Before += 0"},
		{
			"a blocked person gives up the old seat",
			"table.go",
			"if t.blocked[holder.Identity()] {",
			"if t.blocked[holder.Identity()] && r.have == nil {",
		},
		{"whoever is gone is given a seat", "table.go", "if r.want != nil && t.gone[holder.Identity()] {", "if false {"},
		{"disabled accounts are given seats", "table.go", "if t.heldBack[r.key] {", "if false {"},
		{
			"unmanaged seats are removed unasked",
			"unmanaged.go",
			"case ledger.Warn:\n		t.addNotice(",
			"case ledger.Warn:\n		t.removeGrant(r, ledger.Unmanaged)\n		t.addNotice(",
		},
		{
			"what the platform allocated is removed unasked",
			"unmanaged.go",
			"case t.rules[r.have.Holder.EnvironmentID()].Auto == ledger.AutoRemove:",
			"case true:",
		},
		{"a claim makes a seat ours", "unmanaged.go", "if t.claimed[r.key] {", "if false {"},
		{"adoptions are not recorded", "table.go", "t.addRecord(ledger.Adopt, r, nil, &r.want.Value)", "_ = r"},
		{
			"forgets are not recorded",
			"table.go",
			"	case r.have == nil || t.letGo(r):\n		t.forget(r)\n",
			"	case r.have == nil || t.letGo(r):\n",
		},
		{
			"service plans are not compared",
			"../ledger/grant.go",
			"return v.Units == o.Units && v.Policy == o.Policy && v.Without.Equal(o.Without)",
			"return v.Units == o.Units && v.Policy == o.Policy",
		},
		{"the input's order shows", "../ledger/order.go", "	order = byBeginning(order)\n", ""},
		{
			"members are asked for without room",
			"retries.go",
			"if len(p.steps) == 0 || full ||",
			"if len(p.steps) == 0 || full && len(all) > 99 ||",
		},
		{"a retry gives what is taken from a group", "retries.go", "return given && !removed[from] && c", "return given && c"},
		{"an undo asks for seats that nobody had", "retries.go", "if len(left) == 0 || in.undo {", "if len(left) == 0 {"},
		{"a name that means nobody stops nothing", "plan.go", "p.Slips = slips(p, in, cover, parts)", "_ = slips"},
		{"a name that the file lets be stops a plan", "slips.go", "			if n.IgnoreUnknown {\n				break\n			}\n", ""},
		{
			"a written limit needs the other one, too",
			"../ledger/guard.go",
			"	case percent == nil:\n		return *number",
			"	case percent == nil:\n		return max(*number, of*defaultPercent/100)",
		},
		{
			"the rest of an approved run is counted again",
			"guard.go",
			"	return ok && equalsNow(s.After, v, v.Units > 0)",
			"	return false && ok && equalsNow(s.After, v, v.Units > 0)",
		},
		{
			"only lost products count, not service plans",
			"guard.go",
			"	for _, reductions := range l.reduced {",
			"	for _, reductions := range map[string][]reduction(nil) {",
		},
		{
			"protect does not see service plans",
			"guard.go",
			"return lost || slices.ContainsFunc(c.reduced[user], func(r reduction) bool { return r.key.Item == item })",
			"return lost",
		},
		{
			"service plans do not wait for their other source",
			"services.go",
			"			if o.mover.part != h.mover.part {\n				p.comesAfter(o.mover.part)\n			}",
			"",
		},
		{"service plans do not wait for the service", "services.go", "			p.waitForGroup(c.groupName(o.group))", ""},
		{
			"a group removal is forgotten once it is accepted",
			"table.go",
			"	case r.have == nil && t.held[r.key] > 0:\n		t.unfinished(r)\n",
			"",
		},
		{
			"seats that the service frees are spare for nobody",
			"pools.go",
			"	for item, groups := range c.freed {\n		id :=",
			"	for item, groups := range map[string][]string(nil) {\n		id :=",
		},
		{
			"members whom a call makes the service try again take no seat",
			"cover.go",
			"		if !x.passing {\n			ch := at(x.user, x.item)",
			"		if x.passing {\n			ch := at(x.user, x.item)",
		},
		{"a call that stirs members does not come last", "stirred.go", "		parts[at].comesAfter(other)", "		_, _ = at, other"},
		{"hosted units that are overdrawn count against process", "meters.go", "			delete(m.hostedServes, environment)", "			_ = environment"},
		{"a protected flow is turned off and on", "refresh.go", " && !in.Guard.Protects(flow.Identity())", " && flow.ID != \"\""},
		{"a step that nobody has reviewed is fine", "expect.go", "	if len(u.Steps)+len(u.Rules) > 0 {", "	if len(u.Rules) > 0 {"},
		{"nothing is searched", "search.go", "if !x.solve() {", "if true {"},
		{
			"a remedy is not tried",
			"remedies.go",
			"if !slices.ContainsFunc(component, func(i int) bool { return s.state[i] != ran }) {",
			"if len(s.calls) > 0 {",
		},
		{"a gap that lasts is a moment", "remedies.go", "h.Kind == ledger.Group {", "h.Kind == \"\" {"},
	}
}

var judged = flag.Bool("mutants", false, "build the planner with every mistake, and let the laws find it")

// TestMutants builds the planner with each mistake and expects the laws or the
// tables to find it. A mutant that does not compile or no longer matches fails too.
// Without -mutants it only looks whether each still matches, which takes no time.
func TestMutants(t *testing.T) {
	for _, m := range mutants() {
		t.Run(strings.ReplaceAll(m.name, " ", "_"), func(t *testing.T) {
			source, changed := m.apply(t)
			if !*judged {
				return
			}
			out, err := judge(t, source, changed)
			switch {
			case err == nil:
				t.Errorf("the laws hold for a planner in which %s:\n%s", m.name, out)
			case !strings.Contains(out, "--- FAIL: Test"):
				t.Errorf("the mutant does not run:\n%s", out)
			}
		})
	}
}

// apply returns the path of the source that a mutant is about, and its text with the
// mistake.
func (m mutant) apply(t *testing.T) (source, changed string) {
	t.Helper()
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
	return source, strings.Replace(string(text), m.old, m.new, 1)
}

// judge runs the laws and the tables against a planner with another text.
func judge(t *testing.T, source, text string) (string, error) {
	t.Helper()
	dir := t.TempDir()
	changed := filepath.Join(dir, "changed.go")
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": {source: changed}})
	if err != nil {
		t.Fatal(err)
	}
	write(t, changed, text)
	write(t, filepath.Join(dir, "overlay.json"), string(overlay))
	cmd := exec.Command("go", "test", "-overlay="+filepath.Join(dir, "overlay.json"), "-vet=off", "-run=^(TestLaws|TestTables|TestUndoAsks)",
		"-count=1", "-timeout=10m", "-rapid.nofailfile", "-rapid.shrinktime=0s", "-rapid.checks=5000", ".")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
