package export

import (
	"fmt"
	"slices"
	"strings"

	"github.com/usher-cli/usher/config"
	"github.com/usher-cli/usher/ledger"
)

// environments writes the capacity that is owned, and what environments, flows and machines have
// of it.
func (w *writer) environments() {
	inside := map[string][]ledger.Grant{} // by the id of the environment
	around := map[string]ledger.Holder{}
	for _, g := range w.Grants {
		id := g.Holder.EnvironmentID()
		if g.Item.Kind != ledger.Capacity || w.Said(g.Key()) || len(w.chosen.Environments) > 0 && !slices.Contains(w.chosen.Environments, id) {
			continue
		}
		if text := w.unsayable(g); text != "" {
			w.leave(string(g.Address()), text)
			continue
		}
		inside[id] = append(inside[id], g)
		around[id] = ledger.Holder{Kind: ledger.Environment, ID: id, Name: g.Holder.Around()}
	}
	used := map[string]bool{}
	var all []ledger.Holder
	for id, h := range around {
		all = append(all, h)
		for _, g := range inside[id] {
			used[g.Item.ID] = true
		}
	}
	slices.SortFunc(all, func(a, b ledger.Holder) int { return strings.Compare(a.Name+"\x00"+a.ID, b.Name+"\x00"+b.ID) })
	w.capacity(used)
	var blocks []string
	for _, h := range all {
		blocks = append(blocks, contents(inside[h.ID])+w.environment(h, inside[h.ID]))
	}
	w.file("environments.hcl", "What environments have of the capacity that is owned.", blocks, ledger.Count(len(all), "environment"))
}

// unsayable says why the language has no word for units; "" where it has one.
func (w *writer) unsayable(g ledger.Grant) string {
	if g.Holder.Kind == ledger.Flow && g.Units != 1 {
		return fmt.Sprintf("it has %d units of %s, and a flow block says one", g.Units, g.Item.Name)
	}
	return ""
}

// environment writes one environment.
func (w *writer) environment(h ledger.Holder, grants []ledger.Grant) string {
	order := []ledger.HolderKind{ledger.Environment, ledger.Flow, ledger.Machine, ledger.MachineGroup}
	slices.SortStableFunc(grants, func(a, b ledger.Grant) int {
		if d := slices.Index(order, a.Holder.Kind) - slices.Index(order, b.Holder.Kind); d != 0 {
			return d
		}
		return strings.Compare(a.Holder.Name+"\x00"+a.Holder.ID+"\x00"+a.Item.Name, b.Holder.Name+"\x00"+b.Holder.ID+"\x00"+b.Item.Name)
	})
	label, id := h.Name, ""
	if ref := w.Reference(h); ref != h.Name {
		id = ref
	}
	return config.EnvironmentBlock(label, id, config.EnvironmentBlocks(grants, w.Reference))
}

// capacity writes the types of capacity that are owned or in use.
func (w *writer) capacity(used map[string]bool) {
	var all []*ledger.Supply
	for i := range w.Supply {
		s := &w.Supply[i]
		if s.Item.Kind == ledger.Capacity && w.Labels[s.Item.ID] == "" && (used[s.Item.ID] || w.chosen.All() && s.Owned > 0) {
			all = append(all, s)
		}
	}
	slices.SortFunc(all, func(a, b *ledger.Supply) int { return strings.Compare(a.Item.Name, b.Item.Name) })
	var blocks []string
	for _, s := range all {
		kind := ""
		if _, known := w.Catalog.CapacityByName(s.Item.Name); !known {
			kind = s.Item.ID
		}
		blocks = append(blocks, config.CapacityBlock(s.Item.Name, kind, s.Owned))
	}
	w.file("capacity.hcl", "The capacity of the Power Platform that is owned.", blocks, ledger.Count(len(blocks), "type"))
}

// contents says how many of what have units in an environment; "" where nothing has.
func contents(grants []ledger.Grant) string {
	flows, machines := 0, 0
	for _, g := range grants {
		switch g.Holder.Kind {
		case ledger.Flow:
			flows++
		case ledger.Machine, ledger.MachineGroup:
			machines++
		}
	}
	if flows+machines == 0 {
		return ""
	}
	return comment(fmt.Sprintf("%s and %s in it have units.", ledger.Count(flows, "flow"), ledger.Count(machines, "machine")))
}

// purchases writes what people may buy by themselves.
func (w *writer) purchases() {
	var all []ledger.Grant
	for _, g := range w.Grants {
		if g.Holder.Kind == ledger.SelfService && !w.Said(g.Key()) {
			all = append(all, g)
		}
	}
	slices.SortFunc(all, func(a, b ledger.Grant) int {
		return strings.Compare(a.Holder.Name+"\x00"+a.Holder.ID, b.Holder.Name+"\x00"+b.Holder.ID)
	})
	var blocks []string
	for _, g := range all {
		blocks = append(blocks, config.PurchaseBlock(w.Reference(g.Holder), g.Policy))
	}
	w.file("purchases.hcl", "What people may buy by themselves.", blocks, ledger.Count(len(blocks), "product"))
}
