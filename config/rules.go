package config

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/usher-cli/usher/ledger"
)

// RuleChanges lists what a branch changes in the rules that bind it: which tenant and
// which state it is about, for whom the state is encrypted, and what the guard allows.
//
//	base   guard { max_losses = 25 }
//	head   guard { max_losses = 500 }
//	       GUARD LOOSENED: max_losses 25 -> 500
//
// A pull request can write any rule into its own files, and would then be judged by it. So
// the rules of the revision that it is to be merged into bind it, and a change of one is
// told before everything else. A rule that gets stricter is no matter.
func RuleChanges(base, head *Config) []ledger.RuleChange {
	c := ruleChanges{}
	c.tenant(base.Tenant, head.Tenant)
	c.backend(base.Backend, head.Backend)
	c.recipients(keysOf(base), keysOf(head))
	c.guard(base.Guard, head.Guard)
	c.unknownNames(lax(base), lax(head))
	c.ignores(base.Ignores, head.Ignores)
	c.holds(base.Items, head.Items)
	c.owners(ownersIn(base), ownersIn(head))
	return c
}

type ruleChanges []ledger.RuleChange

func (c *ruleChanges) add(rule ledger.Rule, at ledger.Origin, format string, args ...any) {
	change := ledger.RuleChange{Rule: rule, Text: fmt.Sprintf(format, args...)}
	if at.File != "" {
		change.Origins = []ledger.Origin{at}
	}
	*c = append(*c, change)
}

func (c *ruleChanges) tenant(was, is Tenant) {
	switch {
	case was.where() != is.where():
		c.add(ledger.TenantChanged, is.Origin, "%s -> %s", was.where(), is.where())
	case !was.Same(is):
		c.add(ledger.TenantChanged, is.Origin, "%s is reached at other addresses", is.where())
	}
}

// Same reports whether two tenants are one, and are reached at the same addresses.
func (t Tenant) Same(o Tenant) bool { return t.where() == o.where() && t.reached() == o.reached() }

// reached are the names by which a tenant is reached.
func (t Tenant) reached() [6]string {
	e := t.Endpoints
	return [6]string{t.Cloud.Name, e.Login, e.Graph, e.PowerPlatform, e.Admin, e.Purchase}
}

// where names a tenant.
func (t Tenant) where() string {
	switch {
	case t.ID != "":
		return "the tenant " + t.ID
	case t.Endpoint != "":
		return "the simulated tenant at " + t.Endpoint
	}
	return "the simulated tenant in " + t.File
}

// backend names arguments, and not their values: an address can tell strangers where the
// state is, and the changes are part of saved plans.
func (c *ruleChanges) backend(was, is Backend) {
	if was.Kind != is.Kind {
		c.add(ledger.BackendChanged, is.Origin, "%s -> %s", was.Kind, is.Kind)
		return
	}
	var names []string
	for _, name := range BackendArguments()[is.Kind] {
		if was.Args[name] != is.Args[name] {
			names = append(names, name)
		}
	}
	if len(names) > 0 {
		c.add(ledger.BackendChanged, is.Origin, "%s of the backend %q", strings.Join(names, ", "), is.Kind)
	}
}

// keysOf are the public keys that a state is encrypted for.
func keysOf(c *Config) map[string]Recipient {
	keys := map[string]Recipient{}
	for _, r := range c.Recipients {
		keys[r.Key] = r
	}
	return keys
}

func (c *ruleChanges) recipients(was, is map[string]Recipient) {
	if len(was) > 0 && len(is) == 0 {
		c.add(ledger.EncryptionChanged, ledger.Origin{}, "the state is no longer encrypted")
		return
	}
	for _, key := range slices.Sorted(maps.Keys(is)) {
		if _, known := was[key]; !known && len(was) > 0 {
			at := is[key].At
			c.add(ledger.EncryptionChanged, ledger.Origin{File: at.Filename, Line: at.Start.Line, Block: "encryption"},
				"one more key can read the state: %s", key)
		}
	}
}

func (c *ruleChanges) guard(was, is ledger.Guard) {
	for _, pair := range [][2]limit{
		{
			{"max_losses", was.MaxLosses, is.MaxLosses, ledger.DefaultMaxLosses},
			{"max_loss_percent", was.MaxLossPercent, is.MaxLossPercent, ledger.DefaultMaxLossPercent},
		},
		{
			{"max_unknown_names", was.MaxUnknown, is.MaxUnknown, ledger.DefaultMaxUnknown},
			{"max_unknown_percent", was.MaxUnknownPercent, is.MaxUnknownPercent, ledger.DefaultMaxUnknownPercent},
		},
		{
			{"max_attribute_moves", was.MaxMoves, is.MaxMoves, ledger.DefaultMaxMoves},
			{"max_attribute_move_percent", was.MaxMovePercent, is.MaxMovePercent, ledger.DefaultMaxMovePercent},
		},
	} {
		if ledger.LooserPair([2]*int64{pair[0].was, pair[1].was}, [2]*int64{pair[0].is, pair[1].is}, pair[0].standard, pair[1].standard) {
			c.add(ledger.GuardLoosened, is.Origin, "%s", limitsText(pair[:]...))
		}
	}
	protected := map[string]bool{}
	for _, h := range is.Protect {
		protected[strings.ToLower(h.Address())] = true
	}
	for _, h := range was.Protect {
		if address := h.Address(); !protected[strings.ToLower(address)] {
			c.add(ledger.ProtectionRemoved, is.Origin, "%s", address)
		}
	}
}

// limit is a limit of a guard, in both revisions.
type limit struct {
	name     string
	was, is  *int64
	standard int64 // where neither limit of a pair is written
}

// limitsText tells of a pair of limits. Where neither is written, both defaults bind together.
func limitsText(pair ...limit) string {
	unset := func(n func(limit) *int64) bool { return n(pair[0]) == nil && n(pair[1]) == nil }
	was, is := func(l limit) *int64 { return l.was }, func(l limit) *int64 { return l.is }
	number := func(l limit, n func(limit) *int64) string {
		switch {
		case n(l) != nil:
			return fmt.Sprint(*n(l))
		case unset(n):
			return fmt.Sprintf("%d (the default)", l.standard)
		}
		return "no limit"
	}
	var parts []string
	for _, l := range pair {
		if before, after := number(l, was), number(l, is); before != after {
			parts = append(parts, fmt.Sprintf("%s %s -> %s", l.name, before, after))
		}
	}
	return strings.Join(parts, ", ")
}

// lax are the blocks whose names may mean nobody: they count neither in the guard nor as
// slips.
func lax(c *Config) map[string]ledger.Origin {
	blocks := map[string]ledger.Origin{}
	for _, w := range c.Wants {
		for _, o := range w.Origins {
			if w.IgnoreUnknown {
				blocks[o.Block] = o
			}
		}
	}
	return blocks
}

// unknownNames tells of blocks that switch off what guards against slips.
func (c *ruleChanges) unknownNames(was, is map[string]ledger.Origin) {
	for _, block := range slices.Sorted(maps.Keys(is)) {
		if _, known := was[block]; !known {
			c.add(ledger.GuardLoosened, is[block], "names that mean nobody are ignored in %s", block)
		}
	}
}

// ignores tells of rules that ignore more, or longer.
func (c *ruleChanges) ignores(was, is []ledger.IgnoreRule) {
	for _, r := range is {
		known := slices.ContainsFunc(was, func(o ledger.IgnoreRule) bool {
			return strings.EqualFold(o.Address, r.Address) && (o.Until == "" || r.Until != "" && r.Until <= o.Until)
		})
		if !known {
			c.add(ledger.IgnoreAdded, r.Origin, "drift at %s is no news%s", r.Address, until(r))
		}
	}
}

// holds tells of licenses whose seats would go earlier than the base lets them, with a line or
// without one.
func (c *ruleChanges) holds(was, is []ledger.ItemRules) {
	days := func(n int) string {
		if n == 0 {
			return "none"
		}
		return fmt.Sprintf("%dd", n)
	}
	before := map[string]ledger.ItemRules{}
	for _, r := range was {
		before[r.Item.Name] = r
	}
	for _, r := range is {
		was, known := before[r.Item.Name]
		if !known {
			continue
		}
		if r.Hold < was.Hold {
			c.add(ledger.GuardLoosened, r.Origin, "hold of %s %s -> %s", r.Item.Name, days(was.Hold), days(r.Hold))
		}
		if r.Unmanaged != ledger.Take {
			continue
		}
		if r.Taking.Guests && !was.Taking.Guests || r.Taking.Asleep && !was.Taking.Asleep {
			c.add(ledger.GuardLoosened, r.Origin, "unmanaged of %s removes seats of guests or of disabled accounts, too", r.Item.Name)
		}
		if was.Unmanaged == ledger.Take && r.Taking.OlderThan < was.Taking.OlderThan {
			c.add(ledger.GuardLoosened, r.Origin, "older_than of unmanaged seats of %s %s -> %s", r.Item.Name,
				days(was.Taking.OlderThan), days(r.Taking.OlderThan))
		}
	}
}

// owned is what has an owner, and where it says so.
type owned struct {
	owner string
	at    ledger.Origin
}

// ownersIn are the owners of licenses, of environments and of the guard.
func ownersIn(c *Config) map[string]owned {
	all := map[string]owned{"the guard": {c.Guard.Owner, c.Guard.Origin}}
	for _, r := range c.Items {
		all[r.Item.Name] = owned{r.Owner, r.Origin}
	}
	for _, e := range c.Environments {
		all["the environment "+e.Environment.Name] = owned{e.Owner, e.Origin}
	}
	return all
}

// owners tells of owners who are no longer asked. What is not in the files any more is taken
// away, and a plan of that asks the owner in the base.
func (c *ruleChanges) owners(was, is map[string]owned) {
	for _, name := range slices.Sorted(maps.Keys(was)) {
		now, there := is[name]
		if before := was[name].owner; before != "" && there && now.owner != before {
			c.add(ledger.OwnerChanged, now.at, "of %s: %s -> %s", name, before, cmp.Or(now.owner, "nobody"))
		}
	}
}

// until says how long a rule ignores.
func until(r ledger.IgnoreRule) string {
	if r.Until == "" {
		return ", without an end"
	}
	return ", up to " + r.Until
}
