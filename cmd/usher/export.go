package main

import (
	"context"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/usher-cli/usher/engine"
	"github.com/usher-cli/usher/view"
)

type exportOptions struct {
	inputs
	format
	names engine.ExportNames
	out   string
}

func newExport(a *app) *cobra.Command {
	o := &exportOptions{}
	cmd := &cobra.Command{
		Use: "export", Short: "Write the configuration that asks for what the tenant has; exits with 4 if it leaves something out",
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runExport(cmd.Context(), a, o) },
	}
	o.tenant(cmd)
	o.formatFlag(cmd, "what was written")
	flags := cmd.Flags()
	flags.StringArrayVar(&o.names.Products, "sku", nil, "write the seats of one `PRODUCT`, by part number or id")
	flags.StringArrayVar(&o.names.Groups, "group", nil, "write what one `GROUP` gives, by name or id")
	flags.StringArrayVar(&o.names.Environments, "environment", nil, "write what one `ENVIRONMENT` has, by name or id")
	flags.Var(&named{&o.names.Terraform, "state file"}, "from-terraform",
		"write only the licenses that a state of Terraform holds: a `FILE` of terraform state pull")
	flags.StringVar(&o.out, "out", ".", "write into `DIR`, which is made if it is not there; relative to -chdir")
	return cmd
}

func runExport(ctx context.Context, a *app, o *exportOptions) (err error) {
	a.documents = o.isJSON()
	p, err := a.look(ctx, o.inputs, engine.Access{}, engine.Scope{Everything: true, Whole: true})
	if err != nil {
		return err
	}
	defer p.Close(&err)
	if o.names.Terraform != "" {
		o.names.Terraform = a.path(o.names.Terraform)
	}
	made, err := p.Export(o.names)
	if err != nil {
		return err
	}
	if err := engine.WriteExport(ctx, made.All, p.Path(o.out)); err != nil {
		return err
	}
	have := p.Reading.Have
	written := view.Export{Files: made.Files, Folder: filepath.ToSlash(o.out), Plan: made.Plan, Others: made.Others, Forget: made.Forget}
	if err := a.show(o.format, a.words().Exported(have, written)); err != nil {
		return err
	}
	if made.Partial(have.Unread) {
		return exitPartial
	}
	return nil
}
