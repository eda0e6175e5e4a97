package config

import (
	"strings"
	"time"
	"unicode"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	tags "golang.org/x/text/language"

	"github.com/usher-cli/usher/ledger"
)

// groups lists the groups of an assignment; named is false where the argument
// has no value.
//
// Groups are named as the directory shows them, or by id. Whether a name is a group's at all,
// and only one's, the tenant says when planning.
func (l *lowering) groups(b *hclsyntax.Block, ev *evaluator, name string) (groups []namedAt, named bool) {
	attr := b.Body.Attributes["groups"]
	items, _ := ev.list(attr)
	for _, it := range items {
		text := strings.TrimSpace(it.text)
		const longest = 256 // of a display name in the directory
		if text == "" || len(text) > longest || strings.ContainsFunc(text, unicode.IsControl) {
			l.fail(it.at, "Not a group", "%q is neither the display name of a group nor an object id.", it.text)
			continue
		}
		groups = append(groups, namedAt{name: text, at: ledger.Origin{File: it.at.Filename, Line: it.at.Start.Line, Block: name}})
	}
	return groups, given(ev, attr)
}

// window reads the days for which an assignment holds: from the first to the
// last, both included.
//
//	from  = "2027-01-01"
//	until = "2027-03-31"
//
// A day that is over is fine: the assignment then gives nothing, and its line can stay in
// the file as long as its authors like.
func (l *lowering) window(attrs hclsyntax.Attributes, ev *evaluator) (from, until string) {
	from, until = l.day(attrs["from"], ev), l.day(attrs["until"], ev)
	if from != "" && until != "" && from > until {
		l.fail(attrs["until"].Expr.Range(), "Days in the wrong order", "The last day, %s, is before the first, %s.", until, from)
	}
	if until != "" && until < l.today {
		l.diags = append(l.diags, warning(attrs["until"].Expr.Range(), "Assignment that is over",
			"The last day, %s, has passed: it gives nothing any more. Take the block out, or give it a later day.", until))
	}
	return from, until
}

// day reads a day; "" where there is none.
func (l *lowering) day(attr *hclsyntax.Attribute, ev *evaluator) string {
	text, ok := ev.text(attr)
	if !ok {
		return ""
	}
	if _, err := time.Parse(time.DateOnly, text); err != nil {
		l.fail(attr.Expr.Range(), "Not a day", "%q is not a day such as \"2027-03-31\".", text)
		return ""
	}
	return text
}

// country reads a country of two letters.
//
// The directory gives no direct license to an account without a usage location, and takes
// the two letters of ISO 3166.
func (l *lowering) country(attr *hclsyntax.Attribute, ev *evaluator) string {
	text, ok := ev.text(attr)
	if !ok {
		return ""
	}
	region, err := tags.ParseRegion(text)
	if err != nil || len(text) != 2 || !region.IsCountry() || region.Canonicalize() != region {
		l.fail(attr.Expr.Range(), "Not a country", "%q is not a country of two letters such as \"NL\".", text)
		return ""
	}
	return strings.ToUpper(text)
}

// reason reads why an assignment is there.
func (l *lowering) reason(attr *hclsyntax.Attribute, ev *evaluator, name string) {
	text, ok := ev.text(attr)
	if !ok {
		return
	}
	if strings.TrimSpace(text) == "" {
		l.fail(attr.Expr.Range(), "No reason", "reason is empty: say why the assignment is there, or leave the argument out.")
		return
	}
	if l.cfg.Reasons == nil {
		l.cfg.Reasons = map[string]string{}
	}
	l.cfg.Reasons[name] = text
}
