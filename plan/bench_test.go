package plan_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"syscall"
	"testing"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
	"github.com/usher-cli/usher/plan/worlds"
)

// BenchmarkPlanner plans N grants of which one in a hundred changes, all
// inputs shuffled, from memory to the ordered plan, each size in five processes
// of its own. It reports the median of the CPU seconds of planning, the highest
// peak of memory with the input, and how the time has grown since the smallest
// size, as a power of N. It measures and never judges.
func BenchmarkPlanner(b *testing.B) {
	const smallest = 10_000
	first := 0.0
	for _, n := range []int{smallest, 100_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				var seconds [5]float64
				peak := 0.0
				for i := range seconds {
					var mb float64
					seconds[i], mb = planInChild(b, n)
					peak = max(peak, mb)
				}
				slices.Sort(seconds[:])
				median := seconds[len(seconds)/2]
				b.ReportMetric(median, "cpu-s/op")
				b.ReportMetric(peak, "peak-MB")
				if n == smallest {
					first = median
				} else {
					b.ReportMetric(math.Log(median/first)/math.Log(float64(n)/smallest), "growth-exponent")
				}
			}
		})
	}
}

// planInChild plans n grants in a process of its own.
func planInChild(b *testing.B, n int) (cpuSeconds, peakMB float64) {
	cmd := exec.Command(os.Args[0], "-test.run=^TestPlannerChild$")
	cmd.Env = append(os.Environ(), fmt.Sprint("PLANNER_GRANTS=", n))
	out, err := cmd.Output()
	if err != nil {
		b.Fatal(err)
	}
	if _, err := fmt.Sscanf(string(out), "%f", &cpuSeconds); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	return cpuSeconds, float64(cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss) / 1024
}

// TestPlannerChild is the process that BenchmarkPlanner starts.
func TestPlannerChild(t *testing.T) {
	n, err := strconv.Atoi(os.Getenv("PLANNER_GRANTS"))
	if err != nil {
		t.Skip("only for the benchmark")
	}
	in := manyGrants(n)
	runtime.GC()
	began := cpuSeconds()
	p := plan.New(in)
	if changed := len(p.Steps()); changed < n/100 || changed > n/40 || p.Refused() {
		t.Fatalf("%d steps, refused: %t", changed, p.Refused())
	}
	fmt.Printf("%f\n", cpuSeconds()-began)
}

func cpuSeconds() float64 {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return float64(u.Utime.Sec+u.Stime.Sec) + float64(u.Utime.Usec+u.Stime.Usec)/1e6
}

// manyGrants is a tenant of n people with one seat each, of ten products. One
// in a hundred moves to another product.
func manyGrants(n int) plan.Input {
	const products = 10
	items := make([]ledger.Item, products)
	in := plan.Input{Today: "2026-01-01", Have: ledger.Have{Tenant: "t"}, Guard: worlds.NoGuard(),
		Want: make([]ledger.Grant, 0, n), Known: make([]ledger.Grant, 0, n)}
	in.Have.Grants = make([]ledger.Grant, 0, n)
	for i := range items {
		items[i] = ledger.Item{Kind: ledger.Seat, ID: fmt.Sprintf("sku-%02d", i), Name: fmt.Sprintf("SKU%02d", i)}
		in.Have.Supply = append(in.Have.Supply, ledger.Supply{Item: items[i], Owned: 1, Assignable: true}) // one free seat of each
		in.Items = append(in.Items, ledger.ItemRules{Label: items[i].Name, Item: items[i], Origin: ledger.Origin{File: "main.hcl", Line: i + 1}})
	}
	origin := []ledger.Origin{{File: "people.csv", Line: 1, Block: "assignment.all"}}
	nothing := ledger.ServicePlanIDs{}
	for i := range n {
		h := ledger.Holder{Kind: ledger.User, ID: fmt.Sprintf("%08x-0000-4000-8000-%012x", i, i), Name: fmt.Sprintf("user%07d@contoso.com", i)}
		g := ledger.Grant{Holder: h, Item: items[i%products], Value: ledger.Value{Units: 1}}
		w := g
		w.Origins = origin
		if i%100 == 0 {
			w.Item = items[(i/100+1)%products]
			g.Item = items[(i/100)%products]
		}
		for j := range in.Have.Supply {
			if in.Have.Supply[j].Item == g.Item {
				in.Have.Supply[j].Owned++
			}
		}
		in.Want = append(in.Want, w)
		g.Without = nothing
		in.Known, in.Have.Grants = append(in.Known, g), append(in.Have.Grants, g)
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	for _, set := range [][]ledger.Grant{in.Want, in.Known, in.Have.Grants} {
		rnd.Shuffle(n, func(i, j int) { set[i], set[j] = set[j], set[i] })
	}
	return in
}
