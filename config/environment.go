package config

import (
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/usher-cli/usher/ledger"
)

// environmentsOf lowers one environment for each element of for_each.
func (l *lowering) environmentsOf(b *hclsyntax.Block) {
	l.forEach(b, func(ev *evaluator, name, label string) { l.environment(b, ev, name, label) })
}

// environment lowers one environment with all that is in it.
//
//	environment "production" {
//	  capacity {
//	    process = 8
//	  }
//	  flow "invoices" {
//	    plan = "process"
//	  }
//	}
//
// The label is the display name, unless id says which environment it is. Two blocks of one
// environment are refused: the second would take away what the first allocates.
func (l *lowering) environment(b *hclsyntax.Block, ev *evaluator, name, label string) {
	ref, ok := ev.text(b.Body.Attributes["id"])
	if !ok {
		ref = label
	}
	key := strings.ToLower(ref)
	if first, twice := l.environments[key]; twice {
		l.fail(b.DefRange(), "Duplicate environment", "%s is the environment %q, declared at %s already.", name, ref, rangeText(first))
		return
	}
	l.environments[key] = b.DefRange()
	if strings.TrimSpace(ref) == "" {
		l.fail(b.DefRange(), "Environment without a name", "%s needs an id or a label that is the environment's display name.", name)
		return
	}
	first := len(l.cfg.Wants)
	l.environmentRules(b, ev, ref)
	l.flows(b, ev, name, ref)
	l.machines(b, ev, name, ref)
	for _, c := range ofType(b.Body, "capacity", 0) {
		attrs := c.Body.Attributes
		for _, typ := range slices.SortedFunc(maps.Keys(attrs), byPosition(attrs)) {
			l.allocation(attrs[typ], ev, name, ref)
		}
	}
	for i := range l.cfg.Wants[first:] {
		l.cfg.Wants[first+i].IgnoreUnknown = l.cfg.Environments[len(l.cfg.Environments)-1].IgnoreUnknown
	}
}

// byPosition orders arguments as they stand in the file.
func byPosition(attrs hclsyntax.Attributes) func(a, b string) int {
	return func(a, b string) int {
		return attrs[a].NameRange.Start.Byte - attrs[b].NameRange.Start.Byte
	}
}

// allocation lowers one line of the capacity block.
//
// A line with 0 is a want as well: it takes the units away. A type that no file ever
// declared is left as it is, whoever allocated it.
func (l *lowering) allocation(attr *hclsyntax.Attribute, ev *evaluator, name, ref string) {
	item, known := l.capacities[attr.Name]
	if !known {
		l.unknownCapacity(attr)
		return
	}
	units, ok := ev.countArgument(attr)
	if !ok {
		return
	}
	if units > 0 {
		l.ending(item.Name, attr.NameRange)
	}
	l.cfg.Wants = append(l.cfg.Wants, ledger.Want{
		Kind: ledger.Environment, Holder: ref, Item: item, Units: units,
		Origins: []ledger.Origin{{File: attr.NameRange.Filename, Line: attr.NameRange.Start.Line, Block: name}},
	})
}

// ending warns of a type that is no longer sold or ends, once a file.
func (l *lowering) ending(name string, at hcl.Range) {
	t, _ := l.catalog.CapacityByName(name)
	if t.Note == "" || l.ended[name+at.Filename] {
		return
	}
	l.ended[name+at.Filename] = true
	l.diags = append(l.diags, warning(at, "Capacity type at its end", "%s (%s): %s. Its successor is %s.", name, t.Title, t.Note, t.Next))
}

// unknownCapacity says what is wrong with a name that is no capacity type.
//
// The commonest slip is a license in the place of a type, because admins buy both in the
// same shop: it is told where it belongs.
func (l *lowering) unknownCapacity(attr *hclsyntax.Attribute) {
	name := attr.Name
	switch _, isLicense := l.licenses[name]; {
	case isLicense:
		l.fail(attr.NameRange, "Seats for an environment", "%q is a license. People hold licenses: grant it in an assignment.", name)
	case l.catalog.IsStorage(name):
		l.fail(
			attr.NameRange,
			"Storage cannot be allocated",
			"Dataverse storage belongs to the whole tenant: the service refuses to allocate it to an environment.",
		)
	default:
		l.fail(
			attr.NameRange,
			"Unknown capacity type",
			"There is no capacity type %q.%s A type that this usher does not know yet is declared with capacity %q { type = \"ITS NAME\" }.",
			name,
			didYouMean(name, l.capacityNames()),
			name,
		)
	}
}
