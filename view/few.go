package view

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/usher-cli/usher/ledger"
)

// How many steps of one kind a heading shows one by one, and how many where there are more.
const (
	mostRows = 100
	fewRows  = 20
)

// few leaves out steps of which there are very many alike, and says how many, by block.
//
//   - ada@contoso.com    people.csv:2
//     …
//     … 7980 more to add: 7000 by assignment.office, 980 by assignment.field; -full shows all
//
// Nobody reads 8,000 lines in a terminal. A saved plan, Markdown and HTML have them all.
func (t *Text) few(rows []Row) (shown []Row, more []string) {
	counts := map[ledger.Op]int{}
	for _, r := range rows {
		counts[r.Op]++
	}
	if t.Full || !slices.ContainsFunc(slices.Collect(maps.Values(counts)), func(n int) bool { return n > mostRows }) {
		return rows, nil
	}
	seen, blocks := map[ledger.Op]int{}, map[ledger.Op]map[string]int{}
	for _, r := range rows {
		if seen[r.Op]++; counts[r.Op] <= mostRows || seen[r.Op] <= fewRows {
			shown = append(shown, r)
			continue
		}
		if blocks[r.Op] == nil {
			blocks[r.Op] = map[string]int{}
		}
		block := ""
		if len(r.Origins) > 0 {
			block = r.Origins[0].Block
		}
		blocks[r.Op][block]++
	}
	for _, op := range slices.Sorted(maps.Keys(blocks)) {
		more = append(more, fmt.Sprintf("… %d more %s%s; -full shows all", counts[op]-fewRows, to(op), byBlock(blocks[op])))
	}
	return shown, more
}

// byBlock counts steps by the blocks that ask for them, the most first.
func byBlock(counts map[string]int) string {
	var parts []string
	byCount := func(a, b string) int { return cmp.Or(counts[b]-counts[a], strings.Compare(a, b)) }
	for _, block := range slices.SortedFunc(maps.Keys(counts), byCount) {
		if block != "" {
			parts = append(parts, fmt.Sprintf("%d by %s", counts[block], block))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return ": " + some(parts)
}

// to is what a step does, after a number.
func to(op ledger.Op) string {
	words := map[ledger.Op]string{
		ledger.Add: "to add", ledger.Change: "to change", ledger.Remove: "to remove", ledger.Adopt: "to adopt", ledger.Forget: "to forget",
		ledger.Retry: "to try again", ledger.Restart: "to turn off and on",
	}
	return words[op]
}
