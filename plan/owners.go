package plan

import (
	"maps"
	"slices"

	"github.com/usher-cli/usher/ledger"
)

// Owner is somebody who has to agree to a plan, and what of.
type Owner struct {
	Name string   `json:"name"`
	Of   []string `json:"of"` // licenses, environments, and the guard
}

// ownersOf lists whose licenses and environments some steps are about. A step that only
// records what is there spends nothing, and asks nobody.
func ownersOf(steps []ledger.Step, r owning) []Owner {
	items, environments := map[string]string{}, map[string]string{}
	for _, i := range r.items {
		items[i.Item.ID] = i.Owner
	}
	for _, e := range r.environments {
		environments[e.Environment.ID] = e.Owner
	}
	of := map[string]map[string]bool{}
	note := func(owner, what string) {
		if owner == "" {
			return
		}
		if of[owner] == nil {
			of[owner] = map[string]bool{}
		}
		of[owner][what] = true
	}
	for _, s := range steps {
		if !s.Op.OnRecord() {
			note(items[s.Item.ID], s.Item.Name)
			note(environments[s.Holder.EnvironmentID()], s.Holder.Around())
		}
	}
	return ownerList(of)
}

// owning is what has owners in the files that a plan was made of.
type owning struct {
	items        []ledger.ItemRules
	environments []ledger.EnvironmentRules
	guard        string
}

func ownerList(of map[string]map[string]bool) []Owner {
	var all []Owner
	for _, name := range slices.Sorted(maps.Keys(of)) {
		all = append(all, Owner{name, slices.Sorted(maps.Keys(of[name]))})
	}
	return all
}

// askBaseToo adds the owners that the base names: a branch must not choose who agrees to it.
// Where the branch changes a rule, whoever owns the guard is asked as well.
func (p *Plan) askBaseToo(base owning) {
	of := map[string]map[string]bool{}
	for _, list := range [][]Owner{p.Owners, ownersOf(p.Steps(), base)} {
		for _, o := range list {
			if of[o.Name] == nil {
				of[o.Name] = map[string]bool{}
			}
			for _, what := range o.Of {
				of[o.Name][what] = true
			}
		}
	}
	if base.guard != "" && p.Base.Binds() {
		if of[base.guard] == nil {
			of[base.guard] = map[string]bool{}
		}
		of[base.guard]["the guard"] = true
	}
	p.Owners = ownerList(of)
}
