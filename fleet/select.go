package fleet

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/usher-cli/usher/config"
	"github.com/usher-cli/usher/ledger/slips"
)

// Select is the tenants that fit all conditions of a selection, such as size=large,country=NL.
// A condition without = is the name of a tenant. An empty selection is all of them.
//
// A selection that fits nobody is an error, and so is a label or a name that no tenant has: a
// slip of the fingers must not look like a fleet without drift.
func Select(f *config.Fleet, selection string) ([]config.FleetTenant, error) {
	all := f.Tenants
	if selection == "" {
		return all, nil
	}
	for _, condition := range strings.Split(selection, ",") {
		condition = strings.TrimSpace(condition)
		if condition == "" {
			return nil, fmt.Errorf("-tenants=%s has an empty condition: leave it out, or write a label or a name", selection)
		}
		label, value, isLabel := strings.Cut(condition, "=")
		if err := known(f.Tenants, label, isLabel); err != nil {
			return nil, err
		}
		all = slices.DeleteFunc(slices.Clone(all), func(t config.FleetTenant) bool {
			if !isLabel {
				return !strings.EqualFold(t.Name, label)
			}
			own, has := t.Labels[label]
			return !has || own != value
		})
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("-tenants=%s fits no tenant of the fleet", selection)
	}
	return all, nil
}

// Known refuses the name of a tenant that none of them has.
func Known(tenants []config.FleetTenant, name string) error { return known(tenants, name, false) }

// known refuses a label or a name that no tenant has.
func known(tenants []config.FleetTenant, name string, isLabel bool) error {
	names := map[string]bool{}
	for _, t := range tenants {
		if !isLabel {
			names[t.Name] = true
			continue
		}
		for label := range t.Labels {
			names[label] = true
		}
	}
	for n := range names {
		if n == name || !isLabel && strings.EqualFold(n, name) {
			return nil
		}
	}
	what := "tenant"
	if isLabel {
		what = "label"
	}
	like := ""
	if best := slips.MostLike(name, slices.Sorted(maps.Keys(names)), 1+len(name)/4); best != "" {
		like = ": did you mean " + best + "?"
	}
	return fmt.Errorf("no tenant of the fleet has the %s %q%s", what, name, like)
}
