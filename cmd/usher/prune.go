package main

import (
	"context"
	"errors"

	"github.com/usher-cli/usher/engine"
	"github.com/usher-cli/usher/view"
)

// runPrune takes people out of the files whose accounts were deleted.
func runPrune(ctx context.Context, a *app, o *fmtOptions, args []string) (err error) {
	if len(args) > 0 || o.diff || o.recursive {
		return errors.New("-prune-gone is about all files of the configuration: write it with -check, -branch or -pull-request, or alone")
	}
	if _, _, err := o.client(a); err != nil { // before anything is read
		return err
	}
	p, err := a.look(ctx, o.inputs, engine.Access{}, engine.Scope{})
	if err != nil {
		return err
	}
	defer p.Close(&err)
	c, err := p.Prune()
	if err != nil {
		return err
	}
	told := a.words().Pruned(c.People, c.ByHand)
	a.stdout().Page(told)
	if len(c.People) > 0 && !o.check {
		if err := o.land(ctx, a, p, c.Change, told); err != nil {
			return err
		}
		a.stdout().Page(view.Landed(c.Change.Change))
	}
	switch {
	case o.check && len(c.People)+len(c.ByHand) > 0:
		return exitError
	case len(c.ByHand) > 0:
		return exitPartial
	}
	return nil
}
