//go:build !nofleet

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/usher-cli/usher/config"
	"github.com/usher-cli/usher/fleet"
	"github.com/usher-cli/usher/fleet/queue"
)

// workOptions are those of a process that does jobs.
type workOptions struct {
	fleetInputs
	concurrency int
	credential  string
	pause, poll time.Duration
}

func (o *workOptions) flags(cmd *cobra.Command) {
	o.fleetInputs.flags(cmd)
	cmd.Flags().IntVar(&o.concurrency, "concurrency", 4, "do so many jobs at once")
	cmd.Flags().Var(&named{&o.credential, "program"}, "credential-command",
		"run a `PROGRAM` with the name and the id of a tenant: it prints the variables of its credentials, NAME=VALUE a line")
	cmd.Flags().DurationVar(&o.pause, "pause", fleetPause, "wait so long before a tenant is tried again that is busy or locked")
	cmd.Flags().DurationVar(&o.poll, "poll", time.Second, "look so often for new jobs")
}

func (o *workOptions) open(ctx context.Context, a *app) (*queue.Queue, []config.FleetTenant, error) {
	if o.concurrency < 1 {
		return nil, nil, fmt.Errorf("-concurrency=%d does nothing: 1 is the least", o.concurrency)
	}
	f, chosen, err := a.loadFleet(&o.fleetInputs)
	if err != nil {
		return nil, nil, err
	}
	op := &fleet.Operator{Fleet: f, Version: version, Env: a.env, Now: a.now}
	if o.credential != "" {
		op.Credentials = credentialsOf(o.credential)
	}
	q, err := a.openQueue(ctx, f, queue.Options{Operator: op, Concurrency: o.concurrency, Pause: o.pause, Poll: o.poll})
	return q, chosen, err
}

func newFleetWork(a *app) *cobra.Command {
	o := &workOptions{}
	cmd := &cobra.Command{Use: "work", Short: "Do jobs until the process is asked to end; those that run come to an end first", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return politely(cmd.Context(), func(ctx context.Context) error {
				q, _, err := o.open(ctx, a)
				if err != nil {
					return err
				}
				defer q.Close()
				return q.Work(ctx)
			})
		}}
	o.flags(cmd)
	return cmd
}

type fleetRunOptions struct {
	workOptions
	format
	now bool
}

func newFleetRun(a *app) *cobra.Command {
	o := &fleetRunOptions{}
	var names []string
	for _, op := range fleet.Operations() {
		names = append(names, string(op))
	}
	cmd := &cobra.Command{Use: "run OPERATION", Short: "Put jobs into the queue and do them, in one process: " + strings.Join(names, ", "),
		Args: argCount(1, 1), ValidArgs: names, RunE: func(cmd *cobra.Command, args []string) error {
			if !slices.Contains(names, args[0]) {
				return fmt.Errorf("%q is no operation of a fleet: there are %s", args[0], strings.Join(names, ", "))
			}
			return politely(cmd.Context(), func(ctx context.Context) error { return runFleet(ctx, a, o, fleet.Operation(args[0])) })
		}}
	o.flags(cmd)
	o.formatFlag(cmd, "the results")
	cmd.Flags().BoolVar(&o.now, "now", false, "do not wait for the windows of the tenants")
	return cmd
}

func runFleet(ctx context.Context, a *app, o *fleetRunOptions, op fleet.Operation) (err error) {
	q, chosen, err := o.open(ctx, a)
	if err != nil {
		return err
	}
	defer q.Close()
	numbers, tenants, err := a.put(ctx, q, op, chosen, o.now)
	if err != nil {
		return err
	}
	working, end := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- q.Work(working) }()
	err = a.follow(ctx, q, numbers)
	end()
	if err = errors.Join(err, <-ended); err != nil {
		return err
	}
	return a.showFleet(ctx, q, tenants, numbers, o.format)
}

// credentialVariable is what a program for credentials may set.
var credentialVariable = regexp.MustCompile(`^USHER_[A-Z0-9_]+$`)

// credentialsOf runs a program for the credentials of a tenant. What it prints is in no message.
func credentialsOf(program string) func(context.Context, config.FleetTenant) (map[string]string, error) {
	return func(ctx context.Context, t config.FleetTenant) (map[string]string, error) {
		ctx, done := context.WithTimeout(ctx, time.Minute)
		defer done()
		var out bytes.Buffer
		cmd := exec.CommandContext(ctx, program, t.Name, t.ID)
		cmd.Stdout = &out
		if err := cmd.Run(); err != nil {
			return nil, fmt.Errorf("%s gives no credentials of %s: %w", program, t.Name, err)
		}
		all := map[string]string{}
		for n, line := range strings.Split(strings.TrimSpace(strings.ReplaceAll(out.String(), "\r\n", "\n")), "\n") {
			name, value, ok := strings.Cut(line, "=")
			if !ok || !credentialVariable.MatchString(name) {
				return nil, fmt.Errorf("line %d of what %s prints for %s is not NAME=VALUE with a name that begins with USHER_", n+1, program, t.Name)
			}
			all[name] = value
		}
		return all, nil
	}
}
