package view

import (
	"fmt"
	"strings"

	"github.com/usher-cli/usher/plan"
)

// owners tells who has to agree to a plan.
//
//	Owners: @contoso/finance (SPE_E5), @contoso/platform (production, the guard).
func (p *Page) owners(pl *plan.Plan) {
	if len(pl.Owners) == 0 {
		return
	}
	all := make([]string, len(pl.Owners))
	for i, o := range pl.Owners {
		all[i] = fmt.Sprintf("%s (%s)", o.Name, strings.Join(o.Of, ", "))
	}
	p.say("Owners: %s.", strings.Join(all, ", "))
}

// asOwners lists who has to agree to a plan, one a line, for the job that asks for reviews.
func asOwners(out Output, d Document) error {
	pl, is := d.Data.(*plan.Plan)
	if !is {
		return nil
	}
	for _, o := range pl.Owners {
		if _, err := fmt.Fprintln(out, safe(o.Name)); err != nil {
			return err
		}
	}
	return nil
}
