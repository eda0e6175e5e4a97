package view

import (
	"fmt"
	"slices"
	"strings"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
)

// Requested tells of a change that somebody asks for: whether it fits, what it costs, and
// where it is.
//
//	Requested:
//	  POWERAUTOMATE_ATTENDED_RPA for ada@contoso.com until 2027-03-31
//	    Reason: month-end close
//
//	A plan of it has these steps:
//
//	  license "premium" (POWERAUTOMATE_ATTENDED_RPA)
//	    + ada@contoso.com  requests.hcl:2
//
//	It fits.
//	Written: requests.hcl.
func (w Words) Requested(c plan.Change) Document {
	p := Page{Title: "Request", Finding: ledger.Something}
	w.request(&p, c)
	p.landed(c)
	return Document{p, newChangeReport(c)}
}

// Proposal is what the pull request of a change says.
func (w Words) Proposal(c plan.Change) Page {
	p := Page{Title: "Request"}
	w.request(&p, c)
	return p
}

func (w Words) request(p *Page, c plan.Change) {
	p.list(List{Title: "Requested:", Items: []Item{{Text: c.Title, More: []string{"Reason: " + c.Reason}}}})
	if len(c.Asked) > 0 {
		p.add(Verdict(fmt.Sprintf("Nothing to change: %s %s for this already.", blocks(c.Asked), ask(len(c.Asked)))))
		return
	}
	w.consequences(p, c)
	var about []ledger.Notice
	for _, n := range c.Plan.Notices {
		if n.Severity == ledger.Error && !c.Fits() || concernsAny(n, c.For) {
			about = append(about, n)
		}
	}
	p.add(w.Notices(about).Parts...)
	if !c.Fits() && c.Later[1] != nil {
		p.add(Refusals(c.Later[1]).Parts...)
	} else if !c.Fits() {
		p.add(Refusals(c.Plan).Parts...)
	}
	switch c.Alone {
	case "Enabled":
		p.say("People may buy this product by themselves, without a request.")
	case "OnlyTrialsWithoutPaymentMethod":
		p.say("People may start a trial of this product by themselves, without a request.")
	}
	pl := *c.Plan
	pl.Owners = slices.DeleteFunc(slices.Clone(pl.Owners), func(o plan.Owner) bool {
		return !slices.ContainsFunc(c.Steps, func(s ledger.Step) bool { return slices.Contains(o.Of, s.Item.Name) })
	})
	p.owners(&pl)
	p.add(Verdict(fits(c)))
}

// consequences tells what a plan of a change does, with the pools that it changes.
func (w Words) consequences(p *Page, c plan.Change) {
	its := map[ledger.Key]bool{}
	items := map[string]bool{}
	for _, s := range c.Steps {
		its[s.Key()], items[s.Item.ID] = true, true
	}
	if len(its) > 0 {
		p.add(Intro("A plan of it has these steps:"))
	}
	own, _ := groups(c.Plan)
	for _, g := range own {
		if g.steps = slices.DeleteFunc(g.steps, func(s shownStep) bool { return !its[s.Key()] }); len(g.steps) > 0 {
			p.add(w.steps(g))
		}
	}
	pl := *c.Plan
	pl.Pools = slices.DeleteFunc(slices.Clone(pl.Pools), func(pool ledger.Pool) bool { return !items[pool.Item.ID] })
	p.add(Break{})
	p.pools(&pl)
	p.expensesOf(c)
	pl.Due = slices.DeleteFunc(slices.Clone(pl.Due), func(d plan.Due) bool { return !holds(c.For, d.Holder) })
	p.due(&pl)
}

// expensesOf tells what the products cost that a change is about.
func (p *Page) expensesOf(c plan.Change) {
	items := map[string]bool{}
	for _, s := range c.Steps {
		items[s.Item.ID] = true
	}
	pl := *c.Plan
	pl.Expenses = slices.DeleteFunc(slices.Clone(pl.Expenses), func(e plan.Expense) bool { return !items[e.Item.ID] })
	p.expenses(&pl)
}

// ask is the verb for so many lines.
func ask(n int) string {
	if n == 1 {
		return "asks"
	}
	return "ask"
}

func holds(all []ledger.Holder, h ledger.Holder) bool {
	return slices.ContainsFunc(all, func(o ledger.Holder) bool { return o.Identity() == h.Identity() })
}

// concernsAny reports whether a notice is about one of some holders.
func concernsAny(n ledger.Notice, holders []ledger.Holder) bool {
	for _, h := range holders {
		if n.Address == h.Address() || strings.HasPrefix(n.Address, h.Address()+":") {
			return true
		}
	}
	return false
}

// fits says whether a plan of a change can be applied.
func fits(c plan.Change) string {
	switch {
	case c.Stuck != "":
		return "It does not fit: " + c.Stuck + "."
	case !c.Fits() && c.Later[0] != nil && !c.Plan.Refused():
		return "It does not fit: on its first day a plan is refused, unless seats are bought or become free."
	case !c.Fits():
		return "It does not fit: a plan of this change is refused."
	case c.Plan.Refused() || len(c.Plan.Errors()) > 0:
		return "A plan is refused with or without it: usher plan says why."
	case len(c.Steps) == 0:
		return "It fits, and changes nothing today."
	case !slices.ContainsFunc(c.Steps, func(s ledger.Step) bool { return !s.Op.OnRecord() }):
		return "It fits: the tenant is like this already."
	}
	return "It fits."
}

// landed tells where a change is now, and what is left to do.
func (p *Page) landed(c plan.Change) {
	where := strings.Join(c.Files, ", ")
	switch {
	case len(c.Files) == 0:
		return
	case c.Pull > 0:
		p.say("Pull request %d has the change of %s: %s", c.Pull, where, c.URL)
	case c.Branch != "":
		p.say("The branch %s has the change of %s, and the working tree is as it was.", c.Branch, where)
	default:
		p.say("Written: %s. Commit the change, and open a pull request.", where)
	}
	owners := List{Title: "Reviews:"}
	for _, o := range c.Owners {
		owners.Items = append(owners.Items, Item{Text: "ask " + o.Name + " for them, by this line of CODEOWNERS",
			Code: []string{"/" + o.File + " " + o.Name}})
	}
	p.list(owners)
}

// ChangeReport is the document of a change.
type ChangeReport struct {
	Format int `json:"format"`
	plan.Change
	Fits bool `json:"fits"`
}

// newChangeReport makes the document. No list in it is null.
func newChangeReport(c plan.Change) ChangeReport {
	c.Files, c.Owners = append([]string{}, c.Files...), append([]plan.FileOwner{}, c.Owners...)
	c.For = append([]ledger.Holder{}, c.For...)
	c.Steps = append([]ledger.Step{}, c.Steps...)
	return ChangeReport{documentFormat, c, c.Fits()}
}
