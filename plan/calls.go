package plan

import (
	"slices"

	"github.com/usher-cli/usher/ledger"
)

// join makes calls of parts. The two parts of a person or a group travel in
// one call, save where calls would then wait for each other in a circle: what
// such a holder gains goes first, and what it loses follows. Calls refer to
// each other by position, counted from 1; that of every part's call is returned
// as well.
//
// One request takes E3 and gives E5: the service carries out both or none, and the person is
// never without. Only where such calls would wait for each other for ever are they taken
// apart, and then the gain comes first.
func join(parts []*part) ([]ledger.Call, []int) {
	at := make([]int, len(parts)) // the node of each part: its own position, or that of its twin
	for i, p := range parts {
		at[i] = i
		if p.twin >= 0 && p.twin < i && mayTravel(p, parts[p.twin]) {
			at[i] = p.twin
		}
	}
	for _, node := range circular(parts, at) {
		if twin := parts[node].twin; twin >= 0 {
			gains, losses := max(node, twin), min(node, twin)
			at[gains], at[losses] = gains, losses
			parts[losses].comesAfter(gains)
		}
	}
	calls := make([]ledger.Call, 0, len(parts))
	number := make([]int, len(parts))
	for i := range parts {
		if at[i] != i {
			continue
		}
		c := newCall(parts[i])
		if twin := parts[i].twin; twin >= 0 && at[twin] == i {
			c = merged(parts[i], parts[twin])
		}
		calls = append(calls, c)
		number[i] = len(calls)
		calls[len(calls)-1].ID = number[i]
	}
	callOf := make([]int, len(parts))
	for i := range parts {
		callOf[i] = number[at[i]]
	}
	follow(calls, parts, callOf)
	return calls, callOf
}

// follow makes calls come after each other as their parts do.
func follow(calls []ledger.Call, parts []*part, callOf []int) {
	for i, p := range parts {
		c := &calls[callOf[i]-1]
		for _, other := range p.after {
			if id := callOf[other]; id != c.ID && !slices.Contains(c.After, id) {
				c.After = append(c.After, id)
			}
		}
		slices.Sort(c.After)
	}
}

// mayTravel reports whether two parts of one holder can be one request: what
// waits for something does not hold up what does not.
//
// A person who loses one product now and gets another after a purchase has two calls. To
// hold the loss back would keep a seat that others wait for.
func mayTravel(a, b *part) bool { return a.waits == b.waits }

// circular returns the nodes that wait for each other in circles: those left
// when nodes that wait for nobody, and nodes for whom nobody waits, are taken
// away until there are none.
func circular(parts []*part, at []int) []int {
	before, behind := map[int]map[int]bool{}, map[int]map[int]bool{}
	edge := func(table map[int]map[int]bool, a, b int) {
		if table[a] == nil {
			table[a] = map[int]bool{}
		}
		table[a][b] = true
	}
	for i, p := range parts {
		for _, other := range p.after {
			if at[i] != at[other] {
				edge(before, at[i], at[other])
				edge(behind, at[other], at[i])
			}
		}
	}
	peel(before, behind)
	peel(behind, before)
	var left []int
	for node, waits := range before {
		if len(waits) > 0 {
			left = append(left, node)
		}
	}
	slices.Sort(left)
	return left
}

// peel takes away, again and again, the nodes with no edge in one direction.
func peel(from, to map[int]map[int]bool) {
	var free []int
	for node := range to {
		if len(from[node]) == 0 {
			free = append(free, node)
		}
	}
	for len(free) > 0 {
		node := free[0]
		free = free[1:]
		for next := range to[node] {
			delete(from[next], node)
			if len(from[next]) == 0 {
				free = append(free, next)
			}
		}
		delete(to, node)
	}
}

// newCall makes a call of one part. Parts that travel together are put into it later.
func newCall(p *part) ledger.Call {
	c := ledger.Call{Holder: p.steps[0].Holder, Steps: p.steps, Manual: p.manual, Waits: p.waits}
	c.Takes, c.Releases = splitDraws(p.draws)
	return c
}

// merged is a call of two parts: its steps in the order of their items.
func merged(a, b *part) ledger.Call {
	both := &part{steps: slices.Concat(a.steps, b.steps), draws: slices.Clone(a.draws), manual: a.manual, waits: a.waits}
	for _, d := range b.draws {
		both.bookUnits(d.Pool, d.Units, d.Limit)
	}
	slices.SortStableFunc(both.steps, func(x, y ledger.Step) int { return x.Key().Compare(y.Key()) })
	return newCall(both)
}

// splitDraws sorts draws into what is taken and what is released.
func splitDraws(draws []ledger.Draw) (takes, releases []ledger.Draw) {
	draws = slices.Clone(draws)
	slices.SortFunc(draws, compareDraws)
	for _, d := range draws {
		switch {
		case d.Units > 0:
			takes = append(takes, d)
		case d.Units < 0:
			d.Units = -d.Units
			releases = append(releases, d)
		}
	}
	return takes, releases
}

// compareDraws orders draws by pool, with what lowers a limit last.
func compareDraws(a, b ledger.Draw) int {
	if c := comparePools(a.Pool, b.Pool); c != 0 || a.Limit == b.Limit {
		return c
	}
	if a.Limit {
		return 1
	}
	return -1
}

// net is what a call does to each pool, releases negative.
func net(c ledger.Call) []ledger.Draw {
	draws := slices.Clone(c.Takes)
	for _, d := range c.Releases {
		d.Units = -d.Units
		draws = append(draws, d)
	}
	return draws
}

// locate makes calls that give a seat to somebody without a usage location set
// one first, where the files say where the person is.
func locate(calls []ledger.Call, in Input) {
	nowhere := map[ledger.HolderID]bool{}
	for _, h := range in.Have.Nowhere {
		nowhere[h] = true
	}
	for i := range calls {
		if c := &calls[i]; nowhere[c.Holder.Identity()] && slices.ContainsFunc(c.Steps, func(s ledger.Step) bool { return s.Op == ledger.Add }) {
			c.Location = in.Location[c.Holder.Identity()]
		}
	}
}
