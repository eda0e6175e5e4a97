package export

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/usher-cli/usher/ledger"
)

func companyAttributes() []string {
	return []string{"city", "department", "job_title", "extension_attribute_1", ledger.UserType}
}

// company makes people with the attributes of a company, and who of them have a product: whoever
// one of some rules finds, but for a share of noise.
func company(people int, noise float64, chance *rand.Rand) (rows [][]string, has []bool) {
	planted := map[string]bool{}
	for len(planted) < 3 {
		planted[fmt.Sprintf("department %d", chance.IntN(40))] = true
	}
	title, site := fmt.Sprintf("title %d", chance.IntN(60)), fmt.Sprintf("city %d", 10+chance.IntN(20))
	for i := range people {
		row := []string{fmt.Sprintf("city %d", chance.IntN(30)), fmt.Sprintf("department %d", chance.IntN(40)),
			fmt.Sprintf("title %d", chance.IntN(60)), fmt.Sprintf("number %d", i), "Member"}
		rows = append(rows, row)
		has = append(has, (planted[row[1]] || row[2] == title && row[0] < "city 2" ||
			row[2] == "title 0" && row[0] == site) != (chance.Float64() < noise))
	}
	return rows, has
}

// TestRulesDescribeTheSet: whom the rules find and nobody leaves out, and who is named, are the
// set; and rules take fewer lines than names, also where one in twenty is an exception.
func TestRulesDescribeTheSet(t *testing.T) {
	for seed := range uint64(30) {
		for _, noise := range []float64{0, 0.02, 0.05} {
			chance := rand.New(rand.NewPCG(seed, 1))
			rows, has := company(4000, noise, chance)
			findable := make([]bool, len(rows))
			of, set := make([]standing, len(rows)), []int32{}
			for i := range rows {
				if findable[i] = true; has[i] {
					of[i], set = wanted, append(set, int32(i))
				}
			}
			m := newMiner(companyAttributes(), rows, findable)
			rules := m.describe(set, of)
			selectors := m.selectors(rules)
			lines := 0
			for _, s := range selectors {
				lines += ruleCost + len(s.Conditions)*conditionCost
			}
			for i, row := range rows {
				finds := false
				for _, s := range selectors {
					finds = finds || meets(s, row)
				}
				named, left := of[i] == wanted, of[i] == excepted
				if (finds && !left || named) != has[i] {
					t.Fatalf("seed %d: %v has it: %v; it is found: %v, named: %v, left out: %v", seed, row, has[i], finds, named, left)
				}
				if named || left {
					lines++
				}
			}
			if noise == 0 && len(selectors) > 3 || lines*3 > len(set) && noise < 0.05 {
				t.Errorf("seed %d, noise %v: %d lines for %d people: %v", seed, noise, lines, len(set), selectors)
			}
		}
	}
}

// meets reports whether a row meets a selector, by itself and without an index.
func meets(s ledger.Selector, row []string) bool {
	at := map[string]int{"city": 0, "department": 1, "job_title": 2, "extension_attribute_1": 3}
	for _, c := range s.Conditions {
		one := false
		for _, v := range c.Values {
			one = one || v == row[at[c.Attribute]]
		}
		if !one {
			return false
		}
	}
	return true
}

// BenchmarkRules looks for the rules of 14 products, with an exception in twenty.
func BenchmarkRules(b *testing.B) {
	for _, people := range []int{10_000, 100_000} {
		b.Run(fmt.Sprint(people), func(b *testing.B) {
			const products = 14
			rows, has := company(people, 0.05, rand.New(rand.NewPCG(7, 1)))
			findable := slices.Repeat([]bool{true}, len(rows))
			for b.Loop() {
				m := newMiner(companyAttributes(), rows, findable)
				for range products {
					of, set := make([]standing, len(rows)), []int32{}
					for i := range rows {
						if has[i] {
							of[i], set = wanted, append(set, int32(i))
						}
					}
					m.describe(set, of)
				}
			}
		})
	}
}
