package view

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
)

// commitName is a name that only a program gives to a revision.
var commitName = regexp.MustCompile(`^(?:[0-9a-f]{40}|(?:FETCH_)?HEAD.*)$`)

// baseName is what people call the revision that a branch is to be merged into.
func baseName(b *plan.Base) string {
	if commitName.MatchString(b.Revision) {
		return "the base"
	}
	return b.Revision
}

// upper lets a sentence begin with "the base". The name of a branch stays as it is.
func upper(text string) string {
	if rest, is := strings.CutPrefix(text, "the base"); is {
		return "The base" + rest
	}
	return text
}

// rules tells which rules a branch changes, before everything else: a reader who sees
// only the first line of a plan sees that it is judged by other limits.
//
//	Refused: GUARD LOOSENED: max_losses 25 -> 500.
//	  on guard.hcl:2
//	  apply refuses this until main has it as well: let somebody review it, and merge it.
func (p *Page) rules(b *plan.Base) {
	if b == nil {
		return
	}
	for _, r := range b.Rules {
		n := Note{Level: Unbound, Code: string(r.Rule), Origins: r.Origins, Text: ruleTitle(r.Rule) + ": " + r.Text + ".",
			Fix: fmt.Sprintf("apply refuses this until %s has it as well: let somebody review it, and merge it", baseName(b))}
		for _, o := range r.Origins {
			n.Sources = append(n.Sources, Source{File: o.File, Line: o.Line})
		}
		p.add(n, Break{})
	}
	if b.Behind > 0 {
		p.add(Note{Level: Warning, Code: "branch-behind", Text: fmt.Sprintf(
			"the branch lacks %s of %s, so what those changed looks as if the branch took it back", ledger.Count(b.Behind, "commit"), baseName(b)),
			Fix: "Update the branch"})
	}
	if b.Unread != "" && len(b.Rules) == 0 {
		p.add(Note{Level: Warning, Code: string(ledger.BaseUnread), Text: fmt.Sprintf(
			"no plan of %s can be made, so the steps of the branch are not told from others: %s", baseName(b), b.Unread)})
	}
}

// ruleTitle says in capitals what a branch does to a rule.
func ruleTitle(r ledger.Rule) string {
	return map[ledger.Rule]string{
		ledger.TenantChanged:     "TENANT CHANGED",
		ledger.BackendChanged:    "BACKEND CHANGED",
		ledger.EncryptionChanged: "ENCRYPTION CHANGED",
		ledger.GuardLoosened:     "GUARD LOOSENED",
		ledger.ProtectionRemoved: "PROTECTION REMOVED",
		ledger.IgnoreAdded:       "IGNORE ADDED",
		ledger.OwnerChanged:      "OWNER CHANGED",
		ledger.BaseUnread:        "BASE NOT READ",
	}[r]
}

// shared says how many steps are not the branch's own.
func (p *Page) shared(pl *plan.Plan) {
	if pl.Base == nil || pl.Empty() || pl.Base.Unread != "" {
		return
	}
	n, all := 0, 0
	for s := range pl.EachStep() {
		if all++; s.InBase {
			n++
		}
	}
	p.add(Verdict(fmt.Sprintf("This branch asks for %d of %s. %s for the other %d already.",
		all-n, ledger.Count(all, "step"), upper(baseName(pl.Base)+" asks"), n)))
}
