package engine

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/natefinch/atomic"

	"github.com/usher-cli/usher/config"
	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
)

// Change is a change of the files that is to be reviewed. Nobody has written it yet.
type Change struct {
	plan.Change
	draft *config.Draft
	files *config.Config // with the change
}

// change tries a draft: what a plan comes to with it. It is about some holders, but others may
// want the same seats, so the plan is for all.
func (p *Present) change(d *config.Draft, holders []ledger.Holder) (*Change, error) {
	o := p.options
	o.Files = d
	files, diags := config.Load(p.Dir, o)
	if diags.HasErrors() {
		return nil, fmt.Errorf("the files would have an error with this change, and nothing was written: %s", firstError(diags))
	}
	before, after := p.planOf(p.input(p.Config, Choices{})), p.planOf(p.input(files, Choices{}))
	return &Change{plan.Change{For: holders, Files: d.Files(), Before: before, Plan: after, Steps: further(before, after)}, d, files}, nil
}

// further are the steps of a plan that another one does not have.
func further(before, after *plan.Plan) []ledger.Step {
	asked := map[ledger.Key]ledger.Op{}
	for s := range before.EachStep() {
		asked[s.Key()] = s.Op
	}
	var more []ledger.Step
	for s := range after.EachStep() {
		if asked[s.Key()] != s.Op {
			more = append(more, s)
		}
	}
	return more
}

// WriteChange writes the files of a change into the directory.
func (p *Present) WriteChange(ctx context.Context, c *Change) error {
	_, err := p.writeDraft(ctx, c.draft)
	return err
}

// writeDraft writes the files of a draft that have changes, each in one step, and lists them.
func (p *Present) writeDraft(ctx context.Context, d *config.Draft) (written []string, err error) {
	written = []string{}
	for _, name := range d.Files() {
		if err := ctx.Err(); err != nil {
			return written, err
		}
		path := filepath.Join(p.Dir, filepath.FromSlash(name))
		mode := os.FileMode(0o644)
		if info, err := os.Stat(path); err == nil {
			mode = info.Mode().Perm()
		}
		err := atomic.WriteFile(path, bytes.NewReader(d.Text(name)))
		if err == nil {
			err = os.Chmod(path, mode)
		}
		if err != nil {
			return written, fmt.Errorf("%s cannot be written, and the files %v were: %w", name, written, err)
		}
		written = append(written, name)
	}
	return written, nil
}
