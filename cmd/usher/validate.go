package main

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/spf13/cobra"

	"github.com/usher-cli/usher/catalog"
	"github.com/usher-cli/usher/config"
	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/view"
)

type validateOptions struct {
	inputs
	json bool
}

func newValidate(a *app) *cobra.Command {
	o := &validateOptions{}
	cmd := &cobra.Command{
		Use: "validate", Short: "Check the configuration, without a tenant", Args: noArgs,
		RunE: func(*cobra.Command, []string) error { return runValidate(a, o) },
	}
	o.configuration(cmd)
	cmd.Flags().BoolVar(&o.json, "json", false, "print the problems as JSON")
	return cmd
}

func runValidate(a *app, o *validateOptions) error {
	cat, err := catalog.Load()
	if err != nil {
		return err
	}
	opts := config.Options{Version: version, Vars: o.Vars, Catalog: cat, Remote: o.Remote}
	for _, f := range o.VarFiles {
		opts.VarFiles = append(opts.VarFiles, a.path(f))
	}
	cfg, diags := config.Load(a.chdir, opts)
	if !diags.HasErrors() {
		diags = append(diags, cfg.Shortages()...)
	}
	if o.json {
		err = view.JSON(a.out, view.NewValidation(diags))
	} else {
		printValidation(a, cfg, diags)
	}
	if err == nil && diags.HasErrors() {
		return exitError
	}
	return err
}

func printValidation(a *app, cfg *config.Config, diags hcl.Diagnostics) {
	a.stderr().WithFiles(cfg.Files).Diagnostics(diags)
	errs, warnings := 0, 0
	for _, d := range diags {
		if d.Severity == hcl.DiagError {
			errs++
		} else {
			warnings++
		}
	}
	switch {
	case errs > 0:
		a.stderr().Line("The configuration has %s and %s.", ledger.Count(errs, "error"), ledger.Count(warnings, "warning"))
	case warnings > 0:
		a.stdout().Line("The configuration is valid, with %s.", ledger.Count(warnings, "warning"))
	default:
		a.stdout().Line("The configuration is valid.")
	}
}
