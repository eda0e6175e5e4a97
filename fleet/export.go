package fleet

import (
	"strings"

	"github.com/usher-cli/usher/engine"
	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/view"
)

// export makes the files that ask for what a tenant has and no file asks for. It writes none of
// them: the worker can be on another machine than the person who wants them.
func (r *Result) export(p *engine.Present, words view.Words) error {
	made, err := p.Export(engine.ExportNames{})
	if err != nil {
		return err
	}
	have := p.Reading.Have
	r.Files = made.All
	for s := range made.Plan.EachStep() {
		if s.Op == ledger.Adopt {
			r.Adopts++
			r.Causes["not in the files: "+s.Item.Name]++
		}
	}
	for _, left := range made.Left {
		what, _, _ := strings.Cut(left.Address, "/") // a name would not be the same in another tenant
		r.Causes["left out: "+what]++
	}
	r.conclude(len(made.All) > 0, made.Partial(have.Unread))
	return r.document(words.Exported(have, view.Export{Files: made.Files, Folder: r.Tenant, Plan: made.Plan, Others: made.Others}))
}
