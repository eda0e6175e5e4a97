package tenant

import (
	"fmt"
	"slices"
	"strings"

	"github.com/usher-cli/usher/ledger"
)

// items gives the rules of every item its id, and returns the products by the
// name that the files use for them.
func (x *resolver) items(rules []ledger.ItemRules) map[string]*ledger.Supply {
	products := map[string]*ledger.Supply{}
	labels := map[string]ledger.ItemRules{}
	for _, p := range rules {
		if p.Item.Kind == ledger.Seat {
			supply := x.product(p)
			if supply == nil {
				continue
			}
			products[p.Item.Name] = supply
			p.Item = supply.Item
		}
		if first, twice := labels[p.Item.ID]; twice {
			x.out.Notices = append(x.out.Notices, ledger.Notice{Code: "product-doubled", Severity: ledger.Error,
				Text:    fmt.Sprintf("%s and %s are the same product, %s", first.Origin.Block, p.Origin.Block, p.Item.Name),
				Fix:     "keep one of the two blocks: two cannot share a pool",
				Origins: ledger.MergeOrigins([]ledger.Origin{first.Origin}, []ledger.Origin{p.Origin})})
			continue
		}
		labels[p.Item.ID] = p
		x.out.Items = append(x.out.Items, p)
	}
	return products
}

func (x *resolver) product(p ledger.ItemRules) *ledger.Supply {
	var problem, fix string
	switch found := x.products(p.Item); {
	case len(found) == 0 && x.vanish(p):
		return nil
	case len(found) == 0:
		owned := x.assignable()
		problem, fix = "the tenant does not own "+p.Item.Name+didYouMean(p.Item.Name, owned), "buy it first, or correct the name"
		if len(owned) > 0 {
			fix += "; the tenant owns " + strings.Join(owned, ", ")
		}
	case len(found) > 1:
		problem, fix = fmt.Sprintf("%d products of the tenant are called %s", len(found), p.Item.Name), "write the id of one: "+productIDs(found)
	case found[0].SelfService:
		problem = found[0].Item.Name + " was bought by people themselves, and the service lets no program assign or remove it"
		fix = "manage it in the admin centre"
	case !found[0].Assignable:
		problem, fix = found[0].Item.Name+" is capacity of the whole tenant and cannot be given to "+
			"people", "declare a capacity block, and allocate it to environments"
	default:
		return found[0]
	}
	x.out.Notices = append(x.out.Notices, ledger.Notice{Code: "product-unusable", Severity: ledger.Error, Text: problem, Fix: fix,
		Origins: []ledger.Origin{p.Origin}})
	return nil
}

// vanish notes a product that the state is about and the tenant does not have any
// more: what people had of it is lost already, which stops nobody else.
func (x *resolver) vanish(p ledger.ItemRules) bool {
	var item ledger.Item
	for id, v := range x.Vanished {
		if id == p.Item.ID || p.Item.ID == "" && strings.EqualFold(v.Item.Name, p.Item.Name) {
			item = v.Item
		}
	}
	if item.ID == "" {
		return false
	}
	x.out.Vanished[item.ID] = true
	if x.Vanished[item.ID].Unread {
		return true // which is said already
	}
	x.out.Notices = append(x.out.Notices, ledger.Notice{Code: "product-gone", Severity: ledger.Warning, Address: item.Name,
		Text:    "the tenant does not have this product any more: its subscription was deleted, and nothing is done for it",
		Fix:     "take the license block and its grants out of the files, or buy the product again",
		Origins: []ledger.Origin{p.Origin}})
	return true
}

// products finds what an item names: the SKU of an id, or every SKU of a name.
func (x *resolver) products(item ledger.Item) []*ledger.Supply {
	var found []*ledger.Supply
	for i := range x.Supply {
		s := &x.Supply[i]
		if s.Item.Kind != ledger.Seat {
			continue
		}
		if item.ID != "" && s.Item.ID == item.ID || item.ID == "" && strings.EqualFold(s.Item.Name, item.Name) {
			found = append(found, s)
		}
	}
	return found
}

func productIDs(found []*ledger.Supply) string {
	var all []string
	for _, s := range found {
		all = append(all, s.Item.ID)
	}
	return strings.Join(all, ", ")
}

func (x *resolver) assignable() []string {
	var names []string
	for _, s := range x.Supply {
		if s.Assignable && !s.SelfService {
			names = append(names, s.Item.Name)
		}
	}
	slices.Sort(names)
	return names
}
