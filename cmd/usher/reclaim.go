package main

import (
	"context"
	"fmt"
	"regexp"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/usher-cli/usher/engine"
)

type reclaimOptions struct {
	inputs
	format
	changeOptions
	idle string
	engine.Reclaim
}

func newReclaim(a *app) *cobra.Command {
	o := &reclaimOptions{}
	cmd := &cobra.Command{
		Use: "reclaim", Short: "Take seats that nobody uses out of the files, with the evidence, for a review; takes nothing in the tenant",
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runReclaim(cmd.Context(), a, o) },
	}
	o.tenant(cmd)
	o.formatFlag(cmd, "what was found")
	flags := cmd.Flags()
	flags.StringVar(&o.idle, "idle", "90d", "how many `DAYS` without a sign-in make a seat unused, such as 90d")
	flags.StringArrayVar(&o.Licenses, "license", nil, "only seats of one license: the `LABEL` of its block, or its product")
	flags.IntVar(&o.Most, "most", 0,
		"at most `N` people in this change, those who are away the longest first; 0 for as many as the guard lets go")
	o.flags(cmd)
	return cmd
}

var days = regexp.MustCompile(`^([1-9][0-9]{0,3})d?$`)

// leastIdle is the least number of days that may count as unused: people have holidays.
const leastIdle = 30

func runReclaim(ctx context.Context, a *app, o *reclaimOptions) (err error) {
	a.documents = o.isJSON()
	m := days.FindStringSubmatch(o.idle)
	if m == nil {
		return fmt.Errorf("-idle=%s is not a number of days such as 90d", o.idle)
	}
	if o.Days, _ = strconv.Atoi(m[1]); o.Days < leastIdle {
		return fmt.Errorf("-idle=%s is less than %dd: people have holidays", o.idle, leastIdle)
	}
	if o.Most < 0 {
		return fmt.Errorf("-most=%d is no number of people: write 1 or more, or leave it out", o.Most)
	}
	if _, _, err := o.client(a); err != nil { // before anything is read
		return err
	}
	p, err := a.look(ctx, o.inputs, engine.Access{Low: true}, engine.Scope{GroupNames: true}) // nobody waits for it
	if err != nil {
		return err
	}
	defer p.Close(&err)
	r, err := p.Reclaim(ctx, o.Reclaim)
	if err != nil {
		return err
	}
	if len(r.Found.Taken) > 0 {
		if err := o.land(ctx, a, p, r.Change, a.words().ReclaimProposal(r.Change.Change, r.Found)); err != nil {
			return err
		}
	}
	if err := a.show(o.format, a.words().Reclaimed(r.Change.Change, r.Found)); err != nil {
		return err
	}
	switch {
	case len(r.Found.Taken) > 0 && !r.Fits():
		return exitRefused
	case r.Found.SignIns != "" || len(r.Found.ByHand) > 0:
		return exitPartial
	}
	return nil
}
