package plan

import (
	"iter"
	"maps"
	"slices"

	"github.com/usher-cli/usher/ledger"
)

// Owner is somebody who has to agree to a plan, and what of.
type Owner struct {
	Name string   `json:"name"`
	Of   []string `json:"of"` // licenses, environments, and the guard
}

// owning is what has owners in the files that a plan was made of.
type owning struct {
	items        []ledger.ItemRules
	environments []ledger.EnvironmentRules
	guard        string
}

// owners are those who have to agree, with what of.
type owners map[string]map[string]bool

// ask notes that an owner has to agree to something; "" is nobody.
func (o owners) ask(owner, what string) {
	if owner == "" {
		return
	}
	if o[owner] == nil {
		o[owner] = map[string]bool{}
	}
	o[owner][what] = true
}

// askFor notes whose licenses and environments some steps are about. A step that only
// records what is there spends nothing, and asks nobody.
func (o owners) askFor(steps iter.Seq[ledger.Step], files owning) {
	items, environments := map[string]string{}, map[string]string{}
	for _, i := range files.items {
		items[i.Item.ID] = i.Owner
	}
	for _, e := range files.environments {
		environments[e.Environment.ID] = e.Owner
	}
	for s := range steps {
		if !s.Op.OnRecord() {
			o.ask(items[s.Item.ID], s.Item.Name)
			o.ask(environments[s.Holder.EnvironmentID()], s.Holder.Around())
		}
	}
}

// list is the owners in the order of their names.
func (o owners) list() []Owner {
	var all []Owner
	for _, name := range slices.Sorted(maps.Keys(o)) {
		all = append(all, Owner{name, slices.Sorted(maps.Keys(o[name]))})
	}
	return all
}

// askOwners asks the owners in the files of the plan.
func (p *Plan) askOwners() {
	o := owners{}
	o.askFor(p.EachStep(), p.owning)
	p.Owners = o.list()
}

// askBaseToo asks the owners in the base as well: a branch must not choose who agrees to it.
// Where the branch changes a rule, the owner of the guard is one of them.
func (p *Plan) askBaseToo(base owning) {
	o := owners{}
	o.askFor(p.EachStep(), p.owning)
	o.askFor(p.EachStep(), base)
	if p.Base.Binds() {
		o.ask(base.guard, "the guard")
	}
	p.Owners = o.list()
}
