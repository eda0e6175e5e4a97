package config

import (
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/usher-cli/usher/ledger"
)

// selectors reads whom an assignment finds by their attributes, and whom it leaves out.
//
//	members {
//	  department = "Sales"
//	  country    = ["NL", "BE"]
//	}
//	except = ["ada@contoso.com"]
//
// All lines of a block have to hold, and one block of several is enough.
func (l *lowering) selectors(b *hclsyntax.Block, ev *evaluator, name string) ([]ledger.Selector, []ledger.Excepted) {
	var all []ledger.Selector
	blocks := ofType(b.Body, "members", 0)
	for _, m := range blocks {
		s := ledger.Selector{Origin: ledger.Origin{File: m.DefRange().Filename, Line: m.DefRange().Start.Line, Block: name}}
		attrs := m.Body.Attributes
		if len(attrs) == 0 {
			l.fail(m.DefRange(), "Members without a condition", "members finds everybody: write an attribute, such as department = \"Sales\".")
			continue
		}
		ok := true
		for _, attribute := range slices.Sorted(maps.Keys(attrs)) {
			values, valid := l.values(attrs[attribute], ev)
			ok = ok && valid
			s.Conditions = append(s.Conditions, ledger.Condition{Attribute: attribute, Values: values})
		}
		if ok {
			all = append(all, s)
		}
	}
	return all, l.excepted(b, ev, name, len(blocks) > 0)
}

// values reads the values of an attribute, of which one is enough: a text, or a list of texts.
func (l *lowering) values(attr *hclsyntax.Attribute, ev *evaluator) ([]string, bool) {
	v, ok := ev.any(attr.Expr)
	if ok && v.IsNull() {
		l.fail(attr.Expr.Range(), "Missing value", "%s is null: take the line out, or write a value.", attr.Name)
		return nil, false
	}
	if !ok || !v.IsKnown() {
		return nil, false
	}
	var items []listItem
	if t := v.Type(); t.IsTupleType() || t.IsListType() || t.IsSetType() {
		items, ok = ev.list(attr)
	} else {
		var text string
		text, ok = ev.text(attr)
		items = []listItem{{text: text, at: attr.Expr.Range()}}
	}
	var values []string
	for _, it := range items {
		text := strings.TrimSpace(it.text)
		if text == "" && ok {
			l.fail(it.at, "Empty value", "%s is empty here: nobody is found by what the directory does not say.", attr.Name)
			return nil, false
		}
		values = append(values, text)
	}
	if ok && len(values) == 0 {
		l.fail(attr.Expr.Range(), "Empty value", "%s is an empty list, and finds nobody.", attr.Name)
		return nil, false
	}
	byCase := func(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) }
	slices.SortFunc(values, byCase)
	return slices.CompactFunc(values, strings.EqualFold), ok
}

// excepted reads whom an assignment with members leaves out.
func (l *lowering) excepted(b *hclsyntax.Block, ev *evaluator, name string, members bool) []ledger.Excepted {
	var all []ledger.Excepted
	list, file := b.Body.Attributes["except"], b.Body.Attributes["except_file"]
	for _, attr := range []*hclsyntax.Attribute{list, file} {
		if attr != nil && !members {
			l.fail(attr.NameRange, "Exception from nothing", "%s has %s, and no members that it could leave somebody out of.", name, attr.Name)
		}
	}
	items, _ := ev.list(list)
	for _, it := range items {
		text := strings.TrimSpace(it.text)
		if !ValidUser(text) {
			l.fail(it.at, "Not a user", "%q is neither a user principal name such as ada@contoso.com nor an object id.", it.text)
			continue
		}
		all = append(all, ledger.Excepted{Name: text, Origin: ledger.Origin{File: it.at.Filename, Line: it.at.Start.Line, Block: name}})
	}
	if path, ok := ev.text(file); ok {
		listed, diags := l.src.userList(path, "", file.Expr.Range(), name)
		l.diags = append(l.diags, diags...)
		for _, p := range listed {
			all = append(all, ledger.Excepted{Name: p.name, Origin: p.at})
		}
	}
	return all
}
