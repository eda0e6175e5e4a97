package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/usher-cli/usher/engine"
	"github.com/usher-cli/usher/forge"
	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/view"
)

// changeOptions are the options of commands that change the files: where the change goes.
type changeOptions struct {
	branch string
	pull   bool
	into   string
}

// flags adds the options.
func (o *changeOptions) flags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.Var(&named{&o.branch, "branch"}, "branch", "put the change onto a new `BRANCH` instead of into the files")
	flags.BoolVar(&o.pull, "pull-request", false, "push the branch to origin, and open a pull request, in a job of a forge")
	flags.Var(&named{&o.into, "branch"}, "into", "open the pull request for this `BRANCH`, instead of the one that the job runs on")
}

// client is that of the forge of this job; nil where no pull request is wanted.
func (o *changeOptions) client(a *app) (*forge.Client, forge.Kind, error) {
	if !o.pull {
		if o.into != "" {
			return nil, "", errors.New("-into is about a pull request: add -pull-request")
		}
		return nil, "", nil
	}
	job, err := forge.Detect(a.env, os.ReadFile)
	if err != nil {
		return nil, "", err
	}
	return forge.New(job, forge.Options{Version: version, Transport: a.world().Network(), Wait: a.pause, Now: a.now}), job.Kind, nil
}

// land brings a change to where it is wanted. The proposal is what the pull request says.
//
// Each step finds what an earlier run left behind: one that is killed is run again.
func (o *changeOptions) land(ctx context.Context, a *app, p *engine.Present, c *engine.Change, proposal view.Page) error {
	if o.branch == "" && !o.pull {
		return p.WriteChange(ctx, c)
	}
	to, forgeKind, err := o.client(a)
	if err != nil {
		return err
	}
	if err := p.Commit(ctx, c, cmp.Or(o.branch, c.Name), c.Title+"\n"); err != nil || to == nil {
		return err
	}
	if err := p.Push(c); err != nil {
		return err
	}
	var b bytes.Buffer
	document := view.Document{Page: proposal}
	if err := view.Show("markdown", view.Output{Writer: &b, MaxBytes: forgeKind.MostDescription()}, document); err != nil {
		return err
	}
	_, body, _ := ledger.ReadMarker(b.String())
	_, opened, err := to.Open(ctx, forge.Pull{Title: c.Title, Body: strings.TrimSpace(body), Branch: c.Branch, Into: o.into})
	c.Pull, c.URL = opened.Number, opened.URL
	return err
}
