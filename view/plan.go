package view

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
)

// Plan tells of a plan: its notices, its steps by license and environment, the
// account of its pools, what stands in its way, and the line that sums it up. The
// directory allows so many writes a second; 0 is for not known.
//
//	usher will perform these steps:
//
//	  license "e5" (SPE_E5)
//	    + ada@contoso.com    people.hcl:4
//	    - linus@contoso.com  its last day has passed
//
//	  pool    purchased  limit  now  highest  after  available
//	  SPE_E5         25     25   23       24     23          2
//
//	Plan: 1 to add, 0 to change, 1 to remove.
//
// Where the files have errors, nothing is planned: the notices are all there is.
func (w Words) Plan(pl *plan.Plan, writes float64) Document {
	p := Page{Title: "Plan", At: pl.At, Finding: findingOf(pl)}
	if pl.Undoes != "" {
		p.Title = "Plan to undo the run " + pl.Undoes
	}
	p.rules(pl.Base)
	notices := w.Notices(pl.Notices).Parts
	if n := len(pl.Errors()); n > 0 {
		p.add(notices...)
		p.add(Verdict(fmt.Sprintf("No plan: %s to correct first.", ledger.Count(n, "error"))))
		return Document{p, pl}
	}
	w.allSteps(&p, pl)
	p.pools(pl)
	p.expenses(pl)
	p.byHand(pl)
	p.refresh(pl)
	p.due(pl)
	p.add(notices...)
	p.add(Refusals(pl).Parts...)
	p.owners(pl)
	p.guard(pl)
	p.adopting(pl)
	p.add(Verdict(Summary(pl)))
	if text := bill(pl); text != "" {
		p.add(Verdict(text))
	}
	p.shared(pl)
	if !pl.Empty() {
		p.Digest = pl.Digest
	}
	w.edits(&p, pl)
	p.pace(pl, writes)
	return Document{p, pl}
}

// findingOf says what a plan comes to.
func findingOf(pl *plan.Plan) ledger.Finding {
	switch {
	case len(pl.Errors()) > 0, pl.Refused(), pl.Base.Binds():
		return ledger.Forbidden
	case pl.Incomplete():
		return ledger.Incomplete
	case pl.Empty():
		return ledger.Nothing
	}
	return ledger.Something
}

// allSteps shows the steps of a plan: of a branch, those that it asks for itself, and then
// those that the revision asks for that it is to be merged into.
func (w Words) allSteps(p *Page, pl *plan.Plan) {
	show := func(intro, base string, steps []group) {
		if len(steps) == 0 {
			return
		}
		p.add(Intro(intro))
		for _, g := range steps {
			part := w.steps(g)
			part.Base = base
			p.add(part)
		}
		p.add(Break{})
	}
	own, shared := groups(pl)
	switch {
	case pl.Undoes != "":
		show(fmt.Sprintf("usher will perform these steps, to undo the run %s:", pl.Undoes), "", own)
	case pl.Base != nil && pl.Base.Unread == "":
		show("This branch asks for these steps:", "", own)
		show(upper(baseName(pl.Base))+" asks for these steps already:", baseName(pl.Base), shared)
	default:
		show("usher will perform these steps:", "", own)
	}
}

// group is the steps that are shown under one heading.
type group struct {
	title string
	steps []shownStep
}

// shownStep is a step with what the rest of its call adds to it.
type shownStep struct {
	*ledger.Step
	partner string // the item that the holder moves from or to
	call    *ledger.Call
}

// steps are the steps under one license or environment.
func (w Words) steps(g group) Steps {
	shown, adopted := fold(g.steps)
	part := Steps{Title: g.title, Adopted: adopted}
	for _, s := range shown {
		part.Rows = append(part.Rows, Row{s.Op, subject(s), w.describe(s), s.Origins, string(s.Address()), s.Why, moveOf(s)})
	}
	return part
}

// mostAdoptions is how many adoptions a group shows one by one. They change
// nothing for anybody, and the first plan of a tenant has thousands.
const mostAdoptions = 5

// fold leaves out plain adoptions of people where there are many.
//
// What somebody has for another reason, or loses, is never folded: a reader looks for that.
func fold(steps []shownStep) (shown []shownStep, adopted int) {
	for _, s := range steps {
		if s.Op == ledger.Adopt && s.Before == nil && s.Holder.Kind == ledger.User {
			adopted++
		} else {
			shown = append(shown, s)
		}
	}
	if adopted <= mostAdoptions {
		return steps, 0
	}
	return shown, adopted
}

// groups sorts the steps under their license, or under their environment.
//
// A reader asks of one license who gets it and who loses it. So a call that moves a person
// between two licenses stands under both, and each names the other. Steps that the base of
// a branch asks for as well are apart.
func groups(pl *plan.Plan) (own, shared []group) {
	labels := map[string]string{}
	for _, pool := range pl.Pools {
		labels[pool.Item.ID] = pool.Label
	}
	byTitle := map[bool]map[string]*group{false: {}, true: {}}
	put := func(s shownStep) {
		title := "environment " + s.Holder.Around()
		if s.Item.Kind == ledger.Setting {
			title = "self-service purchase"
		}
		if s.Item.Kind == ledger.Seat {
			title = "license " + s.Item.Name
			if label := labels[s.Item.ID]; label != "" {
				title = fmt.Sprintf("license %q (%s)", label, s.Item.Name)
			}
		}
		of := byTitle[s.InBase]
		if of[title] == nil {
			of[title] = &group{title: title}
		}
		of[title].steps = append(of[title].steps, s)
	}
	for i := range pl.Calls {
		c := &pl.Calls[i]
		for n := range c.Steps {
			put(shownStep{&c.Steps[n], partner(c, &c.Steps[n]), c})
		}
	}
	for i := range pl.Records {
		put(shownStep{Step: &pl.Records[i], call: &ledger.Call{}})
	}
	return sorted(byTitle[false]), sorted(byTitle[true])
}

// sorted are groups in the order in which they are shown.
func sorted(byTitle map[string]*group) []group {
	var all []group
	for _, g := range byTitle {
		slices.SortFunc(g.steps, func(a, b shownStep) int {
			return cmp.Or(
				strings.Compare(string(a.Holder.Kind), string(b.Holder.Kind)),
				strings.Compare(a.Holder.Name, b.Holder.Name),
				strings.Compare(a.Item.Name, b.Item.Name),
				strings.Compare(a.Holder.ID, b.Holder.ID),
			)
		})
		all = append(all, *g)
	}
	slices.SortFunc(all, func(a, b group) int { return -cmpKind(a.title, b.title) })
	return all
}

// cmpKind puts licenses before environments, and each in the order of names.
func cmpKind(a, b string) int {
	if l, m := strings.HasPrefix(a, "license"), strings.HasPrefix(b, "license"); l != m {
		if l {
			return 1
		}
		return -1
	}
	return -strings.Compare(a, b)
}

// partner names what a person gives up for an addition, or gets for a removal.
//
// Only a call that adds and removes is a move. Of several the first counts: the others are
// steps of the same call, and are shown under their own license.
func partner(c *ledger.Call, s *ledger.Step) string {
	other := ledger.Add
	if s.Op == ledger.Add {
		other = ledger.Remove
	}
	if s.Op != ledger.Add && s.Op != ledger.Remove {
		return ""
	}
	for _, o := range c.Steps {
		if o.Op == other {
			return o.Item.Name
		}
	}
	return ""
}

// moveOf is the change of a person from one product to another, where a call does no more.
func moveOf(s shownStep) Move {
	if s.partner == "" || s.Holder.Kind != ledger.User || len(s.call.Steps) != 2 {
		return Move{}
	}
	if s.Op == ledger.Add {
		return Move{From: s.partner, To: s.Item.Name}
	}
	return Move{From: s.Item.Name, To: s.partner}
}

// subject is the first column of a step: the holder, or the item of an environment.
func subject(s shownStep) string {
	switch s.Holder.Kind {
	case ledger.User, ledger.SelfService:
		return s.Holder.Name
	case ledger.Environment:
		return s.Item.Name
	}
	return s.Holder.Kind.Words() + " " + s.Holder.Own()
}

// describe says what a step changes, and why where the file alone does not.
//
//	ada@contoso.com    without Teams (TEAMS1), INTUNE_A
//	linus@contoso.com  Teams (TEAMS1) off
//	process            8 -> 12
func (w Words) describe(s shownStep) string {
	var parts []string
	switch {
	case s.Op.OnRecord():
		parts = append(parts, recorded(s))
	case s.Op == ledger.Restart:
		parts = append(parts, "in "+s.Holder.Around()+", "+turned(s.Why))
	case s.Op == ledger.Retry:
		parts = append(parts, "a group gives it, and had no seat left: the service is asked to try again")
	case s.Item.Kind == ledger.Setting:
		parts = append(parts, policy(s.Before)+" -> "+policy(s.After))
	case s.Holder.Kind == ledger.Environment:
		parts = append(parts, fmt.Sprintf("%d -> %d", s.Before.Amount(), s.After.Amount()))
	case s.Item.Kind == ledger.Capacity:
		parts = append(parts, fmt.Sprintf("%s %d -> %d", s.Item.Name, s.Before.Amount(), s.After.Amount()))
	case s.Op == ledger.Change:
		parts = append(parts, w.servicePlanChange(*s.Before, *s.After))
	case s.Op == ledger.Add && len(s.After.Without) > 0:
		parts = append(parts, "without "+w.servicePlanNames(s.After.Without))
	}
	return strings.Join(append(parts, w.reasons(s)...), ", ")
}

// people counts people in words.
func people(n int64) string {
	switch n {
	case 0:
		return "nobody else"
	case 1:
		return "1 person"
	}
	return fmt.Sprintf("%d people", n)
}

// policy is the policy of a value, as people read it.
func policy(v *ledger.Value) string {
	if v == nil {
		return "unset"
	}
	return v.Policy
}
