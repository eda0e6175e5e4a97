package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/usher-cli/usher/catalog"
	"github.com/usher-cli/usher/config"
	"github.com/usher-cli/usher/tenant/sandbox"
)

// starters are configurations to begin with: one a directory, by the kind of its tenant.
//
//go:embed starters
var starters embed.FS

// Kinds of starters.
const (
	starterSandbox   = "sandbox"
	starterMicrosoft = "microsoft"
)

// starterOptions say which starter to write.
type starterOptions struct {
	kind   string // "" for none
	tenant string // id of a tenant of Microsoft's
}

// check refuses a starter that there is none of.
func (o *starterOptions) check() error {
	switch {
	case o.kind != "" && o.kind != starterSandbox && o.kind != starterMicrosoft:
		return fmt.Errorf("-starter is sandbox, for a simulated tenant, or microsoft, for yours, and this is %q", o.kind)
	case o.kind == starterMicrosoft && o.tenant == "":
		return errors.New("-starter=microsoft needs -tenant-id=ID: the Entra admin centre shows it on its first page")
	case o.tenant != "" && o.kind != starterMicrosoft:
		return errors.New("-tenant-id goes with -starter=microsoft")
	}
	return nil
}

// offerStarter asks somebody in an empty directory for the starter that they want.
func (a *app) offerStarter(ctx context.Context, o *starterOptions) error {
	if !a.terminal || o.kind != "" || !config.Empty(a.chdir) {
		return nil
	}
	fmt.Fprint(a.out, "There is no configuration here. Write one to begin with? \"sandbox\" is for a simulated tenant, the id of a tenant "+
		"is for that one, and anything else is no: ")
	answer, err := a.answer(ctx)
	switch {
	case err != nil:
		return err
	case answer == starterSandbox:
		o.kind = starterSandbox
	case strings.Count(answer, "-") == 4:
		o.kind, o.tenant = starterMicrosoft, answer
	}
	return nil
}

// writeStarter writes the files of a starter into a directory without a configuration.
func writeStarter(a *app, o starterOptions) error {
	if !config.Empty(a.chdir) {
		return fmt.Errorf("%s has a configuration already, and a starter is written into a directory without one", a.chdir)
	}
	files, err := fs.Sub(starters, "starters/"+o.kind)
	if err != nil {
		return err
	}
	entries, err := fs.ReadDir(files, ".")
	if err != nil {
		return err
	}
	var names []string
	for _, e := range entries {
		text, err := fs.ReadFile(files, e.Name())
		if err != nil {
			return err
		}
		if err := writeNew(a.path(e.Name()), strings.ReplaceAll(string(text), "TENANT_ID", o.tenant)); err != nil {
			return err
		}
		names = append(names, e.Name())
	}
	next := "run usher doctor to see what the identity may, and usher plan"
	if o.kind == starterSandbox {
		if err := writeCompany(a.path("contoso.tenant.json")); err != nil {
			return err
		}
		names, next = append(names, "contoso.tenant.json"), "run usher plan, and then usher apply"
	}
	a.stdout().Say("Wrote %s. Look at them, %s.", strings.Join(names, ", "), next)
	return nil
}

// writeNew writes a file that is not there yet.
func writeNew(path, text string) (err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return fmt.Errorf("the starter cannot be written: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	_, err = f.WriteString(text)
	return err
}

// writeCompany makes the simulated tenant of the starter.
func writeCompany(path string) error {
	cat, err := catalog.Load()
	if err != nil {
		return err
	}
	const people = 50
	t := sandbox.Generate(people, products(cat), boughtUnits())
	sandbox.Furnish(t)
	return writeTenant(path, t)
}
