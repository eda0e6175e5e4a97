package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/usher-cli/usher/catalog"
	"github.com/usher-cli/usher/ledger"
)

// grant lowers a grant block to a want without a holder; false where it is wrong.
//
//	grant "e5" {
//	  disabled_plans = ["MCOSTANDARD"]
//	}
//
// A list that is not written is unset: whatever service plans somebody has off stay off. An
// empty list of disabled_plans says that all are on, and one of enabled_plans that none is.
func (l *lowering) grant(g *hclsyntax.Block, ev *evaluator, name, label string) (ledger.Want, bool) {
	lic, ok := l.licenses[label]
	if !ok {
		if _, isCapacity := l.capacities[label]; isCapacity {
			l.fail(
				g.LabelRanges[0],
				"Capacity for people",
				"%q is capacity. Environments hold capacity: put it in the capacity block of an environment.",
				label,
			)
		} else {
			l.fail(g.LabelRanges[0], "Unknown license", "There is no license %q.%s", label, l.licenseMeant(label))
		}
		return ledger.Want{}, false
	}
	if lic.product != nil && lic.product.Kind == catalog.SelfService {
		l.fail(
			g.DefRange(),
			"Self-service product",
			"%s is bought by people themselves, and Microsoft lets no program assign or remove it.",
			lic.rules.Item.Name,
		)
		return ledger.Want{}, false
	}
	if lic.product != nil && lic.product.Kind == catalog.Free {
		l.diags = append(
			l.diags,
			warning(
				g.DefRange(),
				"Free product",
				"%s only records that somebody uses it. Giving it allows nothing, and removing it stops nobody from using Power "+
					"Automate as an individual.",
				lic.product.PartNumber,
			),
		)
	}
	want := ledger.Want{Kind: ledger.User, Item: lic.rules.Item, Units: 1}
	attrs := g.Body.Attributes
	off, on := l.plans(attrs["disabled_plans"], ev, lic), l.plans(attrs["enabled_plans"], ev, lic)
	if off != nil && on != nil {
		l.fail(g.DefRange(), "Two lists of plans", "Write disabled_plans or enabled_plans, not both: one follows from the other.")
	}
	if want.Plans = cmp.Or(off, on); want.Plans != nil {
		want.Plans.Only = off == nil
		want.Plans.Origin.Block = name
	}
	return want, true
}

// licenseMeant suggests the license that a grant may mean: one whose product has that name, or
// one whose label is nearly the same.
func (l *lowering) licenseMeant(label string) string {
	for _, other := range l.licenseLabels() {
		lic := l.licenses[other]
		if strings.EqualFold(lic.rules.Item.Name, label) || lic.product != nil && strings.EqualFold(lic.product.Name, label) {
			return fmt.Sprintf(" %s is the product of license %q: write grant %q.", label, other, other)
		}
	}
	return didYouMean(label, l.licenseLabels())
}

// plans reads a list of service plans: nil where it is not written, sorted
// and without repetitions where it is.
//
// The tenant decides whether there is such a plan: Microsoft adds plans to products, and takes
// them out. A name that the catalog does not have where it lists all of the product is warned of.
func (l *lowering) plans(attr *hclsyntax.Attribute, ev *evaluator, lic license) *ledger.ServicePlanList {
	items, ok := ev.list(attr)
	if !ok {
		return nil
	}
	list := &ledger.ServicePlanList{Names: []string{}, Sure: true,
		Origin: ledger.Origin{File: attr.SrcRange.Filename, Line: attr.SrcRange.Start.Line}}
	for _, it := range items {
		name, known := it.text, false
		if lic.product != nil {
			var plan catalog.Plan
			if plan, known = lic.product.Plan(it.text); known {
				name = plan.Name // one spelling, so that equal lists are equal
			}
		}
		list.Names, list.Sure = append(list.Names, name), list.Sure && known
		if lic.product != nil && !known && !lic.product.Partial && l.alone {
			var all []string
			for _, p := range lic.product.Plans {
				all = append(all, p.Name)
			}
			l.diags = append(l.diags, warning(it.at, "Service plan not in the catalog",
				"This usher does not know a service plan %q of %s.%s Whether the tenant has it shows when planning.",
				it.text, lic.product.PartNumber, didYouMean(it.text, all)))
		}
	}
	slices.Sort(list.Names)
	list.Names = slices.Compact(list.Names)
	return list
}
