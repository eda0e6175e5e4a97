package tenant

import (
	"fmt"
	"slices"
	"strings"

	"github.com/usher-cli/usher/ledger"
)

// listOf is a list of service plans and the product that it is about.
type listOf struct {
	list    *ledger.ServicePlanList
	product string // id
}

// disabled is what a list comes to.
type disabled struct {
	plans   ledger.ServicePlanIDs
	blocked bool // nobody can tell: whoever it is about stays as they are
}

// plans turns a list of service plans into the set of disabled ones. An allow-list disables
// all others that a person can be without. A list is looked up once, also for 8,000 people.
func (x *resolver) plans(list *ledger.ServicePlanList, s *ledger.Supply) disabled {
	if list == nil {
		return disabled{}
	}
	x.unsure = x.unsure || !list.Sure
	key := listOf{list, s.Item.ID}
	found, done := x.lists[key]
	if !done {
		found = x.lookUp(list, s)
		x.lists[key] = found
	}
	return found
}

// lookUp finds the service plans of a list among those of the product in the tenant.
func (x *resolver) lookUp(list *ledger.ServicePlanList, s *ledger.Supply) disabled {
	if len(s.Plans) == 0 && len(list.Names) > 0 { // an empty answer would switch everything on
		x.tellPlan(list, ledger.Warning, "plans-unread", fmt.Sprintf("the tenant tells of no service plan of %s. usher changes nothing for the "+
			"people of this list", s.Item.Name), "take the list out if the product has no service plans")
		return disabled{blocked: true}
	}
	named, out := map[string]bool{}, disabled{plans: ledger.ServicePlanIDs{}}
	for _, ref := range list.Names {
		at := slices.IndexFunc(s.Plans, func(p ledger.ServicePlan) bool { return strings.EqualFold(p.Name, ref) || strings.EqualFold(p.ID, ref) })
		switch {
		case at < 0:
			blocked := x.missingPlan(ref, list, s)
			out.blocked = out.blocked || blocked
		case s.Plans[at].ByTenant && !list.Only:
			x.tellPlan(list, ledger.Error, "plan-of-tenant",
				fmt.Sprintf("%s of %s applies to the whole tenant and cannot be switched off for one person", ref, s.Item.Name),
				"take it out of disabled_plans")
		default:
			named[s.Plans[at].ID] = true
		}
	}
	for _, p := range s.Plans {
		if !p.ByTenant && named[p.ID] != list.Only {
			out.plans = append(out.plans, p.ID)
		}
	}
	slices.Sort(out.plans)
	return out
}

// missingPlan tells of a name in a list that the product does not have, and whether it holds up
// the people of the list.
//
// Microsoft takes service plans out of products. One that the product does not have any more
// is off, whatever a list says, and stops nobody. A name that nothing knows may be a slip, and
// then the person would keep a service that the file means to switch off: it is refused. One
// that only other products are known to have may be either, and holds up the people of the list.
func (x *resolver) missingPlan(ref string, list *ledger.ServicePlanList, s *ledger.Supply) (blocked bool) {
	const stay = "usher changes nothing for the people of this list"
	correct := "take it out of the list, or correct it; " + plansOf(s)
	switch {
	case x.hadPlan(s, ref):
		x.tellPlan(list, ledger.Warning, "plan-gone",
			fmt.Sprintf("%s has no service plan %s in this tenant, so nobody has it from there", s.Item.Name, ref), "take it out of the list")
	case x.isServicePlan(ref):
		x.tellPlan(list, ledger.Warning, "plan-of-other",
			fmt.Sprintf("%s has no service plan %s, and only other products are known to have one. %s", s.Item.Name, ref, stay), correct)
		return true
	case x.lostPlans(s):
		x.tellPlan(list, ledger.Warning, "plan-unknown", fmt.Sprintf("%s has no service plan %s. The product has lost one since the last run, "+
			"and it may be this one. %s", s.Item.Name, ref, stay), correct)
		return true
	default:
		x.tellPlan(list, ledger.Error, "plan-unknown",
			fmt.Sprintf("%s has no service plan %s%s", s.Item.Name, ref, didYouMean(ref, servicePlanNames(s))), plansOf(s))
	}
	return false
}

// hadPlan reports whether the product is known to have had a service plan: by the catalog, or
// by the state, which has switched it off for somebody.
func (x *resolver) hadPlan(s *ledger.Supply, ref string) bool {
	for _, product := range x.catalog.Product(s.Item.ID) {
		if _, had := product.Plan(ref); had {
			return true
		}
	}
	names := x.catalog.ServicePlanNames()
	return slices.ContainsFunc(x.known, func(g ledger.Grant) bool {
		return g.Item.ID == s.Item.ID && slices.ContainsFunc(g.Without, func(id string) bool {
			return strings.EqualFold(id, ref) || strings.EqualFold(names[id], ref)
		})
	})
}

// isServicePlan reports whether any product has, or had, a service plan of a name or an id.
func (x *resolver) isServicePlan(ref string) bool {
	for id, name := range x.catalog.ServicePlanNames() {
		if strings.EqualFold(ref, id) || strings.EqualFold(ref, name) {
			return true
		}
	}
	return false
}

// lostPlans reports whether the state knows a service plan of the product that neither the
// product nor the catalog has: the state knows its id and not its name.
func (x *resolver) lostPlans(s *ledger.Supply) bool {
	names := x.catalog.ServicePlanNames()
	return slices.ContainsFunc(x.known, func(g ledger.Grant) bool {
		return g.Item.ID == s.Item.ID && slices.ContainsFunc(g.Without, func(id string) bool {
			return names[id] == "" && !slices.ContainsFunc(s.Plans, func(p ledger.ServicePlan) bool { return p.ID == id })
		})
	})
}

// tellPlan tells of a service plan at the line of its list, once.
func (x *resolver) tellPlan(list *ledger.ServicePlanList, severity ledger.Severity, code, text, fix string) {
	x.tell(severity, code, text, fix, list.Origin)
}

// plansOf lists the service plans of a product, as the way out of a wrong name.
func plansOf(s *ledger.Supply) string {
	return "its plans are " + strings.Join(servicePlanNames(s), ", ")
}

// servicePlanNames are those that a person can be without.
func servicePlanNames(s *ledger.Supply) []string {
	var names []string
	for _, p := range s.Plans {
		if !p.ByTenant {
			names = append(names, p.Name)
		}
	}
	return names
}

// agree refuses grants of one holder and product that want different service plans. Files are
// compared before they get here, except where the catalog does not know a plan that they name.
func (x *resolver) agree() {
	first := map[ledger.Key]*ledger.Grant{}
	compare := func(g *ledger.Grant) {
		was, twice := first[g.Key()]
		switch {
		case !twice || was.Without == nil: // unset agrees with everything, and says nothing of a third
			first[g.Key()] = g
		case !was.Without.Equal(g.Without) && x.found(g.Key()): // somebody edited the directory: that stops one person, and not all
			x.out.Blocked = append(x.out.Blocked, g.Holder)
			x.out.Notices = append(x.out.Notices, ledger.Notice{Code: "plans-contradict", Severity: ledger.Warning, Address: string(g.Address()),
				Text: "two declarations want different service plans, and one of them finds this person by attributes: nothing is done",
				Fix:  "write the same list in both, or leave the person out of one", Origins: ledger.MergeOrigins(was.Origins, g.Origins)})
		case !was.Without.Equal(g.Without):
			x.out.Notices = append(x.out.Notices, ledger.Notice{Code: "plans-contradict", Severity: ledger.Error, Address: string(g.Address()),
				Text: "two declarations want different service plans", Fix: "write the same list in both",
				Origins: ledger.MergeOrigins(was.Origins, g.Origins)})
		}
	}
	for i := range x.out.Want {
		compare(&x.out.Want[i])
	}
	for i := range x.out.Dated {
		compare(&x.out.Dated[i].Grant)
	}
}

// found reports whether a selection finds the holder of a grant.
func (x *resolver) found(key ledger.Key) bool {
	_, found := x.out.Matches[key]
	return found
}
