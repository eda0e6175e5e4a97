package tenant

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"github.com/usher-cli/usher/ledger"
)

// selections gives what the files give to everybody with some attributes.
//
// Where the reading of people failed, nothing is done for anybody, and so nothing is found. Where
// a run believes the state instead of reading people, nobody can tell who is found: refused.
func (x *resolver) selections(d Declared, products map[string]*ledger.Supply, disabled map[ledger.HolderID]bool) {
	if len(d.Selections) == 0 || x.missing[ledger.User] != "" {
		return
	}
	if x.Unlisted {
		x.tell(ledger.Error, "members-unread", "people were not read, so nobody can tell whom members finds", "plan without -refresh=false",
			d.Selections[0].Selectors[0].Origin)
		return
	}
	x.unsure = true // a person can be in a list, too, with other service plans
	x.out.Matches, x.out.Selectors = map[ledger.Key]ledger.Match{}, map[string]string{}
	s := selecting{resolver: x, products: products, disabled: disabled, folded: map[string]string{}}
	for i := range d.Selections {
		s.everybody(&d.Selections[i])
	}
	for i := range d.Selections {
		s.unknownValues(&d.Selections[i], d)
	}
}

// selecting finds people by their attributes.
type selecting struct {
	*resolver
	products map[string]*ledger.Supply
	disabled map[ledger.HolderID]bool
	folded   map[string]string // values, as they are compared
}

// identity tells selectors apart, with whom they leave out: a file that changes either is reviewed.
func identity(by ledger.Selector, except []ledger.Excepted) string {
	var names []string
	for _, e := range except {
		names = append(names, fold(e.Name))
	}
	slices.Sort(names)
	text := by.Origin.Block + ": " + by.String()
	if len(names) > 0 {
		text += fmt.Sprintf(" except %x", sha256.Sum256([]byte(strings.Join(slices.Compact(names), "\n"))))[:len(" except ")+12]
	}
	return text
}

// everybody gives it to all people whom a selector finds.
func (s *selecting) everybody(selection *ledger.Selection) {
	left, sure := s.leftOut(selection)
	for n := range selection.Selectors {
		by := &selection.Selectors[n]
		s.out.Selectors[ledger.Match{Block: by.Origin.Block, Selector: by.String()}.Key()] = identity(*by, selection.Except)
	}
	for i, row := range s.traits.Rows {
		h := s.holders[i]
		if left[h.ID] {
			continue
		}
		for n := range selection.Selectors {
			if values, found := s.finds(&selection.Selectors[n], row); found {
				by := &selection.Selectors[n]
				s.give(selection, h, by, ledger.Match{Block: by.Origin.Block, Selector: by.String(), Values: values}, sure)
				break
			}
		}
	}
}

// give gives somebody what a selection gives. A disabled account that does not have it is not
// found: there are as many of those as people who left. Nor is anybody else who does not have it
// where nobody is sure whom the selection leaves out.
func (s *selecting) give(selection *ledger.Selection, h ledger.Holder, by *ledger.Selector, m ledger.Match, sure bool) {
	w := selection.Want
	w.Holder, w.Origins = h.Name, []ledger.Origin{by.Origin}
	supply := s.products[w.Item.Name]
	if supply == nil {
		return // refused at the license block
	}
	asleep := s.disabled[h.Identity()] && !w.DisabledAccounts
	if key := (ledger.Grant{Holder: h, Item: supply.Item}).Key(); (asleep || !sure) && !has(s.Grants, key) && !has(s.known, key) {
		return
	}
	g, ok := s.grant(&w, h, s.products)
	if !ok {
		return
	}
	if asleep {
		s.out.HeldBack = append(s.out.HeldBack, g.Key())
	}
	if _, twice := s.out.Matches[g.Key()]; !twice {
		s.out.Matches[g.Key()] = m
	}
}

// has reports whether grants, sorted by key, have one.
func has(grants []ledger.Grant, key ledger.Key) bool {
	_, found := slices.BinarySearchFunc(grants, key, func(g ledger.Grant, k ledger.Key) int { return g.Key().Compare(k) })
	return found
}

// finds reports whether somebody meets all conditions, and with which values. Guests are found
// only by selectors that say so: the department of a guest is what somebody else wrote.
func (s *selecting) finds(by *ledger.Selector, row []string) (values []string, found bool) {
	guests := by.Asks(ledger.UserType)
	for i, attribute := range s.traits.Attributes {
		if attribute == ledger.UserType && !guests && strings.EqualFold(row[i], "Guest") {
			return nil, false
		}
		at := slices.IndexFunc(by.Conditions, func(c ledger.Condition) bool { return c.Attribute == attribute })
		if at < 0 {
			continue
		}
		if !slices.ContainsFunc(by.Conditions[at].Values, func(v string) bool { return s.fold(v) == s.fold(row[i]) }) {
			return nil, false
		}
		values = append(values, attribute+"="+row[i])
	}
	return values, len(values) == len(by.Conditions)
}

// fold is a value as values are compared. There are few, and many people.
func (s *selecting) fold(value string) string {
	known, seen := s.folded[value]
	if !seen {
		known = fold(value)
		s.folded[value] = known
	}
	return known
}

// leftOut are the ids of those whom a selection leaves out. A name that means nobody may be a slip,
// or somebody who has a new name: then the next one whom the selection finds may be the one whom
// it must not give anything. So it finds nobody new.
func (s *selecting) leftOut(selection *ledger.Selection) (left map[string]bool, sure bool) {
	left, sure = map[string]bool{}, true
	for _, e := range selection.Except {
		key := nameKey{ledger.User, fold(e.Name)}
		bearers := s.bearers(key)
		pin, pinned := s.pinned[key]
		_, was := s.deleted[fold(e.Name)]
		_, there := s.Name(ledger.HolderID{Kind: ledger.User, ID: fold(e.Name)})
		switch {
		case isID(e.Name) && there:
			left[fold(e.Name)] = true
		case len(bearers) > 0:
			for _, h := range bearers {
				left[h.ID] = true
			}
		case pinned:
			left[pin.ID] = true
		case was: // nobody finds a deleted account
		default:
			sure = sure && selection.IgnoreUnknown
			s.tell(ledger.Warning, "except-unknown", fmt.Sprintf("%s is to be left out, and is nobody in this tenant%s. Until that is corrected, "+
				"members finds nobody new", e.Name, s.suggestion(&ledger.Want{Kind: ledger.User, Holder: e.Name})),
				"correct the name, take it out of the list, or write unknown_names = \"ignore\" in the assignment", e.Origin)
		}
	}
	return left, sure
}

// unknownValues tells of values that nobody has whom the selection could find: a slip, or a
// department that was renamed. It is refused where somebody whom the assignment found before would
// lose what they have.
func (s *selecting) unknownValues(selection *ledger.Selection, d Declared) {
	for n := range selection.Selectors {
		by := &selection.Selectors[n]
		for _, c := range by.Conditions {
			at := slices.Index(s.traits.Attributes, c.Attribute)
			there := s.there(selection, by, at)
			for _, v := range c.Values {
				if _, known := there[s.fold(v)]; !known {
					losing := !selection.IgnoreUnknown && s.loses(by.Origin.Block, d, c, v)
					s.nobodyIs(c.Attribute, v, there, by.Origin, losing)
				}
			}
		}
	}
}

// there are the values of an attribute, as they are compared, among those whom a selector could
// find: leavers and guests keep the name of a department for years.
func (s *selecting) there(selection *ledger.Selection, by *ledger.Selector, at int) map[string]string {
	guests, guest := by.Asks(ledger.UserType), slices.Index(s.traits.Attributes, ledger.UserType)
	there := map[string]string{}
	for i, row := range s.traits.Rows {
		asleep := s.disabled[s.holders[i].Identity()] && !selection.DisabledAccounts
		if !asleep && (guests || !strings.EqualFold(row[guest], "Guest")) {
			there[s.fold(row[at])] = row[at]
		}
	}
	return there
}

// loses reports whether somebody is no longer found because a condition has a value that nobody
// has: the value that they had, or one in its place.
func (s *selecting) loses(block string, d Declared, c ledger.Condition, value string) bool {
	for key, m := range d.Matched {
		if _, still := s.out.Matches[key]; still || m.Block != block {
			continue
		}
		had, asked := m.Value(c.Attribute)
		same := func(v string) bool { return s.fold(v) == s.fold(had) }
		if asked && (same(value) || !slices.ContainsFunc(c.Values, same)) {
			return true
		}
	}
	return false
}

// nobodyIs tells of a value that nobody has.
func (s *selecting) nobodyIs(attribute, value string, there map[string]string, at ledger.Origin, losing bool) {
	var known []string
	for _, v := range there {
		known = append(known, v)
	}
	slices.Sort(known)
	text := fmt.Sprintf("the %s of nobody in this tenant is %q%s", ledger.AttributeWords(attribute), value, didYouMean(value, known))
	if losing {
		s.tell(ledger.Error, "value-unknown", text+", and people whom "+at.Block+" found before would lose what they have",
			"correct it; if it is right, write unknown_names = \"ignore\" in the assignment", at)
		return
	}
	s.tell(ledger.Warning, "value-unknown", text, "correct it, or take it out", at)
}

// tell tells of something at a line, once.
func (x *resolver) tell(severity ledger.Severity, code, text, fix string, at ledger.Origin) {
	said := code + text + at.String() + at.Block
	if !x.said[said] {
		x.said[said] = true
		x.out.Notices = append(x.out.Notices, ledger.Notice{Code: code, Severity: severity, Text: text, Fix: fix, Origins: []ledger.Origin{at}})
	}
}

// People are all people of the reading, with the values of the attributes that were read.
func (r *Reading) People() (people []ledger.Holder, attributes []string, rows [][]string) {
	if r.missing[ledger.User] != "" || r.Unlisted {
		return nil, nil, nil
	}
	return r.holders[:len(r.traits.Rows)], r.traits.Attributes, r.traits.Rows
}

// Trait is the value of an attribute of somebody; false where it was not read.
func (r *Reading) Trait(user, attribute string) (string, bool) {
	at := slices.Index(r.traits.Attributes, attribute)
	if at < 0 || r.missing[ledger.User] != "" {
		return "", false
	}
	if r.people == nil {
		r.people = make(map[string]int, len(r.traits.Rows))
		for i := range r.traits.Rows {
			r.people[r.holders[i].ID] = i
		}
	}
	i, there := r.people[user]
	if !there {
		return "", false
	}
	return r.traits.Rows[i][at], true
}
