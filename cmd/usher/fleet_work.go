//go:build !nofleet

package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/riverqueue/river/rivertype"
	"github.com/spf13/cobra"

	"github.com/usher-cli/usher/config"
	"github.com/usher-cli/usher/fleet"
	"github.com/usher-cli/usher/fleet/queue"
	"github.com/usher-cli/usher/fleet/telemetry"
	"github.com/usher-cli/usher/view"
)

// workOptions are those of a process that does jobs.
type workOptions struct {
	fleetInputs
	concurrency int
	credential  string
	metrics     string
	requests    int
	pause, poll time.Duration
}

func (o *workOptions) flags(cmd *cobra.Command) {
	cmd.Flags().IntVar(&o.concurrency, "concurrency", 4, "do so many applies at once, and so many jobs that only look")
	cmd.Flags().IntVar(&o.requests, "max-requests", 0,
		"send `N` requests a second on average to all tenants together; 0 for no limit but that of each tenant")
	cmd.Flags().Var(&named{&o.credential, "program"}, "credential-command",
		"run a `PROGRAM` with the name and the id of a tenant: it prints the variables of its credentials, NAME=VALUE a line")
	cmd.Flags().DurationVar(&o.pause, "pause", fleetPause, "wait so long before a tenant is tried again that is busy or locked")
	cmd.Flags().DurationVar(&o.poll, "poll", time.Second, "look so often for new jobs")
}

func (o *workOptions) open(ctx context.Context, a *app, only fleet.Operation, t *telemetry.Telemetry) (
	*queue.Queue, []config.FleetTenant, error) {
	if o.concurrency < 1 || o.concurrency > 1000 {
		return nil, nil, fmt.Errorf("-concurrency=%d: a worker does 1 to 1000 jobs at once", o.concurrency)
	}
	if o.requests < 0 {
		return nil, nil, fmt.Errorf("-max-requests=%d: name a number of requests a second, or 0 for no limit", o.requests)
	}
	f, chosen, err := a.loadFleet(&o.fleetInputs)
	if err != nil {
		return nil, nil, err
	}
	op := &fleet.Operator{Fleet: f, Version: version, Env: a.env, Now: a.now, Room: fleet.Limit(o.requests), Warn: func(tenant, text string) {
		a.stderr().Show(view.Note{Level: view.Warning, Address: tenant, Text: text})
	}}
	if o.credential != "" {
		op.Credentials = credentialsOf(o.credential)
	}
	options := queue.Options{Operator: op, Only: only, Concurrency: o.concurrency, Pause: o.pause, Poll: o.poll}
	if t != nil {
		options.Middleware = []rivertype.Middleware{t.Middleware()}
		options.Ended = func(r fleet.Result) { t.Count(string(r.Operation), string(r.Outcome), r.Took) }
	}
	q, err := a.openQueue(ctx, f, options)
	return q, chosen, err
}

func newFleetWork(a *app) *cobra.Command {
	o := &workOptions{}
	cmd := &cobra.Command{Use: "work", Short: "Do jobs until the process is asked to end; those that run come to an end first", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return politely(cmd.Context(), func(ctx context.Context) error {
				return o.work(ctx, a)
			})
		}}
	o.fleetInputs.flags(cmd)
	o.flags(cmd)
	cmd.Flags().Var(&named{&o.metrics, "host with a port"}, "metrics",
		"serve numbers for Prometheus at an `ADDRESS`, such as 127.0.0.1:9464, below /metrics, and the health of the worker below /healthz")
	return cmd
}

// work does jobs, and counts them where somebody asks for the numbers.
func (o *workOptions) work(ctx context.Context, a *app) error {
	var t *telemetry.Telemetry
	var err error
	if o.metrics != "" || telemetry.Asked(a.env) {
		if t, err = telemetry.New(ctx, version, a.env, slog.New(slog.NewJSONHandler(a.err, nil))); err != nil {
			return err
		}
	}
	q, _, err := o.open(ctx, a, "", t)
	if err != nil {
		return err
	}
	defer q.Close()
	if t != nil {
		end, err := o.serve(ctx, a, t, q)
		if err != nil {
			return err
		}
		defer end()
	}
	return q.Work(ctx)
}

// serve answers questions about a worker, until it is ended.
func (o *workOptions) serve(ctx context.Context, a *app, t *telemetry.Telemetry, q *queue.Queue) (end func(), err error) {
	err = t.Watch(func(ctx context.Context) (all []telemetry.Waiting, err error) {
		err = q.Waiting(ctx, func(queue, state string, jobs int64) {
			all = append(all, telemetry.Waiting{Queue: queue, State: state, Jobs: jobs})
		})
		return all, err
	})
	last := func() { // before the queue is closed, which is counted once more
		lasting, done := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer done()
		if lost := t.Close(lasting); lost != nil {
			a.stderr().Show(view.Note{Level: view.Warning, Text: "the last numbers did not reach the collector: " + lost.Error()})
		}
	}
	if err != nil || o.metrics == "" {
		return last, err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", o.metrics)
	if err != nil {
		return nil, fmt.Errorf("-metrics=%s: %w", o.metrics, err)
	}
	a.stderr().Say("Numbers at http://%s/metrics, health at /healthz.", listener.Addr())
	server := &http.Server{Handler: t.Handler(q.Healthy), ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = server.Serve(listener) }() // ends with the listener
	return func() { _ = server.Close(); last() }, nil
}

type fleetRunOptions struct {
	workOptions
	format
	to  fleetOut
	now bool
}

func newFleetRun(a *app) *cobra.Command {
	o := &fleetRunOptions{}
	cmd := &cobra.Command{Use: "run OPERATION", Short: "Put jobs into the queue and do them, in one process: " + operationNames(),
		Args: argCount(1, 1), ValidArgs: strings.Split(operationNames(), ", "), RunE: func(cmd *cobra.Command, args []string) error {
			if err := anOperation(strconv.Quote(args[0]), args[0]); err != nil {
				return err
			}
			return politely(cmd.Context(), func(ctx context.Context) error { return runFleet(ctx, a, o, fleet.Operation(args[0])) })
		}}
	o.choose(cmd)
	o.flags(cmd)
	o.fleetFormatFlag(cmd, "the results")
	o.to.flags(cmd)
	cmd.Flags().BoolVar(&o.now, "now", false, "do not wait for the windows of the tenants")
	return cmd
}

func runFleet(ctx context.Context, a *app, o *fleetRunOptions, op fleet.Operation) (err error) {
	q, chosen, err := o.open(ctx, a, op, nil)
	if err != nil {
		return err
	}
	defer q.Close()
	if err := o.to.free(a, op, chosen); err != nil {
		return err
	}
	numbers, tenants, err := a.put(ctx, q, op, chosen, o.now)
	if err != nil {
		return err
	}
	working, end := context.WithCancel(ctx)
	following, give := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() {
		ended <- q.Work(working)
		give() // a worker that cannot start does nothing that could be waited for
	}()
	err = a.follow(following, q, numbers)
	end()
	if err = cmp.Or(<-ended, err); err != nil {
		return err
	}
	return a.conclude(ctx, q, tenants, op, numbers, o.format, o.to)
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
		cmd.Stdout, cmd.WaitDelay = &out, 5*time.Second // what it has started may keep the pipe open
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
