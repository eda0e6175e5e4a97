package config

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/usher-cli/usher/catalog"
	"github.com/usher-cli/usher/ledger"
)

// namedAt is one declared user with the line that names it.
type namedAt struct {
	name string
	at   ledger.Origin
	list string // the users_file it comes from
}

// assignments lowers one assignment for each element of for_each.
//
//	assignment "offices" {
//	  for_each = toset(["berlin", "delft"])
//	  groups   = ["staff ${each.key}"]
//
//	  grant "e3" {}
//	}
func (l *lowering) assignments(b *hclsyntax.Block) {
	if first, twice := l.assigned[b.Labels[0]]; twice {
		l.fail(b.DefRange(), "Duplicate assignment", "assignment %q is declared at %s already: give this one another label.",
			b.Labels[0], rangeText(first))
	}
	l.assigned[b.Labels[0]] = b.DefRange()
	l.cfg.Labels = append(l.cfg.Labels, b.Labels[0])
	l.forEach(b, func(ev *evaluator, name, _ string) { l.assignment(b, ev, name) })
}

// forEach calls each once for the block, or once for every element of its
// for_each; name is what messages call the instance, label what it is called
// in the file.
//
// A list is refused: an element that is put into its middle would rename all that follow,
// and messages would speak of other instances than before. An unknown value has been
// reported already, as the variable without a value that it comes from.
func (l *lowering) forEach(b *hclsyntax.Block, each func(ev *evaluator, name, label string)) {
	attr := b.Body.Attributes["for_each"]
	if attr == nil {
		each(l.eval, blockName(b), b.Labels[0])
		return
	}
	v, ok := l.eval.any(attr.Expr)
	if !ok || !v.IsKnown() && !v.IsNull() {
		return
	}
	if v.IsNull() {
		l.fail(attr.Expr.Range(), "Missing value", "for_each is null: an empty set or map gives no %s.", b.Type)
		return
	}
	t := v.Type()
	setOfTexts := t.IsSetType() && (t.ElementType() == cty.String || t.ElementType() == cty.DynamicPseudoType)
	if !t.IsMapType() && !t.IsObjectType() && !setOfTexts {
		l.fail(
			attr.Expr.Range(),
			"Wrong type",
			"for_each takes a map or a set of texts, and this is %s. Turn a list into a set with toset(…).",
			kindOf(v),
		)
		return
	}
	if n := v.LengthInt(); n > mostInstances {
		l.fail(
			attr.Expr.Range(),
			"Too many instances",
			"for_each has %d elements, and %d are allowed: put people into a users_file.",
			n,
			mostInstances,
		)
		return
	}
	for it := v.ElementIterator(); it.Next(); {
		k, value := it.Element()
		if k.IsNull() || !k.IsKnown() {
			l.fail(attr.Expr.Range(), "Wrong value", "for_each has an element that is null.")
			continue
		}
		key := k.AsString()
		ev := l.eval.child(key, value)
		each(ev, blockName(b)+`["`+key+`"]`, key)
		l.eval.diags = append(l.eval.diags, ev.diags...)
	}
}

// misspelt reports whether a block has an argument that may be meant to be users, which is told already.
func misspelt(b *hclsyntax.Body) bool {
	names := []string{"users", "users_file", "groups"}
	for name := range b.Attributes {
		if similar(name, names) != "" && !slices.Contains(names, name) {
			return true
		}
	}
	return false
}

// assignment lowers one assignment: its people and groups times its grants.
//
//	assignment "makers" {
//	  users      = ["ada@contoso.com"]
//	  users_file = "makers.csv"
//	  until      = "2027-03-31"
//
//	  grant "premium" {}
//	}
//
// Each person is a want of their own, with the line that names them: a message about one of
// 8,000 people points at one row of one file. An assignment to nobody is an error, and
// users = [] is not. An empty users_file is refused: it may be one that was cut off.
func (l *lowering) assignment(b *hclsyntax.Block, ev *evaluator, name string) {
	attrs := b.Body.Attributes
	people, named := l.people(b, ev, name)
	groups, more := l.groups(b, ev, name)
	selectors, except := l.selectors(b, ev, name)
	named = named || more || len(ofType(b.Body, "members", 0)) > 0
	from, until := l.window(attrs, ev)
	location := l.country(attrs["usage_location"], ev)
	l.reason(attrs["reason"], ev, name)
	asleep, lax := ev.flag(attrs["disabled_accounts"]), l.unknownNames(attrs["unknown_names"], ev)
	grants := ofType(b.Body, "grant", 1)
	if len(grants) == 0 {
		l.diags = append(l.diags, warning(b.DefRange(), "Assignment of nothing", "%s has no grant block, so it gives nothing to anybody.", name))
	}
	if !named && !misspelt(b.Body) {
		l.fail(b.DefRange(), "Assignment to nobody", "%s needs users, users_file, groups or members.", name)
	}
	given := map[string]hcl.Range{}
	for _, g := range grants {
		label := g.Labels[0]
		if first, twice := given[label]; twice {
			l.fail(g.DefRange(), "Duplicate grant", "%s grants %q at %s already.", name, label, rangeText(first))
			continue
		}
		given[label] = g.DefRange()
		want, ok := l.grant(g, ev, name, label)
		if !ok {
			continue
		}
		want.IgnoreUnknown, want.DisabledAccounts, want.Location, want.From, want.Until = lax, asleep, location, from, until
		l.give(want, people, g)
		if len(selectors) > 0 {
			l.cfg.Selections = append(l.cfg.Selections, ledger.Selection{Want: want, Selectors: selectors, Except: except})
		}
		want.Kind = ledger.Group
		l.give(want, groups, g)
	}
}

// give adds a copy of want for every person. All of them share the name of
// the block, but each keeps the line that names the person.
func (l *lowering) give(want ledger.Want, people []namedAt, g *hclsyntax.Block) {
	lic := l.licenses[g.Labels[0]]
	l.cfg.Wants = slices.Grow(l.cfg.Wants, len(people))
	for i := range people {
		p := &people[i]
		w := want
		w.Holder, w.List = p.name, p.list
		w.Origins = []ledger.Origin{p.at}
		l.cfg.Wants = append(l.cfg.Wants, w)
		if lic.product != nil && lic.product.Kind == catalog.Paid && want.Kind == ledger.User && consumer(p.name) {
			l.diags = append(l.diags, warning(atOrigin(p.at), "Consumer address",
				"%s is a personal Microsoft or mail account: a paid seat needs a work or school account.", p.name))
		}
	}
}

// people lists the people of an assignment; named is false where neither
// argument has a value, which is not the same as an empty list.
func (l *lowering) people(b *hclsyntax.Block, ev *evaluator, name string) (people []namedAt, named bool) {
	items, _ := ev.list(b.Body.Attributes["users"])
	for _, it := range items {
		text := strings.TrimSpace(it.text)
		if !ValidUser(text) {
			l.fail(it.at, "Not a user", "%q is neither a user principal name such as ada@contoso.com nor an object id.", it.text)
			continue
		}
		people = append(people, namedAt{name: text, at: ledger.Origin{File: it.at.Filename, Line: it.at.Start.Line, Block: name}})
	}
	attr := b.Body.Attributes["users_file"]
	if column := b.Body.Attributes["users_column"]; column != nil && attr == nil {
		l.fail(column.NameRange, "Column of no file", "%s has users_column, and no users_file in which to look for it.", name)
	}
	if path, ok := ev.text(attr); ok {
		column, _ := ev.text(b.Body.Attributes["users_column"])
		listed, diags := l.src.userList(path, column, attr.Expr.Range(), name)
		l.diags = append(l.diags, diags...)
		people = append(people, listed...)
	}
	return people, given(ev, b.Body.Attributes["users"]) || given(ev, attr)
}

// given reports whether an argument is there and not null. One in error is
// given: its error is reported already.
//
// It tells users = null from users = []: the first says nothing, and the second says nobody.
func given(ev *evaluator, attr *hclsyntax.Attribute) bool {
	if attr == nil {
		return false
	}
	if _, written := attr.Expr.(*hclsyntax.TupleConsExpr); written {
		return true
	}
	v, diags := attr.Expr.Value(ev.ctx)
	return diags.HasErrors() || !v.IsNull()
}

// ValidUser accepts what can be a user principal name or an object id, and
// nothing that could reach further than one path segment of a request.
//
// Names reach addresses of requests, so that what could end a path segment or begin a query
// is no name.
func ValidUser(s string) bool {
	if guid.MatchString(s) {
		return true
	}
	at := strings.LastIndexByte(s, '@')
	return at > 0 && at < len(s)-1 && len(s) <= 1024 && !strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == utf8.RuneError ||
			strings.ContainsRune(`/\,;"<>`, r)
	})
}

// consumer reports whether an address belongs to a provider of personal mail.
func consumer(name string) bool {
	_, domain, _ := strings.Cut(strings.ToLower(name), "@")
	switch domain {
	case "outlook.com", "hotmail.com", "live.com", "msn.com", "gmail.com", "googlemail.com",
		"yahoo.com", "icloud.com", "me.com", "aol.com", "gmx.de", "gmx.net", "proton.me":
		return true
	}
	return false
}
