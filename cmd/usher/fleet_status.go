//go:build !nofleet

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/usher-cli/usher/config"
	"github.com/usher-cli/usher/fleet"
	"github.com/usher-cli/usher/fleet/queue"
	"github.com/usher-cli/usher/view"
)

func newFleetShow(a *app) *cobra.Command {
	o := &fleetInputs{}
	cmd := &cobra.Command{Use: "show TENANT OPERATION", Short: "Print the last document of a tenant, as -json of the operation prints it",
		Args: argCount(2, 2), RunE: func(cmd *cobra.Command, args []string) error {
			if err := anOperation(strconv.Quote(args[1]), args[1]); err != nil {
				return err
			}
			return a.withFleet(cmd.Context(), o, func(ctx context.Context, q *queue.Queue, all []config.FleetTenant) error {
				text, err := q.Document(ctx, args[0], fleet.Operation(args[1]))
				if err != nil {
					return errors.Join(err, fleet.Known(all, args[0]))
				}
				_, err = io.WriteString(a.out, text)
				return err
			})
		}}
	o.flags(cmd)
	return cmd
}

func newFleetStatus(a *app) *cobra.Command {
	o := &fleetInputs{}
	cmd := &cobra.Command{Use: "status", Short: "Count the jobs in the queue by their state", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withFleet(cmd.Context(), o, func(ctx context.Context, q *queue.Queue, _ []config.FleetTenant) error {
				states, err := q.States(ctx, nil)
				if err != nil {
					return err
				}
				t := view.Table{Head: []string{"state", "jobs"}}
				for _, s := range queue.JobStates() {
					t.Rows = append(t.Rows, []string{s, fmt.Sprint(states[s])})
				}
				a.stdout().Show(t)
				return a.tellPause(ctx, q, a.stdout())
			})
		}}
	o.flags(cmd)
	return cmd
}

// tellPause says that no worker takes a job, where that is so.
func (a *app) tellPause(ctx context.Context, q *queue.Queue, to *view.Text) error {
	since, who, err := q.Paused(ctx)
	if err != nil || since == "" {
		return err
	}
	to.Say("Paused since %s by %s: no worker takes a job before usher fleet resume.", since, who)
	return nil
}
