package config

import (
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/usher-cli/usher/catalog"
	"github.com/usher-cli/usher/ledger"
)

// environmentRules reads what an environment says as a whole.
//
//	environment "production" {
//	  auto_allocated        = "adopt"
//	  hosted_serves_process = true
//	}
//
// The platform allocates units by itself where an admin turned that on. By default usher
// leaves such units alone, because somebody's flow runs on them.
func (l *lowering) environmentRules(b *hclsyntax.Block, ev *evaluator, ref string) {
	attrs := b.Body.Attributes
	p := ledger.EnvironmentRules{Environment: ledger.Holder{Kind: ledger.Environment, Name: ref}, Auto: ledger.AutoIgnore, Origin: origin(b)}
	p.IgnoreUnknown = l.unknownNames(attrs["unknown_names"], ev)
	p.Owner = l.owner(attrs["owner"], ev)
	p.HostedServes = ev.flag(attrs["hosted_serves_process"])
	if mode, ok := ev.text(attrs["auto_allocated"]); ok {
		p.Auto = ledger.AutoMode(mode)
		l.oneOf(attrs["auto_allocated"], mode, "ignore", "adopt", "remove")
	}
	l.cfg.Environments = append(l.cfg.Environments, p)
}

// flows reads the flows of an environment and the plan that each runs on.
//
//	flow "invoices" {
//	  id   = "c0a8…"    # where the label is not the name
//	  plan = "process"  # or "per_flow"
//	}
//
// A flow always has one unit. One that runs on its owner's license has no block.
func (l *lowering) flows(b *hclsyntax.Block, ev *evaluator, name, env string) {
	plans := map[string]string{"process": catalog.Process, "per_flow": catalog.PerFlow}
	for _, f := range ofType(b.Body, "flow", 1) {
		plan, ok := ev.required(f.Body.Attributes["plan"])
		if !ok {
			continue
		}
		currency, known := plans[plan]
		if !known {
			l.fail(
				f.Body.Attributes["plan"].Expr.Range(),
				"Wrong value",
				"plan is \"process\" or \"per_flow\", and this is %q.%s A flow on its owner's license has no block.",
				plan,
				didYouMean(plan, []string{"process", "per_flow"}),
			)
			continue
		}
		l.holds(f, ev, name, env, ledger.Flow, currency, 1)
	}
}

// machines reads the machines of an environment, and its groups of hosted ones.
//
//	machine "rpa-1" {
//	  unattended_runs = 2
//	}
//
//	machine_group "hosted" {
//	  committed_bots = 3
//	}
//
// Machines draw process capacity, groups of hosted machines hosted capacity.
func (l *lowering) machines(b *hclsyntax.Block, ev *evaluator, name, env string) {
	for _, kind := range []struct {
		block, units string
		holder       ledger.HolderKind
		currency     string
	}{
		{"machine", "unattended_runs", ledger.Machine, catalog.Process},
		{"machine_group", "committed_bots", ledger.MachineGroup, catalog.Hosted},
	} {
		for _, m := range ofType(b.Body, kind.block, 1) {
			attr := m.Body.Attributes[kind.units]
			n, ok := ev.countArgument(attr)
			switch {
			case !ok && attr != nil && len(ev.diags) == 0:
				l.fail(attr.Expr.Range(), "Missing value", "%s is null, and must have a value.", kind.units)
			case ok && n == 0:
				l.fail(
					attr.Expr.Range(),
					"Number out of range",
					"A %s with %s = 0 needs no block: leave it out.",
					strings.ReplaceAll(kind.block, "_", " "),
					kind.units,
				)
			case ok:
				l.holds(m, ev, name, env, kind.holder, kind.currency, n)
			}
		}
	}
}

// holds adds the want of a flow or a machine. It draws from the pool of its
// environment: one unit for a flow, for a machine one for each run at a time.
func (l *lowering) holds(b *hclsyntax.Block, ev *evaluator, name, env string, kind ledger.HolderKind, currency string, units int64) {
	ref, ok := ev.text(b.Body.Attributes["id"])
	if !ok {
		ref = b.Labels[0]
	}
	if strings.TrimSpace(ref) == "" {
		l.fail(b.DefRange(), "Block without a name", "%s needs an id, or a label that is the name of a %s.", blockName(b), kind.Words())
		return
	}
	key := strings.ToLower(env + "\x00" + string(kind) + "\x00" + ref)
	if first, twice := l.inside[key]; twice {
		l.fail(b.DefRange(), "Duplicate "+kind.Words(), "The %s %q is declared at %s already.", kind.Words(), ref, rangeText(first))
		return
	}
	l.inside[key] = b.DefRange()
	o := origin(b)
	o.Block = name + "." + o.Block
	l.cfg.Wants = append(l.cfg.Wants, ledger.Want{Kind: kind, Holder: ref, Around: env, Units: units, Origins: []ledger.Origin{o},
		Item: ledger.Item{Kind: ledger.Capacity, ID: currency, Name: l.catalog.CapacityName(currency)}})
}
