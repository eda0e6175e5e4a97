//go:build !nofleet

package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/usher-cli/usher/config"
	"github.com/usher-cli/usher/fleet"
	"github.com/usher-cli/usher/fleet/queue"
)

type fleetPutOptions struct {
	fleetInputs
	format
	to     fleetOut
	now    bool
	detach bool
}

func newFleetPut(a *app, op fleet.Operation) *cobra.Command {
	o := &fleetPutOptions{}
	about := map[fleet.Operation]string{
		fleet.Plan: "Plan every tenant", fleet.Apply: "Do the plans that were approved", fleet.Drift: "Look for drift in every tenant",
		fleet.Usage: "See what every tenant owns and uses", fleet.Doctor: "Check what a run needs in every tenant",
		fleet.Export: "Write the files that ask for what every tenant has",
	}
	cmd := &cobra.Command{Use: string(op), Short: about[op] + ": put jobs into the queue, and wait for the workers", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withFleet(cmd.Context(), &o.fleetInputs, func(ctx context.Context, q *queue.Queue, chosen []config.FleetTenant) error {
				if err := o.to.free(a, op, chosen); err != nil {
					return err
				}
				numbers, tenants, err := a.put(ctx, q, op, chosen, o.now)
				if err != nil || o.detach {
					return err
				}
				if err := a.follow(ctx, q, numbers); err != nil {
					return err
				}
				return a.conclude(ctx, q, tenants, op, numbers, o.format, o.to)
			})
		}}
	o.choose(cmd)
	o.fleetFormatFlag(cmd, "the results")
	cmd.Flags().BoolVar(&o.now, "now", false, "do not wait for the windows of the tenants")
	if op == fleet.Export { // its files are written at the end
		o.to.flags(cmd)
	} else {
		cmd.Flags().BoolVar(&o.detach, "detach", false, "put the jobs into the queue, and do not wait")
	}
	return cmd
}

// conclude writes the files of exports, and shows what came of jobs.
func (a *app) conclude(ctx context.Context, q *queue.Queue, tenants []config.FleetTenant, op fleet.Operation, jobs []int64, f format,
	to fleetOut) error {
	if op == fleet.Export {
		if err := to.write(ctx, a, q, jobs); err != nil {
			return err
		}
	}
	return a.showFleet(ctx, q, tenants, nil, f, ofJobs(jobs))
}

// put makes jobs of an operation, and returns their numbers and tenants. An apply is only about
// plans that somebody approved.
func (a *app) put(ctx context.Context, q *queue.Queue, op fleet.Operation, chosen []config.FleetTenant, now bool) (
	numbers []int64, tenants []config.FleetTenant, err error) {
	windows := op == fleet.Apply || op == fleet.Drift // what nobody waits for, or what changes something
	plans := map[string]int64{}
	if op == fleet.Apply {
		if plans, err = approvedPlans(ctx, q); err != nil {
			return nil, nil, err
		}
	}
	var orders []queue.Order
	for _, t := range chosen {
		if plan, ok := plans[t.Name]; ok || op != fleet.Apply {
			orders, tenants = append(orders, queue.Order{Tenant: t, Operation: op, Plan: plan, Now: now || !windows}), append(tenants, t)
		}
	}
	if len(orders) == 0 {
		return nil, nil, errors.New("no plan is approved that still waits: run usher fleet plan, and usher fleet approve")
	}
	numbers, doubled, err := q.Put(ctx, orders)
	if err != nil {
		return nil, nil, err
	}
	text := ""
	if doubled > 0 {
		text = fmt.Sprintf(", of which %d were there already", doubled)
	}
	a.stderr().Say("Jobs in the queue: %d%s.", len(numbers), text)
	return numbers, tenants, a.tellPause(ctx, q, a.stderr())
}

// ofJobs chooses the results of some jobs.
func ofJobs(numbers []int64) fleet.Wanted {
	return func(_ fleet.Operation, job int64, _ time.Time) bool { return slices.Contains(numbers, job) }
}

// approvedPlans are the jobs of plans that somebody approved and nobody applied, by tenant.
func approvedPlans(ctx context.Context, q *queue.Queue) (map[string]int64, error) {
	results, err := q.Latest(ctx)
	if err != nil {
		return nil, err
	}
	approved, err := q.Approved(ctx)
	if err != nil {
		return nil, err
	}
	plans := map[string]int64{}
	for _, r := range fleet.Waiting(results) {
		if approved[r.Job] {
			plans[r.Tenant] = r.Job
		}
	}
	return plans, nil
}

// follow waits until jobs have ended, and shows how many have.
func (a *app) follow(ctx context.Context, q *queue.Queue, numbers []int64) error {
	progress := a.progressLine()
	defer progress.Clear()
	numbers = slices.Compact(slices.Sorted(slices.Values(numbers)))
	for {
		states, err := q.States(ctx, numbers)
		if err != nil {
			return err
		}
		open := 0 // a job whose row is gone has ended, too
		for _, s := range queue.JobStates() {
			if !slices.Contains(queue.Ended(), s) {
				open += states[s]
			}
		}
		if open == 0 {
			return nil
		}
		ended := len(numbers) - open
		progress.Show("Fleet: %d of %d tenants, %d at work", ended, len(numbers), states[queue.Running])
		select {
		case <-ctx.Done():
			return errors.New("interrupted: the jobs stay in the queue, and usher fleet report shows what came of them")
		case <-time.After(200 * time.Millisecond):
		}
	}
}
