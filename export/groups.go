package export

import (
	"fmt"
	"slices"
	"strings"

	"github.com/usher-cli/usher/config"
	"github.com/usher-cli/usher/ledger"
)

// groups writes what groups give: an assignment for each group.
func (w *writer) groups() {
	grants, members := map[ledger.Holder][]ledger.Grant{}, map[string]ledger.Members{}
	var all []ledger.Holder
	for _, g := range w.seatGrants(ledger.Group) {
		switch s := w.supply[g.Item.ID]; {
		case s == nil:
			w.leave(string(g.Address()), "the tenant does not list this product any more")
			continue
		case s.SelfService:
			continue // told with its license
		}
		if grants[g.Holder] == nil {
			all = append(all, g.Holder)
		}
		grants[g.Holder] = append(grants[g.Holder], g)
	}
	for _, m := range w.Members {
		members[m.Group] = m
	}
	slices.SortFunc(all, func(a, b ledger.Holder) int { return strings.Compare(a.Name+"\x00"+a.ID, b.Name+"\x00"+b.ID) })
	var blocks []string
	for _, h := range all {
		ref := w.Reference(h)
		a := config.Assignment{Name: free(slug(h.Name), "group_"+h.ID, w.taken), Kind: ledger.Group, Names: []string{ref}}
		for _, g := range grants[h] {
			a.Grants = append(a.Grants, config.Grant{License: w.labels[g.Item.ID], Off: w.off(g)})
		}
		slices.SortFunc(a.Grants, func(a, b config.Grant) int { return strings.Compare(a.License, b.License) })
		text := whoIsIn(members[h.ID])
		if ref != h.Name {
			text += " Its name means several groups, so its id stands here."
		}
		blocks = append(blocks, comment(text)+a.Block())
	}
	w.unlisted(members)
	w.file("groups.hcl", "The licenses that groups give to their members.", blocks, ledger.Count(len(blocks), "group"))
}

// whoIsIn says who is in a group.
func whoIsIn(m ledger.Members) string {
	text := ledger.Plural(len(m.Users), "person is", "people are") + " directly in the group."
	if len(m.Inside) > 0 {
		text += " The service gives nothing to the members of the groups inside it: " + strings.Join(m.Inside, ", ") + "."
	}
	if m.Rule != "" {
		text += " The service chooses its members by the rule " + m.Rule
	}
	return text
}

// unlisted tells of groups that give people something, and that no reading of groups shows.
func (w *writer) unlisted(members map[string]ledger.Members) {
	type gift struct{ group, item string }
	people := map[gift]int{}
	for _, i := range w.Inherited {
		given := ledger.Grant{Holder: ledger.Holder{Kind: ledger.Group, ID: i.Group}, Item: ledger.Item{ID: i.Item}}
		if _, read := members[i.Group]; !read && w.isChosen(given) {
			people[gift{i.Group, i.Item}]++
		}
	}
	var all []gift
	for g := range people {
		all = append(all, g)
	}
	slices.SortFunc(all, func(a, b gift) int { return strings.Compare(a.group+"\x00"+a.item, b.group+"\x00"+b.item) })
	for _, g := range all {
		name := g.item
		if s := w.supply[g.item]; s != nil {
			name = s.Item.Name
		}
		w.leave(ledger.Holder{Kind: ledger.Group, ID: g.group, Name: g.group}.Address(),
			fmt.Sprintf("it gives %s to %s, and it is in no list of groups", name, ledger.Plural(people[g], "person", "people")))
	}
}
