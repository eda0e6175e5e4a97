package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/usher-cli/usher/ledger"
)

// units reports whether environments or their capacity concern this run: they
// are declared, on record, or asked for. Otherwise nobody needs rights to them.
func (s *session) units() bool {
	ofCapacity := func(p ledger.ItemRules) bool { return p.Item.Kind == ledger.Capacity }
	onRecord := func(g ledger.Grant) bool { return g.Holder.Kind.Holds() == ledger.Capacity }
	named := func(h ledger.Holder) bool { return h.Kind.Holds() == ledger.Capacity }
	return s.everything || len(s.cfg.Environments) > 0 || slices.ContainsFunc(s.planned(), named) ||
		slices.ContainsFunc(s.cfg.Items, ofCapacity) || s.records(onRecord) ||
		slices.ContainsFunc(s.cfg.Guard.Protect, named) ||
		slices.ContainsFunc(s.targets, named)
}

func position(o ledger.Origin) string { return fmt.Sprintf("%s:%d", o.File, o.Line) }

// planned lists the holders of the saved plan that is to be applied, and of the run
// that is to be undone: both are also about what no file and no record names any more.
func (s *session) planned() []ledger.Holder {
	all := slices.Clone(s.undone)
	if s.saved == nil {
		return all
	}
	for _, step := range s.saved.Steps() {
		all = append(all, step.Holder)
	}
	return all
}

// mentioned lists the groups and the environments that the files or the state
// name, by id or name: what is in those has to be read, too.
func (s *session) mentioned() (groups, environments []string) {
	add := func(list []string, ref string) []string {
		if ref == "" || slices.ContainsFunc(list, func(other string) bool { return strings.EqualFold(other, ref) }) {
			return list
		}
		return append(list, ref)
	}
	for i := range s.cfg.Wants {
		if w := &s.cfg.Wants[i]; w.Kind == ledger.Group {
			groups = add(groups, w.Holder)
		}
	}
	for _, h := range slices.Concat(s.cfg.Guard.Protect, s.targets) {
		if h.Kind == ledger.Group {
			groups = add(groups, h.Name)
		}
		environments = add(environments, h.Around())
	}
	for _, p := range s.cfg.Environments {
		environments = add(environments, p.Environment.Name)
	}
	for _, h := range s.planned() {
		if h.Kind == ledger.Group {
			groups = add(groups, h.ID)
		}
		environments = add(environments, h.EnvironmentID())
	}
	var last ledger.Holder
	for _, grants := range s.recorded() {
		for i := range grants {
			h := grants[i].Holder
			if h == last || h.Kind == ledger.User {
				continue
			}
			if last = h; h.Kind == ledger.Group {
				groups = add(groups, h.ID)
			}
			environments = add(environments, h.EnvironmentID())
		}
	}
	return groups, environments
}

// about lists the holders and the products that the state is about, each once.
func (s *session) about() (holders []ledger.Holder, products []ledger.Item) {
	seen, items := map[ledger.HolderID]bool{}, map[string]bool{}
	for _, grants := range s.recorded() {
		for i := range grants {
			g := &grants[i]
			if id := g.Holder.Identity(); !seen[id] {
				seen[id] = true
				holders = append(holders, g.Holder)
			}
			if g.Item.Kind == ledger.Seat && !items[g.Item.ID] {
				items[g.Item.ID] = true
				products = append(products, g.Item)
			}
		}
	}
	return holders, products
}

// recorded is everything that the state is about: what is known, what an
// interrupted run meant to do, what is not effective yet, and what a run was turning
// off and on.
func (s *session) recorded() [][]ledger.Grant {
	all := [][]ledger.Grant{s.known}
	if s.doc == nil {
		return all
	}
	if s.doc.Claims != nil {
		all = append(all, s.doc.Claims.Grants, s.doc.Claims.Removals)
	}
	var pending []ledger.Grant
	for _, p := range s.doc.Pending {
		pending = append(pending, p.Grant)
	}
	return append(all, pending, s.doc.Restarts)
}

// records reports whether the state is about something of a kind.
func (s *session) records(of func(ledger.Grant) bool) bool {
	return slices.ContainsFunc(s.recorded(), func(grants []ledger.Grant) bool { return slices.ContainsFunc(grants, of) })
}
