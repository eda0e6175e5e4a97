package main

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/view"
)

// checkOptions are the options of verbs that check whether something is fit to
// plan, or to apply.
type checkOptions struct {
	inputs
	purpose string
	format
}

// flags adds the options.
func (o *checkOptions) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.purpose, "for", "apply", "check for `plan` or for apply")
	o.formatFlag(cmd, "the checks")
}

func (o *checkOptions) check(about string) error {
	if o.purpose != "plan" && o.purpose != "apply" {
		return fmt.Errorf("-for=%s is not a purpose of %s: write -for=plan or -for=apply", o.purpose, about)
	}
	return nil
}

// tell prints checks, and fails where something is missing.
func (o *checkOptions) tell(a *app, checks []ledger.Check) error {
	if err := a.show(o.format, view.Checks(o.purpose, checks)); err != nil {
		return err
	}
	if slices.ContainsFunc(checks, func(c ledger.Check) bool { return c.Verdict == ledger.Missing }) {
		return exitError
	}
	return nil
}
