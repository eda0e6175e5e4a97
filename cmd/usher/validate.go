package main

import (
	"github.com/spf13/cobra"

	"github.com/usher-cli/usher/catalog"
	"github.com/usher-cli/usher/config"
	"github.com/usher-cli/usher/view"
)

type validateOptions struct {
	inputs
	format
}

func newValidate(a *app) *cobra.Command {
	o := &validateOptions{}
	cmd := &cobra.Command{
		Use: "validate", Short: "Check the configuration, without a tenant", Args: noArgs,
		RunE: func(*cobra.Command, []string) error { return runValidate(a, o) },
	}
	o.configuration(cmd)
	o.formatFlag(cmd, "the problems")
	a.redactFlag(cmd)
	a.compactFlag(cmd)
	return cmd
}

func runValidate(a *app, o *validateOptions) error {
	cat, err := catalog.Load()
	if err != nil {
		return err
	}
	opts := config.Options{Version: version, Vars: o.Vars, Env: a.env, Catalog: cat, Remote: o.Remote, Alone: true, Now: a.now}
	for _, f := range o.VarFiles {
		opts.VarFiles = append(opts.VarFiles, a.path(f))
	}
	cfg, diags := config.Load(a.chdir, opts)
	if !diags.HasErrors() {
		diags = append(diags, cfg.Shortages()...)
	}
	a.files = cfg.Files
	d := view.Validated(diags)
	found := a.words().Diagnostics(diags)
	if !o.isText() {
		d.Parts = append(found.Parts, d.Parts...)
		err = a.show(o.format, d)
	} else {
		a.stderr().Page(found)
		to := a.stdout()
		if diags.HasErrors() {
			to = a.stderr()
		}
		to.Page(d.Page)
	}
	if err == nil && diags.HasErrors() {
		return exitError
	}
	return err
}
