package engine

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/usher-cli/usher/config"
	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
)

// Base is the revision of the repository that a branch is to be merged into, with what its
// files say.
type Base struct {
	plan.Base
	config *config.Config // nil where it is about another tenant, or was not read
}

// loadBase reads the files of the revision that the inputs name.
//
// A revision that does not exist is an error, because a misspelt name must not let a branch
// go unbound. One whose files have errors binds as well: a branch that mends them is shown,
// and not applied before it is merged.
func (l *Loaded) loadBase(opts config.Options, flag config.BackendFlag) (*Base, error) {
	if l.inputs.Base == "" {
		return nil, nil
	}
	files, err := openRevision(l.Dir, l.inputs.Base)
	if err != nil {
		return nil, err
	}
	b := &Base{Base: plan.Base{Revision: l.inputs.Base, Commit: files.commit, Behind: files.behind()}}
	entries, err := fs.ReadDir(files, ".")
	isHCL := func(e fs.DirEntry) bool { return strings.HasSuffix(e.Name(), ".hcl") }
	if err != nil {
		return nil, err
	} else if !slices.ContainsFunc(entries, isHCL) { // all of it is new, or moved here
		return b.notRead("it has no configuration here"), nil
	}
	opts.Files, opts.ReadFile, opts.Undeclared = files, files.readNamed, true
	read, diags := config.Load(l.Dir, opts)
	if diags.HasErrors() {
		return b.notRead(firstError(diags)), nil
	}
	if read.Backend, _, err = read.Backend.Complete(flag, files.readNamed); err != nil {
		return b.notRead(err.Error()), nil
	}
	b.Rules = config.RuleChanges(read, l.Config)
	if b.Unread = "it is about another tenant"; read.Tenant.Same(l.Config.Tenant) {
		b.config, b.Unread = read, ""
	}
	return b, nil
}

// notRead lets a base bind whose rules nobody knows.
func (b *Base) notRead(why string) *Base {
	b.Unread = why
	b.Rules = []ledger.RuleChange{{Rule: ledger.BaseUnread, Text: why}}
	return b
}

// firstError is the first error of some diagnostics, with its line.
func firstError(diags hcl.Diagnostics) string {
	for _, d := range diags {
		if d.Severity == hcl.DiagError && d.Subject != nil && d.Subject.Start.Line > 0 {
			return fmt.Sprintf("%s:%d: %s", d.Subject.Filename, d.Subject.Start.Line, d.Summary)
		} else if d.Severity == hcl.DiagError {
			return strings.TrimSuffix(d.Detail, ".")
		}
	}
	return ""
}

// writes reports whether the backend block of the base has an argument with a value. In
// another cloud the same name of an account is another host.
func (b *Base) writes(kind, argument, value string) bool {
	return b != nil && b.config != nil && b.config.Backend.Kind == kind && b.config.Backend.Args[argument] == value
}

// revisions lists the configurations that a plan is made of: the branch's, and that of its base.
func (l *Loaded) revisions() []*config.Config {
	if l.Base != nil && l.Base.config != nil {
		return []*config.Config{l.Config, l.Base.config}
	}
	return []*config.Config{l.Config}
}
