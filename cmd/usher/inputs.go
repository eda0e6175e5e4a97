package main

import (
	"cmp"
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/usher-cli/usher/engine"
	"github.com/usher-cli/usher/plan"
	"github.com/usher-cli/usher/view"
)

// inputs are the options of commands that read a configuration. A command has only
// those that act in it.
type inputs struct{ engine.Inputs }

// configuration adds the options that complete the files.
func (i *inputs) configuration(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&i.Vars, "var", nil, "set a variable: `NAME=VALUE`")
	cmd.Flags().StringArrayVar(&i.VarFiles, "var-file", nil, "read variables from `FILE`")
	cmd.Flags().BoolVar(&i.Remote, "remote-endpoints", false,
		"let files name other machines for tokens, and a database without a verified certificate")
}

// store adds the options of commands that ask the store of the state.
func (i *inputs) store(cmd *cobra.Command) {
	i.configuration(cmd)
	cmd.Flags().StringArrayVar(&i.Backend, "backend-config", nil,
		"set an argument of the backend, over the backend block: `NAME=VALUE`, or a file of such lines")
}

// tenant adds the options of commands that ask the tenant.
func (i *inputs) tenant(cmd *cobra.Command) {
	i.store(cmd)
	cmd.Flags().StringArrayVar(&i.Skip, "skip", nil, "leave a `SERVICE` unread, with all that is in it: powerplatform")
}

// baseFlag adds the option of commands that judge a branch.
func (i *inputs) baseFlag(cmd *cobra.Command) {
	cmd.Flags().Var(&named{&i.Base, "revision"}, "base", "tell what this branch changes from what the `REVISION` asks for that it is "+
		"to be merged into, and bind the branch by the rules there")
}

// named is the value of a flag that names something. No name is a mistake: a variable of a
// job that is not set must not switch a check off.
type named struct {
	value *string
	what  string
}

// Set implements pflag.Value.
func (n *named) Set(text string) error {
	if text == "" {
		return fmt.Errorf("it names a %s, and is empty", n.what)
	}
	*n.value = text
	return nil
}

// String implements pflag.Value.
func (n *named) String() string {
	if n.value == nil {
		return ""
	}
	return *n.value
}

// Type implements pflag.Value.
func (n *named) Type() string { return n.what }

// world is what an engine gets from the command line.
func (a *app) world() *engine.World {
	w := &engine.World{Version: version, Dir: a.chdir, Env: a.env, Now: a.now, Wire: a.wire,
		Warn: func(text string) { a.stderr().Show(view.Note{Level: view.Warning, Text: text}) }}
	if a.verbose {
		w.Explain = func(text string) { a.stderr().Show(view.Sentence(text)) }
		w.Requests, w.Statements = a.trace, a.traceStatement
	}
	return w
}

// load reads a configuration and reports what is wrong with it.
func (a *app) load(in inputs, part engine.Extent) (*engine.Loaded, error) {
	l, diags, err := engine.Load(a.world(), in.Inputs, part)
	if l != nil {
		a.servicePlans, a.files = l.Catalog.ServicePlanNames(), l.Config.Files
		a.stderr().Page(a.words().Diagnostics(diags))
	}
	if err == nil && diags.HasErrors() {
		err = exitError
		if a.documents { // a program waits for one, and gets what validate -json prints
			d := view.Validated(diags)
			d.Parts = append(a.words().Diagnostics(diags).Parts, d.Parts...)
			err = cmp.Or(a.show(format{name: "json"}, d), err)
		}
	}
	return l, err
}

// read reads the state and the tenant, and shows how far it is.
func (a *app) read(ctx context.Context, o *engine.Opened, scope engine.Scope) (*engine.Present, error) {
	defer a.showReading(o.World)()
	p, err := o.Read(ctx, scope)
	if err == nil {
		a.servicePlans = p.ServicePlanNames()
		a.pseudonyms.Know(p.Reading.Have)
		a.pseudonyms.Know(p.Known)
	}
	return p, err
}

// again reads once more, for the same purpose.
func (a *app) again(ctx context.Context, p *engine.Present) (*engine.Present, error) {
	defer a.showReading(p.World)()
	return p.Again(ctx)
}

// showReading shows how far a reading is, until the function that it returns is called.
func (a *app) showReading(w *engine.World) (clear func()) {
	progress := a.progressLine()
	w.Reading = func(n int) { progress.Show("Reading the tenant: %d people", n) }
	return progress.Clear
}

// forbidden turns what forbids applying a plan into an exit code; nil where nothing does.
//
// Rules that a branch changes in its own favour forbid applying it, and not planning it: a
// pull request that changes them for a good reason has to be green before it can be merged.
func forbidden(p *plan.Plan) error {
	switch {
	case len(p.Errors()) > 0:
		return exitError
	case p.Refused(), p.Base.Binds():
		return exitRefused
	}
	return nil
}

// verdict turns what stands in the way of a plan into an exit code.
func verdict(p *plan.Plan) error {
	switch {
	case len(p.Errors()) > 0:
		return exitError
	case p.Refused():
		return exitRefused
	case p.Incomplete():
		return exitPartial
	}
	return nil
}
