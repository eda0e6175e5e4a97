package main

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
	"github.com/usher-cli/usher/tenant/sandbox"
)

// liesWorld is a tenant and a state as a first run left them, and what a faithful
// second run makes of them.
type liesWorld struct {
	tenant  []byte
	files   map[string]string // the state and what is beside it
	before  counts            // in the tenant
	known   counts            // on record
	planned told
	applied told
}

// told is what became of one run.
type told struct {
	code    int
	out     string
	said    string // beside it
	tenant  []byte
	files   map[string]string
	has     counts          // in the tenant, after it
	known   counts          // on record, after it
	pending map[string]bool // of them
	over    []sandbox.Overspend
	routes  map[string]int
	lied    int
	asked   int
	took    time.Duration // by usher's own clock
}

// TestLies lets a service answer one kind of request by what says nothing, as a
// gateway, a sign-in page or another version of a service may. usher ends, tells that
// something is wrong or does what it would have done, takes nothing that it would not
// have taken, and has nothing on record that the tenant does not have.
func TestLies(t *testing.T) {
	w := newLiesWorld(t)
	tell := func(how string, l *liar) {
		t.Run(strings.TrimSpace(l.route+"/"+l.lie.name+" "+how), func(t *testing.T) {
			t.Parallel()
			w.lieTo(t, l)
		})
	}
	for _, route := range slices.Sorted(maps.Keys(w.applied.routes)) {
		for _, l := range lies() {
			switch {
			case !changes(route) && !l.stays:
				tell("", &liar{route: route, lie: l})
			case changes(route) && l.stays:
				tell("instead", &liar{route: route, lie: l, instead: true})
			case !l.needs: // a list
				tell("afterwards", &liar{route: route, lie: l})
				tell("instead", &liar{route: route, lie: l, instead: true})
			}
			if changes(route) && l.status == http.StatusNoContent && w.applied.routes[route] > 1 {
				tell("instead, but for the first", &liar{route: route, lie: l, instead: true, first: true})
			}
		}
	}
}

func newLiesWorld(t *testing.T) *liesWorld {
	t.Helper()
	signals := make(chan os.Signal, 1) // what listens for signals must not begin inside of a test's clock
	signal.Notify(signals, ends()...)
	t.Cleanup(func() { signal.Stop(signals) })
	w := &liesWorld{tenant: encodeTenant(t, liesTenant(t))}
	first := w.apply(t, &liar{}, liesFirst)
	if first.code != 0 {
		t.Fatalf("the first run ends with %d:\n%s%s", first.code, first.out, first.said)
	}
	world := worldOf(t, first.tenant)
	meanwhile(world)
	w.tenant, w.files = encodeTenant(t, world), first.files
	w.before, w.known = holdings(world), first.known
	w.planned, w.applied = w.plan(t, &liar{}), w.apply(t, &liar{}, liesNext)
	if w.planned.code != int(exitSteps) || w.applied.code != 0 || len(w.applied.over) > 0 {
		t.Fatalf("with no lie it ends with %d, %d:\n%s%s", w.planned.code, w.applied.code, w.applied.out, w.applied.said)
	}
	for key, units := range w.applied.known {
		if w.applied.has[key] != units {
			t.Fatalf("%s: %d on record, %d in the tenant", key, units, w.applied.has[key])
		}
	}
	return w
}

func (w *liesWorld) plan(t *testing.T, l *liar) told {
	t.Helper()
	return w.run(t, l, liesNext, "plan", "-json", "-detailed-exitcode")
}

func (w *liesWorld) apply(t *testing.T, l *liar, config string) told {
	t.Helper()
	return w.run(t, l, config, "apply", "-auto-approve")
}

// run runs a command on a copy of the tenant and of the state, behind a liar. No
// time is lost with waiting: usher's clock goes on by itself while nothing is asked.
func (w *liesWorld) run(t *testing.T, l *liar, config string, args ...string) (r told) {
	t.Helper()
	watch := time.AfterFunc(20*time.Second, func() {
		panic(fmt.Sprintf("usher %s does not end: %s, %s", args[0], l.route, l.lie.name))
	})
	defer watch.Stop()
	server := sandbox.New(worldOf(t, w.tenant), sandbox.Options{Now: time.Now})
	l.tenant, l.seen = server, map[string]int{}
	front := httptest.NewUnstartedServer(l)
	front.Config.SetKeepAlivesEnabled(false) // a connection that is kept open would hold the clock
	front.Start()
	defer front.Close()
	dir := t.TempDir()
	put(t, filepath.Join(dir, "main.hcl"), liesConfig(front.URL, config))
	for name, text := range w.files {
		put(t, filepath.Join(dir, name), text)
	}
	synctest.Test(t, func(*testing.T) {
		began := time.Now()
		var out, said bytes.Buffer
		a := &app{in: strings.NewReader(""), out: &out, err: &said, now: time.Now, env: func(string) string { return "" }}
		r.code = a.run(append(args, "-chdir="+dir))
		r.out, r.said, r.took = out.String(), said.String(), time.Since(began)
	})
	var err error
	if r.tenant, err = server.Snapshot(); err != nil {
		t.Fatal(err)
	}
	world := worldOf(t, r.tenant)
	r.has, r.over, r.routes = holdings(world), world.Overspends, l.seen
	r.lied, r.asked = l.lied, l.asked
	r.files = listing(t, dir)
	delete(r.files, "main.hcl")
	r.known, r.pending = records(t, r.files["usher.state.json"])
	return r
}

// lieTo runs plan and apply behind a liar.
func (w *liesWorld) lieTo(t *testing.T, l *liar) {
	if w.planned.routes[l.route] > 0 {
		p := w.plan(t, &liar{route: l.route, lie: l.lie, instead: l.instead, first: l.first})
		p.ends(t)
		w.planTrue(t, p)
	}
	r := w.apply(t, l, liesNext)
	r.ends(t)
	switch {
	case r.lied > 0:
	case l.lie.needs:
		t.Skip("the true answer has no list")
	default:
		t.Error("no lie was told")
	}
	w.nothingLost(t, r)
	w.recordsTrue(t, r)
	if r.code == 0 {
		w.complete(t, "it exits with 0", r)
	} else if !bytes.Equal(r.tenant, w.tenant) { // with no lie, the next run goes on
		next := liesWorld{tenant: r.tenant, files: r.files}
		again := next.apply(t, &liar{}, liesNext)
		w.complete(t, fmt.Sprintf("the next run exits with %d", again.code), again)
	}
	if t.Failed() {
		t.Logf("lied %d times, apply exits with %d:\n%s%s", r.lied, r.code, r.out, r.said)
	}
}

// calm reports whether an exit code says that a plan can be relied upon.
func calm(code int) bool {
	return code == 0 || code == int(exitSteps) || code == int(exitWaiting)
}

// ends checks that a run ended well, and soon.
func (r *told) ends(t *testing.T) {
	t.Helper()
	if strings.Contains(r.said, "a fault of its own") || strings.Contains(r.said, "goroutine ") {
		t.Errorf("usher panics:\n%s", r.said)
	}
	if r.took > 10*time.Minute || r.asked > 1000 {
		t.Errorf("it takes %s and %d requests", r.took, r.asked)
	}
}

// planTrue checks that a plan is the faithful one, or says that it is not all of it.
// Even then it has no step of its own.
func (w *liesWorld) planTrue(t *testing.T, p told) {
	t.Helper()
	if p.out == "" && !calm(p.code) {
		return
	}
	got, want := steps(t, p.out), steps(t, w.planned.out)
	for step := range got {
		if !want[step] {
			t.Errorf("plan exits with %d and has the step %s", p.code, step)
		}
	}
	if calm(p.code) && len(got) < len(want) {
		t.Errorf("plan exits with %d and has %d of %d steps", p.code, len(got), len(want))
	}
}

// steps are what a plan does, and what it corrects on record.
func steps(t *testing.T, text string) map[string]bool {
	t.Helper()
	p, err := plan.Decode([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]bool{}
	for _, s := range slices.Concat(p.Steps(), p.Records) {
		all[fmt.Sprint(s.Op, " ", s.Holder.Kind, "/", s.Holder.Name, " ", s.Item.Name, ": ", value(s.Before), " -> ", value(s.After))] = true
	}
	return all
}

func value(v *ledger.Value) string {
	if v == nil {
		return "nothing"
	}
	return fmt.Sprint(v.Units, v.Without, v.Policy)
}

// complete checks that all is done: in the tenant, and on record.
func (w *liesWorld) complete(t *testing.T, when string, r told) {
	t.Helper()
	same(t, when+", and in the tenant", r.has, w.applied.has)
	same(t, when+", and on record", r.known, w.applied.known)
}

// nothingLost checks that everything is as it was, as it is after the faithful run,
// or on the way from the one to the other. A flow that the service never turns on again
// is off until the next run, and the exit code says so.
func (w *liesWorld) nothingLost(t *testing.T, r told) {
	t.Helper()
	for _, key := range keys(w.before, w.applied.has, r.has) {
		was, is, goal := w.before[key], r.has[key], w.applied.has[key]
		off := strings.HasPrefix(key, "state/") && !calm(r.code)
		if !off && (is < min(was, goal) || is > max(was, goal)) {
			t.Errorf("%s: %d of %d, and %d were to be left", key, is, was, goal)
		}
	}
	if len(r.over) > 0 {
		t.Errorf("overspent: %+v", r.over)
	}
}

// recordsTrue checks that a record is the old one, what the tenant has, or said to be
// pending, and that none is dropped of what is there or stays.
func (w *liesWorld) recordsTrue(t *testing.T, r told) {
	t.Helper()
	for _, key := range keys(w.known, r.known) {
		old, had := w.known[key]
		units, kept := r.known[key]
		switch {
		case kept && units != r.has[key] && (!had || units != old) && !r.pending[key]:
			t.Errorf("%s: %d on record, and %d in the tenant", key, units, r.has[key])
		case had && !kept && r.has[key] > 0:
			t.Errorf("%s: %d in the tenant, and not on record any more", key, r.has[key])
		}
		if _, stays := w.applied.known[key]; had && stays && !kept {
			t.Errorf("%s: the record is lost", key)
		}
	}
}

// same compares counts.
func same(t *testing.T, what string, got, want counts) {
	t.Helper()
	for _, key := range keys(got, want) {
		if got[key] != want[key] {
			t.Errorf("%s is %d of %s, want %d", what, got[key], key, want[key])
		}
	}
}
