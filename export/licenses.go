package export

import (
	"fmt"
	"strings"

	"github.com/usher-cli/usher/catalog"
	"github.com/usher-cli/usher/config"
	"github.com/usher-cli/usher/ledger"
)

// licenses writes what is owned: every product that somebody has, or that could be given.
func (w *writer) licenses() {
	held := w.held()
	var blocks []string
	for _, s := range w.products() {
		id := s.Item.ID
		switch {
		case !w.wanted(s, held[id]), w.Labels[id] != "":
			continue
		case s.SelfService:
			if n := held[id].people + held[id].groups; n > 0 {
				w.leave(s.Item.Name, ledger.Plural(n, "holder has", "holders have")+" it. "+bought)
			}
			continue
		case held[id] == (holding{}) && (!s.Assignable || s.Free || s.Owned == 0):
			continue // nobody has it, and there is nothing to give
		}
		quantity := s.Owned
		if !w.isBought(s) {
			quantity = -1
		}
		sku := s.Item.Name
		if w.isTwin(s) {
			sku = id
		}
		blocks = append(blocks, comment(w.describe(s, held[id]))+config.LicenseBlock(w.labels[id], sku, quantity))
	}
	w.file("licenses.hcl", "The licenses of the tenant, with what is owned.", blocks, ledger.Count(len(blocks), "license"))
}

// isBought reports whether somebody buys seats of a product, so that there is a quantity to
// declare.
func (w *writer) isBought(s *ledger.Supply) bool {
	for _, known := range w.Catalog.Product(s.Item.Name) {
		if known.Kind == catalog.Free || known.Kind == catalog.Trial {
			return false
		}
	}
	return !s.Free && !s.Trial
}

// bought is why nobody can manage a product that people buy themselves.
const bought = "People bought it themselves, and Microsoft lets no program give it or take it away"

// wanted reports whether a product is to be exported: the chosen ones, and those of chosen groups.
func (w *writer) wanted(s *ledger.Supply, held holding) bool {
	return w.chosen.product(s.Item.ID) && (len(w.chosen.Groups) == 0 || held.groups > 0) &&
		(w.chosen.Grants == nil || held.people+held.groups > 0)
}

// holding is how many have a product.
type holding struct{ people, groups, byGroup int }

// held counts who has each product: people directly, groups, and people by those.
func (w *writer) held() map[string]holding {
	all := map[string]holding{}
	for _, g := range w.Grants {
		if g.Item.Kind != ledger.Seat || !w.isChosen(g) {
			continue
		}
		n := all[g.Item.ID]
		if g.Holder.Kind == ledger.User {
			n.people++
		} else {
			n.groups++
		}
		all[g.Item.ID] = n
	}
	type seat struct{ user, item string }
	seen := map[seat]bool{}
	for _, i := range w.Inherited {
		if at := (seat{i.User.ID, i.Item}); i.Error == "" && !seen[at] {
			seen[at] = true
			n := all[i.Item]
			n.byGroup++
			all[i.Item] = n
		}
	}
	return all
}

// isTwin reports whether the part number of a product means several.
func (w *writer) isTwin(s *ledger.Supply) bool {
	for i := range w.Supply {
		if o := &w.Supply[i]; o.Item.ID != s.Item.ID && o.Item.Kind == ledger.Seat && strings.EqualFold(o.Item.Name, s.Item.Name) {
			return true
		}
	}
	return s.Item.Name == ""
}

// describe says what a product is, how much of it there is, and who has it.
func (w *writer) describe(s *ledger.Supply, n holding) string {
	text := fmt.Sprintf("%s: %d owned, %d in use", w.title(s.Item), s.Owned, s.Used)
	if s.Free {
		text = fmt.Sprintf("%s: free, %d in use", w.title(s.Item), s.Used)
	}
	var by []string
	if n.people > 0 {
		by = append(by, ledger.Plural(n.people, "person has", "people have")+" it directly")
	}
	if n.groups > 0 {
		by = append(by, ledger.Plural(n.groups, "group gives it to ", "groups give it to ")+ledger.Plural(n.byGroup, "person", "people"))
	}
	if len(by) > 0 {
		text += ". " + strings.Join(by, ", ")
	}
	if s.InactiveSeats() > 0 {
		text += ". Besides, " + s.InactiveText()
	}
	if s.Grace > 0 {
		text += fmt.Sprintf(". %s past their term", ledger.Plural(s.Grace, "seat is", "seats are"))
	}
	return text + "."
}
