package export

import (
	"strings"

	"github.com/usher-cli/usher/ledger"
)

// look prepares to look for rules.
func (w *writer) look() {
	w.asleep, w.place = map[ledger.HolderID]bool{}, map[string]int32{}
	for _, id := range w.Disabled {
		w.asleep[id] = true
	}
	guest := -1
	for i, attribute := range w.Attributes {
		if attribute == ledger.UserType {
			guest = i
		}
	}
	if guest < 0 || len(w.Rows) == 0 {
		return
	}
	findable := make([]bool, len(w.Rows))
	w.guests = make([]bool, len(w.Rows))
	for i, row := range w.Rows {
		w.place[w.People[i].ID] = int32(i)
		w.guests[i] = strings.EqualFold(row[guest], "Guest")
		findable[i] = !w.guests[i] && !w.asleep[w.People[i].Identity()]
	}
	w.direct = map[string][]ledger.Grant{}
	for _, g := range w.Grants {
		if g.Holder.Kind == ledger.User {
			w.direct[g.Item.ID] = append(w.direct[g.Item.ID], g)
		}
	}
	w.miner = newMiner(w.Attributes, w.Rows, findable)
}

// rules finds the rules that describe the holders of a variant. It returns those who have to be
// named besides, and those whom the rules have to leave out.
func (w *writer) rules(v variant, holders []ledger.Holder) (members []ledger.Selector, named, leftOut []ledger.Holder) {
	if w.miner == nil || len(holders) < ruleCost+conditionCost+leastSaved {
		return nil, holders, nil
	}
	of, set := w.standings(v), []int32{}
	for _, h := range holders {
		if i, known := w.place[h.ID]; known && w.miner.findable[i] {
			of[i] = wanted
			set = append(set, i)
		}
	}
	rules := w.miner.describe(set, of)
	for _, h := range holders {
		if i, known := w.place[h.ID]; !known || of[i] != found {
			named = append(named, h)
		}
	}
	for i := range of {
		if of[i] == excepted {
			leftOut = append(leftOut, w.People[i])
		}
	}
	return w.miner.selectors(rules), named, leftOut
}

// standings are how people stand to a variant, before anybody is wanted. A rule also finds a
// disabled account that has the product, and so it must not ask for another variant of it there.
func (w *writer) standings(v variant) []standing {
	of := make([]standing, len(w.Rows))
	for i, findable := range w.miner.findable {
		if !findable {
			of[i] = hidden
		}
	}
	for _, g := range w.direct[v.item] {
		i, known := w.place[g.Holder.ID]
		if !known || w.guests[i] {
			continue
		}
		elsewhere := w.Said(g.Key()) || w.asleep[g.Holder.Identity()]
		same := strings.Join(w.off(g), " ") == v.off
		switch {
		case v.off == "" || same && elsewhere: // another assignment says the same, or more
			of[i] = either
		case w.asleep[g.Holder.Identity()]:
			of[i] = other
		}
	}
	return of
}
