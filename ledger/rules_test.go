package ledger

import (
	"testing"

	"pgregory.net/rapid"
)

// TestLooser compares with a look at every number of holders, where a share is rounded down.
func TestLooser(t *testing.T) {
	limit := rapid.Ptr(rapid.Int64Range(0, 60), true)
	share := rapid.Ptr(rapid.Int64Range(0, 100), true)
	looser, stricter := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		draw := func() Guard {
			return Guard{MaxLosses: limit.Draw(t, "losses"), MaxLossPercent: share.Draw(t, "share"),
				MaxUnknown: limit.Draw(t, "names"), MaxUnknownPercent: share.Draw(t, "share of names")}
		}
		was, is := draw(), draw()
		if rapid.Bool().Draw(t, "lowered") { // two draws of four limits are hardly ever stricter in all of them
			is = lowered(was)
		}
		seen := false
		for of := int64(1); of < 7000; of++ { // 60 of 1 % are reached at 6000
			seen = seen || is.Losses(of) > was.Losses(of) || is.Unknown(of) > was.Unknown(of)
		}
		if seen {
			looser++
		} else {
			stricter++
		}
		if seen && !guardLooser(was, is) {
			t.Fatalf("%+v after %+v is looser", is, was)
		}
		if guardLooser(was, was) {
			t.Fatalf("%+v is looser than itself", was)
		}
	})
	if looser < 10 || stricter < 5 {
		t.Errorf("%d looser and %d stricter guards: the draws are too easy", looser, stricter)
	}
}

// lowered is a guard with limits that are half of what they were.
func lowered(g Guard) Guard {
	half := func(n *int64) *int64 {
		if n == nil {
			return nil
		}
		less := *n / 2
		return &less
	}
	return Guard{MaxLosses: half(g.MaxLosses), MaxLossPercent: half(g.MaxLossPercent),
		MaxUnknown: half(g.MaxUnknown), MaxUnknownPercent: half(g.MaxUnknownPercent)}
}

// TestLooserByExample shows what is looser and what is not.
func TestLooserByExample(t *testing.T) {
	n := func(number int64) *int64 { return &number }
	for _, c := range []struct {
		was, is Guard
		looser  bool
	}{
		{Guard{MaxLosses: n(25)}, Guard{MaxLosses: n(500)}, true},
		{Guard{MaxLosses: n(500)}, Guard{MaxLosses: n(25)}, false},
		{Guard{}, Guard{MaxLosses: n(5)}, false},
		{Guard{}, Guard{MaxLosses: n(6)}, true},
		{Guard{MaxLosses: n(5)}, Guard{}, true},
		{Guard{MaxLosses: n(5)}, Guard{MaxLosses: n(5), MaxLossPercent: n(1)}, false},
		{Guard{MaxLosses: n(5), MaxLossPercent: n(1)}, Guard{MaxLosses: n(5)}, true},
		{Guard{MaxUnknownPercent: n(58)}, Guard{MaxUnknownPercent: n(60)}, true},
	} {
		if got := guardLooser(c.was, c.is); got != c.looser {
			t.Errorf("%+v after %+v: looser %t, want %t", c.is, c.was, got, c.looser)
		}
	}
}

// guardLooser compares all pairs of two guards.
func guardLooser(was, is Guard) bool {
	return LooserPair([2]*int64{was.MaxLosses, was.MaxLossPercent}, [2]*int64{is.MaxLosses, is.MaxLossPercent},
		DefaultMaxLosses, DefaultMaxLossPercent) ||
		LooserPair([2]*int64{was.MaxUnknown, was.MaxUnknownPercent}, [2]*int64{is.MaxUnknown, is.MaxUnknownPercent},
			DefaultMaxUnknown, DefaultMaxUnknownPercent)
}
