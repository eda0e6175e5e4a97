package engine

import (
	"os"
	"path/filepath"

	"github.com/usher-cli/usher/config"
	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/state"
	"github.com/usher-cli/usher/tenant"
)

// simulate puts a tenant that is made of the files in the place of theirs, and an empty
// state in the place of the one that there is. No service is asked, and no secret is needed:
// it is for pull requests of strangers.
func (l *Loaded) simulate() (err error) {
	defer func() {
		if err != nil {
			l.sweep()
		}
	}()
	if l.scratch, err = os.MkdirTemp("", "usher-"); err != nil {
		return err
	}
	var files []tenant.Declared
	for _, c := range l.revisions() {
		files = append(files, tenant.Declared{Wants: c.Wants, Items: c.Items, Environments: c.Environments, Guard: c.Guard})
	}
	path := filepath.Join(l.scratch, "simulated.tenant.json")
	text, err := tenant.Simulated(l.Catalog, files...)
	if err != nil {
		return err
	}
	if err := os.WriteFile(path, text, 0o600); err != nil { // it names people
		return err
	}
	for _, c := range l.revisions() {
		c.Tenant = config.Tenant{File: path, Origin: c.Tenant.Origin}
	}
	l.Store = state.NewStore(state.NewFile(filepath.Join(l.scratch, "usher.state.json")), state.Options{Now: l.Now})
	return nil
}

// sweep removes a simulated tenant: it names people.
func (l *Loaded) sweep() {
	if l.scratch != "" {
		_ = os.RemoveAll(l.scratch) // a folder of the system's own place for such
	}
}

// simulated tells of a plan that it is about no tenant that there is; nil where it is.
func (l *Loaded) simulated() []ledger.Notice {
	if !l.inputs.Simulate {
		return nil
	}
	const text = "nobody was asked: this plan is of a tenant that has everybody and everything the files name, in which nobody has " +
		"anything, and whose groups are empty"
	return []ledger.Notice{{Code: "simulated", Severity: ledger.Info, Text: text}}
}
