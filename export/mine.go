package export

import (
	"container/heap"
	"slices"
	"strings"

	"github.com/usher-cli/usher/ledger"
)

// What a rule costs in lines to read, beside a line for each person that it leaves out. A rule has
// to save some lines: what a handful of people have in common may be chance, and the next who
// has it would get a seat. And a rule with an exception in four is none.
const (
	ruleCost       = 3
	conditionCost  = 1
	leastSaved     = 5
	mostExceptions = 4 // one in so many
)

// miner looks for rules: least descriptions of sets of people by their attributes.
//
// It covers a set greedily by conjunctions of one or two values, the one that saves most lines
// first, and stops where none saves any. So a value that is unique to a person is never used.
type miner struct {
	values   []value
	rows     [][]int32        // values of each person, by position
	postings [][]int32        // positions of the people who have a value
	pairs    map[uint64]int32 // how many people whom a rule can find have both values
	findable []bool           // enabled members of the organisation
}

// value is a value of an attribute.
type value struct{ attribute, text string }

// newMiner prepares the values of people. An attribute of which most values are of one person
// only, such as a number, says nothing about others.
func newMiner(attributes []string, rows [][]string, findable []bool) *miner {
	m := &miner{rows: make([][]int32, len(rows)), pairs: map[uint64]int32{}, findable: findable}
	for at, attribute := range attributes {
		if attribute == ledger.UserType || attribute == "usage_location" { // which everybody needs for a seat, and usher sets
			continue
		}
		m.column(attribute, at, rows)
	}
	m.postings = make([][]int32, len(m.values))
	for person, row := range m.rows {
		for _, v := range row {
			m.postings[v] = append(m.postings[v], int32(person))
		}
		if findable[person] {
			eachPair(row, func(pair uint64) { m.pairs[pair]++ })
		}
	}
	return m
}

// column takes the values of an attribute.
func (m *miner) column(attribute string, at int, rows [][]string) {
	spelled, count := map[string]string{}, map[string]int{} // by value in small letters
	folded := map[string]string{}
	told := 0
	for _, row := range rows {
		text := row[at]
		if text == "" {
			continue
		}
		small, seen := folded[text]
		if !seen {
			small = strings.ToLower(text)
			folded[text] = small
		}
		if first, seen := spelled[small]; !seen || text < first {
			spelled[small] = text
		}
		count[small]++
		told++
	}
	const shared = 2 // people who have a value on average, at least
	if len(count) == 0 || told < shared*len(count) {
		return
	}
	ids := map[string]int32{}
	for _, small := range sortedKeys(count) {
		if count[small] > ruleCost+conditionCost+leastSaved-1 {
			ids[small] = int32(len(m.values))
			m.values = append(m.values, value{attribute, spelled[small]})
		}
	}
	for person, row := range rows {
		if id, kept := ids[folded[row[at]]]; kept {
			m.rows[person] = append(m.rows[person], id)
		}
	}
}

func sortedKeys(m map[string]int) []string {
	all := make([]string, 0, len(m))
	for k := range m {
		all = append(all, k)
	}
	slices.Sort(all)
	return all
}

func eachPair(row []int32, each func(pair uint64)) {
	for i, a := range row {
		for _, b := range row[i+1:] {
			each(uint64(a)<<32 | uint64(b))
		}
	}
}

// How somebody stands to the set that is to be described.
type standing uint8

const (
	other    standing = iota // is to be left out, if a rule finds them
	wanted                   // is to be found
	found                    // is found
	either                   // has it already for another reason: it does not matter
	hidden                   // no rule finds them
	excepted                 // is left out
)

// candidate is a conjunction of one value or two.
type candidate struct {
	a, b int32 // b is -1 for none
	gain int   // lines that it saves, as it was when somebody looked
}

func (c candidate) cost() int {
	if c.b < 0 {
		return ruleCost + conditionCost
	}
	return ruleCost + 2*conditionCost
}

// compare puts the best first: what saves more, then what says less, then by name.
func (c candidate) compare(o candidate) int {
	switch {
	case c.gain != o.gain:
		return o.gain - c.gain
	case c.cost() != o.cost():
		return c.cost() - o.cost()
	case c.a != o.a:
		return int(c.a - o.a)
	}
	return int(c.b - o.b)
}

// queue is the candidates, the best first.
type queue []candidate

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return q[i].compare(q[j]) < 0 }
func (q queue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)        { *q = append(*q, x.(candidate)) }
func (q *queue) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}

// describe finds the rules for a set. The standing of each person says afterwards who is found,
// who is left out, and who is wanted and has to be named.
func (m *miner) describe(set []int32, of []standing) []candidate {
	q := m.candidates(set, of)
	heap.Init(&q)
	var rules []candidate
	for q.Len() > 0 {
		best := heap.Pop(&q).(candidate)
		best.gain = m.gain(best, of)
		switch {
		case best.gain < leastSaved:
			continue
		case q.Len() > 0 && best.compare(q[0]) > 0: // others have covered a part of it by now
			heap.Push(&q, best)
			continue
		}
		rules = append(rules, best)
		m.each(best, func(person int32) {
			switch of[person] {
			case wanted:
				of[person] = found
			case other:
				of[person] = excepted
			}
		})
	}
	return rules
}

// candidates are the conjunctions that could save lines.
func (m *miner) candidates(set []int32, of []standing) queue {
	singles, pairs := map[int32]int32{}, map[uint64]int32{}
	for _, person := range set {
		for _, v := range m.rows[person] {
			singles[v]++
		}
		eachPair(m.rows[person], func(pair uint64) { pairs[pair]++ })
	}
	var q queue
	exact := map[int32]bool{} // values that find nobody else: a second condition only takes people out
	for v := range singles {
		c := candidate{a: v, b: -1}
		if c.gain = m.gain(c, of); c.gain >= leastSaved {
			q = append(q, c)
			exact[v] = c.gain == int(singles[v])-c.cost()
		}
	}
	for pair, n := range pairs {
		c := candidate{a: int32(pair >> 32), b: int32(pair & 0xffffffff)}
		others := int(m.pairs[pair] - n)
		c.gain = int(n) - others - c.cost()
		if c.gain >= leastSaved && others*mostExceptions <= int(m.pairs[pair]) && !exact[c.a] && !exact[c.b] {
			q = append(q, c)
		}
	}
	return q
}

// gain is how many lines a rule saves now: a line for each person whom it finds and no rule yet,
// less its own, and a line for each exception.
func (m *miner) gain(c candidate, of []standing) int {
	finds, all, exceptions := 0, 0, 0
	m.each(c, func(person int32) {
		switch of[person] {
		case wanted:
			finds++
			all++
		case found, either, excepted:
			all++
		case other:
			exceptions++
			all++
		}
	})
	if exceptions*mostExceptions > all {
		return 0
	}
	return finds - exceptions - c.cost()
}

// each goes through the people whom a rule finds.
func (m *miner) each(c candidate, each func(person int32)) {
	if c.b < 0 {
		for _, person := range m.postings[c.a] {
			each(person)
		}
		return
	}
	a, b := m.postings[c.a], m.postings[c.b]
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0] < b[0]:
			a = a[1:]
		case b[0] < a[0]:
			b = b[1:]
		default:
			each(a[0])
			a, b = a[1:], b[1:]
		}
	}
}

// selectors are rules in the words of the language. Rules that differ in the value of one attribute
// are one, with a list.
func (m *miner) selectors(rules []candidate) []ledger.Selector {
	var all []ledger.Selector
	for _, r := range rules {
		s := ledger.Selector{Conditions: []ledger.Condition{m.condition(r.a)}}
		if r.b >= 0 {
			s.Conditions = append(s.Conditions, m.condition(r.b))
			slices.SortFunc(s.Conditions, func(a, b ledger.Condition) int { return strings.Compare(a.Attribute, b.Attribute) })
		}
		all = append(all, s)
	}
	for i := 0; i < len(all); i++ {
		for n := i + 1; n < len(all); n++ {
			if joined, ok := join(all[i], all[n]); ok {
				all[i] = joined
				all = slices.Delete(all, n, n+1)
				n = i // it may fit others now
			}
		}
	}
	return all
}

func (m *miner) condition(v int32) ledger.Condition {
	return ledger.Condition{Attribute: m.values[v].attribute, Values: []string{m.values[v].text}}
}

// join makes one selector of two that differ in the values of one attribute.
func join(a, b ledger.Selector) (ledger.Selector, bool) {
	if len(a.Conditions) != len(b.Conditions) {
		return a, false
	}
	differs := -1
	for i := range a.Conditions {
		switch {
		case a.Conditions[i].Attribute != b.Conditions[i].Attribute:
			return a, false
		case slices.Equal(a.Conditions[i].Values, b.Conditions[i].Values):
		case differs >= 0:
			return a, false
		default:
			differs = i
		}
	}
	if differs < 0 {
		return a, true
	}
	joined := ledger.Selector{Conditions: slices.Clone(a.Conditions)}
	values := slices.Concat(a.Conditions[differs].Values, b.Conditions[differs].Values)
	slices.Sort(values)
	joined.Conditions[differs].Values = slices.Compact(values)
	return joined, true
}
