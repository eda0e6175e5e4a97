package main

import (
	"bytes"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/usher-cli/usher/config"
	"github.com/usher-cli/usher/view"
)

type fmtOptions struct {
	check, diff, recursive bool

	prune bool // the tenant is asked, which takes these
	inputs
	changeOptions
}

func newFmt(a *app) *cobra.Command {
	o := &fmtOptions{}
	cmd := &cobra.Command{
		Use: "fmt [FILE...]", Short: "Lay out *.hcl files in the canonical way, and list those that changed; - is standard input",
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.prune {
				return runPrune(cmd.Context(), a, o, args)
			}
			own := []string{"check", "diff", "recursive"}
			var idle []string
			cmd.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) {
				if f.Changed && !slices.Contains(own, f.Name) {
					idle = append(idle, "-"+f.Name)
				}
			})
			if len(idle) > 0 {
				return fmt.Errorf("%s is about -prune-gone: add that, or leave it out", strings.Join(idle, ", "))
			}
			return runFmt(a, o, args)
		},
	}
	cmd.Flags().BoolVar(&o.prune, "prune-gone", false,
		"take people out of the files, and out of lists, whose accounts were deleted in the tenant")
	o.tenant(cmd)
	o.flags(cmd)
	cmd.Flags().BoolVar(&o.check, "check", false, "write nothing; exit with 1 where a file would change")
	cmd.Flags().BoolVar(&o.diff, "diff", false, "show the changes")
	cmd.Flags().BoolVar(&o.recursive, "recursive", false, "go into directories below, too")
	return cmd
}

func runFmt(a *app, o *fmtOptions, args []string) error {
	if slices.Equal(args, []string{standardInput}) {
		return fmtInput(a, o)
	}
	changed, diags := config.Format(a.chdir, o.recursive, args...)
	a.stderr().Page(a.words().Diagnostics(diags))
	for _, f := range changed {
		name, err := filepath.Rel(a.chdir, f.Path)
		if err != nil {
			name = f.Path
		}
		changes := view.Code{name}
		if o.diff {
			for line := range strings.Lines(string(diff.Diff("old/"+name, f.Before, "new/"+name, f.After))) {
				changes = append(changes, strings.TrimSuffix(line, "\n"))
			}
		}
		a.stdout().Show(changes)
		if o.check {
			continue
		}
		if err := f.Write(); err != nil {
			return err
		}
	}
	if diags.HasErrors() || o.check && len(changed) > 0 {
		return exitError
	}
	return nil
}

// standardInput is what an editor names that hands in a file and takes the result.
const standardInput = "-"

// fmtInput lays out standard input, and prints it.
func fmtInput(a *app, o *fmtOptions) error {
	before, err := io.ReadAll(a.in)
	if err != nil {
		return fmt.Errorf("standard input cannot be read: %w", err)
	}
	after, diags := config.FormatText(before)
	a.stderr().Page(a.words().Diagnostics(diags))
	switch {
	case diags.HasErrors():
		return exitError
	case !o.check:
		_, err = a.out.Write(after)
		return err
	case !bytes.Equal(before, after):
		return exitError
	}
	return nil
}
