//go:build !nofleet

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/usher-cli/usher/config"
	"github.com/usher-cli/usher/engine"
	"github.com/usher-cli/usher/fleet"
	"github.com/usher-cli/usher/fleet/queue"
	"github.com/usher-cli/usher/ledger"
)

// fleetOut says where the files of exports go: each tenant has a folder of its own there.
type fleetOut struct{ out string }

func (o *fleetOut) flags(cmd *cobra.Command) {
	cmd.Flags().Var(&named{&o.out, "folder"}, "out",
		"write the files of an export into `DIR`, in a folder for each tenant; relative to -chdir")
}

// free reports where an operation would not find the place for its files, before anything is read.
func (o *fleetOut) free(a *app, op fleet.Operation, tenants []config.FleetTenant) error {
	switch {
	case op != fleet.Export && o.out != "":
		return fmt.Errorf("-out=%s is where an export writes its files, and %s writes none", o.out, op)
	case op != fleet.Export:
		return nil
	case o.out == "":
		return errors.New("say where the files go: -out=DIR. Each tenant has a folder of its own there")
	}
	var taken []string
	for _, t := range tenants {
		if _, err := os.Lstat(filepath.Join(a.path(o.out), t.Name)); !errors.Is(err, fs.ErrNotExist) {
			taken = append(taken, t.Name)
		}
	}
	if len(taken) == 0 {
		return nil
	}
	slices.Sort(taken)
	others := ""
	if len(taken) > 1 {
		others = " (and " + ledger.Plural(len(taken)-1, "other", "others") + ")"
	}
	return fmt.Errorf("%s%s is there already: an export overwrites nothing. Name another folder with -out=DIR, or other tenants "+
		"with -tenants", filepath.Join(o.out, taken[0]), others)
}

// write writes the files of exports that ended.
func (o *fleetOut) write(ctx context.Context, a *app, q *queue.Queue, jobs []int64) error {
	files, folders := 0, 0
	for _, job := range jobs {
		tenant, made, err := q.Files(ctx, job)
		if err != nil {
			return err
		}
		if len(made) == 0 {
			continue
		}
		if err := engine.WriteExport(ctx, made, filepath.Join(a.path(o.out), tenant)); err != nil {
			return fmt.Errorf("%s: %w", tenant, err)
		}
		files, folders = files+len(made), folders+1
	}
	a.stderr().Say("Written to %s: %s of %s.", o.out, ledger.Plural(files, "file", "files"), ledger.Plural(folders, "tenant", "tenants"))
	return nil
}
