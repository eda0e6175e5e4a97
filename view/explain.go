package view

import (
	"fmt"
	"strings"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
)

// Explanation tells where a holder has everything from.
//
//	user/ada@contoso.com
//
//	SPE_E3, without Teams (TEAMS1):
//	  directly, by people.hcl:4 in assignment.sales, because department is Sales. usher manages it since 2026-11-01
//	    If it goes, nothing is lost: other sources give the same services
//	  by the group makers, by main.hcl:12 in assignment.makers
//
//	POWERAUTOMATE_ATTENDED_RPA:
//	  directly, and no file declares it. helpdesk@contoso.com gave it on 2026-11-12
func (w Words) Explanation(have ledger.Have, e *plan.Explanation) Document {
	p := Page{Title: "Explanation", Finding: ledger.Something}
	p.add(w.notRead(have.Unread)...)
	about := e.Holder.Address() + ", id " + e.Holder.ID
	if e.SignedIn != "" {
		about += ". Last sign-in: " + e.SignedIn
	}
	if e.Disabled {
		about += ". The account is disabled"
	}
	p.say("%s.", about)
	if e.Members != nil {
		p.say("%s", membership(e.Members))
	}
	p.add(Break{})
	for _, item := range e.Items {
		p.list(w.explained(e, item))
	}
	if len(e.Items) == 0 {
		p.add(Verdict("It has nothing, and no file gives it anything."))
	}
	coming := List{Title: "Falls due within 14 days:"}
	for _, d := range e.Coming {
		coming.Items = append(coming.Items, Item{Day: d.Day, Op: d.Op, Text: d.Item.Name, Origins: d.Origins})
	}
	p.list(coming)
	if e.Unknown != "" {
		p.add(Note{Level: Info, Code: "nobody-knows", Text: "nobody knows who gave these seats: " + e.Unknown})
	}
	return Document{p, newExplanationReport(have, e)}
}

// membership says who is in a group.
func membership(m *plan.Membership) string {
	text := ledger.Plural(m.People, "person is", "people are") + " directly in it."
	if len(m.Inside) > 0 {
		text += " The service gives nothing to the members of " + ledger.Plural(len(m.Inside), "group", "groups") + " inside it: " +
			some(m.Inside) + "."
	}
	if m.Rule != "" {
		text += " The service chooses its members by a rule: " + m.Rule
	}
	return text
}

// explained tells of one item.
func (w Words) explained(e *plan.Explanation, x plan.Explained) List {
	title := x.Item.Name
	if x.Holder.Identity() != e.Holder.Identity() {
		title = x.Holder.Kind.Words() + " " + x.Holder.Own() + ", " + title
	}
	if x.Units > 0 {
		title += fmt.Sprintf(", %s", ledger.Count(x.Units, "unit"))
	}
	if len(x.Off) > 0 {
		title += ", without " + w.servicePlanNames(x.Off)
	}
	list := List{Title: title + ":"}
	if len(x.Sources) == 0 {
		list.Items = append(list.Items, Item{Text: "is not there yet, and is asked for by " + blocks(x.Asked)})
	}
	for _, s := range x.Sources {
		list.Items = append(list.Items, Item{Text: w.source(x, s), More: w.loss(e, x, s)})
	}
	for _, high := range x.Within {
		list.Items = append(list.Items, Item{Text: high.Name + " has every service of it, or a higher plan of it: one of the two is enough"})
	}
	return list
}

// source says where an item comes from, and who asked for it.
func (w Words) source(x plan.Explained, s plan.Source) string {
	text := "directly"
	switch {
	case s.Group != nil:
		text = "by the group " + s.Group.Name
		if len(s.Besides) > 0 {
			text += ", which also gives " + strings.Join(s.Besides, ", ")
		}
	case x.Item.Kind == ledger.Capacity:
		text = "allocated"
	case x.Item.Kind == ledger.Setting:
		text = "set"
	}
	switch {
	case s.Cause != "":
		text += ", but the service could not give it: " + s.Cause
	case len(s.Origins) > 0:
		text += ", by " + blocks(s.Origins)
	case s.Since != "":
		text += ". No file asks for it any more"
	default:
		text += ", and no file declares it"
	}
	if s.Match != nil {
		text += ", because " + w.attributes(s.Match.String())
	}
	if len(s.Reasons) > 0 {
		text += ". Reason: " + strings.Join(s.Reasons, "; ")
	}
	if s.Since != "" {
		text += ". usher manages it since " + s.Since
	}
	if s.Held != "" {
		text += ". No line asks for it any more: the license has hold, and keeps it up to " + s.Held
	}
	if s.By != "" && s.At != nil {
		text += fmt.Sprintf(". %s gave it on %s", s.By, s.At.UTC().Format("2006-01-02"))
	}
	return text
}

// blocks are lines with the blocks that they stand in.
func blocks(origins []ledger.Origin) string {
	var all []string
	for _, o := range origins {
		text := o.String()
		if o.Block != "" {
			text += " in " + o.Block
		}
		all = append(all, text)
	}
	return some(all)
}

// loss says what goes with a source of a person.
func (w Words) loss(e *plan.Explanation, x plan.Explained, s plan.Source) []string {
	switch {
	case e.Holder.Kind != ledger.User || s.Cause != "":
		return nil
	case s.Whole && len(s.Loses) == 0:
		return []string{"If it goes, " + x.Item.Name + " goes. Other products give all of its services"}
	case s.Whole:
		return []string{"If it goes, " + x.Item.Name + " goes, and with it " + w.servicePlanNames(s.Loses)}
	case len(s.Loses) > 0:
		return []string{"If it goes, " + x.Item.Name + " stays, without " + w.servicePlanNames(s.Loses)}
	}
	return []string{"If it goes, nothing is lost: other sources give the same services"}
}

// ExplanationReport is the document of explain -json.
type ExplanationReport struct {
	Format int    `json:"format"`
	Tenant string `json:"tenant"`
	*plan.Explanation
	Unread []ledger.Unread `json:"unread"`
}

func newExplanationReport(have ledger.Have, e *plan.Explanation) ExplanationReport {
	return ExplanationReport{documentFormat, have.Tenant, e, append([]ledger.Unread{}, have.Unread...)}
}
