package crash_test

import (
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

var kills = flag.Int("kills", 12, "how often TestKills kills usher, over all stores")

// TestKills kills an apply at each of its writes in turn, before the system
// does it and after: the lock is free or can be freed, the state and the history
// can be read, and applying again settles everything.
func TestKills(t *testing.T) {
	all := stores(t)
	for _, s := range all {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			killsOf(t, s, *kills/len(all))
		})
	}
}

// outlasted is how many locks are left to end by themselves; the others are
// removed by force.
const outlasted = 2

func killsOf(t *testing.T, s store, n int) {
	w := newWorld(t, s)
	points, hit, locks := map[string]int{}, map[string]bool{}, 0
	shortest, longest := w.uninterrupted()
	for k, killed := 0, 0; killed < n; k++ {
		w.write("want.hcl", wants[(k+1)%2])
		nth, when := 1+k/2%longest, "before"
		if k%2 == 1 {
			when = "after"
		}
		got, err := watch(w.command("apply", "-auto-approve"), nth, when == "after")
		if err != nil {
			t.Fatal(err)
		}
		if got.killed {
			killed++
			hit[fmt.Sprint(when, nth)] = true
			points[fmt.Sprintf("%-6s %s", when, got.point)]++
			free := w.unlock
			if s.ends && locks < outlasted && n >= 4*longest { // which takes its minute
				free = w.outlasts
			}
			if free() {
				locks++
			}
		}
		w.settles(k + 1)
	}
	var table strings.Builder
	for _, p := range slices.Sorted(maps.Keys(points)) {
		fmt.Fprintf(&table, "\n%5d %s", points[p], p)
	}
	t.Logf("%d kills at up to %d points of an apply, %d of which left a lock:%s", n, longest, locks, table.String())
	for nth := 1; nth <= shortest && n >= 4*longest; nth++ {
		if !hit[fmt.Sprint("before", nth)] || !hit[fmt.Sprint("after", nth)] {
			t.Errorf("the point %d was not hit before and after", nth)
		}
	}
}

// uninterrupted counts the writes of applies that nobody kills: the least and the
// most of some, there and back.
func (w *world) uninterrupted() (shortest, longest int) {
	for turn := 1; turn < 7; turn++ {
		w.write("want.hcl", wants[turn%2])
		got, err := watch(w.command("apply", "-auto-approve"), 0, false)
		if err != nil || got.code != 0 {
			w.t.Fatalf("an apply that nobody kills exits with %d, %v:\n%s", got.code, err, got.out)
		}
		if longest = max(longest, got.count); turn == 1 {
			shortest = got.count
		}
		shortest = min(shortest, got.count)
	}
	return shortest, longest
}
