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

func killsOf(t *testing.T, s store, n int) {
	w := newWorld(t, s)
	points, locks := map[string]int{}, 0
	turn, killed, longest := 1, 0, 0
	for k := 0; killed < n; k++ {
		w.write("want.hcl", wants[turn%2])
		nth := 1
		if longest > 0 {
			nth = 1 + k/2%longest
		}
		if k == 0 {
			nth = 0
		}
		got, err := watch(w.command("apply", "-auto-approve"), nth, k%2 == 1)
		if err != nil {
			t.Fatal(err)
		}
		if longest = max(longest, got.count); k == 0 && got.code != 0 {
			t.Fatalf("an apply that nobody kills exits with %d:\n%s", got.code, got.out)
		}
		if got.killed {
			killed++
			when := "before"
			if k%2 == 1 {
				when = "after"
			}
			points[fmt.Sprintf("%-6s %s", when, got.point)]++
			if w.unlock() {
				locks++
			}
		}
		w.settles(turn)
		turn++
	}
	var table strings.Builder
	for _, p := range slices.Sorted(maps.Keys(points)) {
		fmt.Fprintf(&table, "\n%5d %s", points[p], p)
	}
	t.Logf("%d kills at up to %d points of an apply, %d of which left a lock:%s", killed, longest, locks, table.String())
}
