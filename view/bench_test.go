package view

import (
	"fmt"
	"io"
	"testing"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
)

// BenchmarkFormats shows a plan of 100,000 steps in every format.
func BenchmarkFormats(b *testing.B) {
	const steps = 100_000
	var calls []ledger.Call
	e5 := ledger.Item{Kind: ledger.Seat, ID: "e5", Name: "SPE_E5"}
	for n := range steps {
		h := ledger.Holder{Kind: ledger.User, ID: fmt.Sprint(n), Name: fmt.Sprintf("user%06d@contoso.com", n)}
		s := ledger.Step{Op: ledger.Add, Holder: h, Item: e5, After: &ledger.Value{Units: 1},
			Origins: []ledger.Origin{{File: "people.csv", Line: n + 2, Block: "assignment.people"}}}
		if n%10 == 0 {
			s = ledger.Step{Op: ledger.Remove, Holder: h, Item: e5, Before: &ledger.Value{Units: 1}}
		}
		calls = append(calls, ledger.Call{ID: n + 1, Holder: h, Steps: []ledger.Step{s}})
	}
	p := &plan.Plan{Format: plan.Format, Calls: calls}
	for _, format := range Formats("plan") {
		b.Run(format, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := Show(format, Output{Writer: io.Discard, MaxBytes: 60_000}, Words{}.Plan(p, 0)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
