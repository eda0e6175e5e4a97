package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/go-multierror"
	"github.com/spf13/cobra"

	"github.com/usher-cli/usher/engine"
	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
)

// choices are the options of a plan that do not come from files.
type choices struct {
	engine.Choices
	targets  []ledger.Holder
	blocks   []string // that stand for targets
	drift    string   // a group of drift; "" for none
	expected *plan.Expected
}

// planFlags are the options that shape a plan, of plan and of apply.
type planFlags struct {
	targets        []string
	only           string
	expect         string
	suggestTargets suggest
	signers        *engine.Signers // whose signature the reviewed plan needs; nil for none
	allowances
}

// allowances are the options that permit what is refused otherwise.
type allowances struct {
	gaps    int64
	mayStop bool
}

func (f *allowances) flags(cmd *cobra.Command) {
	cmd.Flags().Int64Var(&f.gaps, "allow-gaps", 0, "how many `PEOPLE` may be without a seat for a moment, where no order of swaps avoids it")
	cmd.Flags().BoolVar(&f.mayStop, "allow-stopping-flows", false, "let flows of service principals lose their capacity, and stop")
}

func (f *allowances) check() error {
	if f.gaps < 0 {
		return fmt.Errorf("-allow-gaps is a number of people, and this is %d", f.gaps)
	}
	return nil
}

func (f *planFlags) flags(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&f.targets, "target", nil,
		"only for the holder at `ADDRESS`, such as user/ada@contoso.com, or those of license.LABEL or assignment.LABEL")
	cmd.Flags().StringVar(&f.only, "only", "",
		"`due`: only steps that a date makes necessary; adopt: only what is there already; "+
			"drift:GROUP: only those that put a group of drift back")
	cmd.Flags().Var(&named{&f.expect, "reviewed plan"}, "expect",
		"refuse steps that the reviewed `PLAN` does not have: a saved plan, or its digest")
	f.allowances.flags(cmd)
	_ = cmd.RegisterFlagCompletionFunc("target", f.suggestTargets) // it is defined above
	_ = cmd.RegisterFlagCompletionFunc("only", suggestWords("due", "adopt", "drift:"))
}

func (f *planFlags) set() bool {
	return len(f.targets) > 0 || f.only != "" || f.expect != "" || f.gaps != 0 || f.mayStop
}

func (f *planFlags) choices(a *app) (choices, error) {
	targets, blocks, err := targetFlag(f.targets)
	group, ofDrift := strings.CutPrefix(f.only, "drift:")
	switch {
	case err != nil:
	case f.only != "" && f.only != string(plan.OnlyDue) && f.only != string(plan.OnlyAdopt) && (!ofDrift || group == ""):
		err = fmt.Errorf("-only takes due, adopt, or drift:GROUP from usher drift, and this is %q", f.only)
	case ofDrift && len(targets)+len(blocks) > 0:
		err = errors.New("-target and -only=drift narrow a plan twice: choose one")
	default:
		err = f.check()
	}
	c := choices{engine.Choices{AllowGaps: f.gaps, MayStop: f.mayStop}, targets, blocks, "", nil}
	if !ofDrift {
		c.Only = plan.Only(f.only)
	}
	if ofDrift {
		c.drift = strings.TrimPrefix(a.pseudonyms.Name(f.only), "drift:")
	}
	if err == nil && f.expect != "" {
		c.expected, err = a.world().Expected(f.expect, f.signers)
	}
	return c, err
}

// targetFlag reads -target values: the address of a holder, or of one of its grants, which
// stands for the whole holder, or a block, which stands for everybody that it is about.
func targetFlag(values []string) (targets []ledger.Holder, blocks []string, err error) {
	var problems *multierror.Error
	for _, v := range values {
		if engine.IsTargetBlock(v) {
			blocks = append(blocks, v)
			continue
		}
		h, err := ledger.ParseHolder(holderOf(v))
		if err != nil && !strings.Contains(v, "/") {
			err = fmt.Errorf("%w, and is no license.LABEL or assignment.LABEL", err)
		}
		if err != nil {
			problems = multierror.Append(problems, fmt.Errorf("-target: %w", err))
			continue
		}
		targets = append(targets, h)
	}
	return targets, blocks, problems.ErrorOrNil()
}

// holderOf leaves out the item of an address. The name of a person has no colon, and any other
// name can have one.
func holderOf(address string) string {
	front, _, found := strings.Cut(address, ":")
	if _, _, _, err := ledger.Address(address).Split(); found && err != nil && !strings.HasPrefix(address, string(ledger.User)+"/") {
		return address
	}
	return front
}
