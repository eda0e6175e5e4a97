//go:build !nofleet

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/usher-cli/usher/config"
	"github.com/usher-cli/usher/fleet"
	"github.com/usher-cli/usher/fleet/queue"
	"github.com/usher-cli/usher/view"
)

// fleetInputs say which fleet a command is about, and which of its tenants.
type fleetInputs struct {
	vars     []string
	varFiles []string
	tenants  string
}

// flags adds those of commands that are about the whole fleet.
func (o *fleetInputs) flags(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&o.vars, "var", nil, "set a variable of the fleet: `NAME=VALUE`")
	cmd.Flags().StringArrayVar(&o.varFiles, "var-file", nil, "set variables from a `FILE`")
}

// choose adds those of commands that can be about some of its tenants.
func (o *fleetInputs) choose(cmd *cobra.Command) {
	o.flags(cmd)
	cmd.Flags().Var(&named{&o.tenants, "selection"}, "tenants",
		"only the tenants that fit a `SELECTION` of labels and names, such as size=large,country=NL")
}

// fleetCommands are those for many tenants.
func fleetCommands(a *app) []*cobra.Command {
	cmd := parent("fleet", "Work on many tenants: put jobs into a queue, do them, and see what came of them")
	for _, op := range fleet.Operations() {
		cmd.AddCommand(newFleetPut(a, op))
	}
	cmd.AddCommand(newFleetInit(a), newFleetWork(a), newFleetRun(a), newFleetReport(a), newFleetApprove(a), newFleetShow(a), newFleetStatus(a),
		newFleetControl(a, (*fleetInputs).flags, "pause", "Let workers take no new job; those that run come to an end",
			func(ctx context.Context, q *queue.Queue, _ []config.FleetTenant) (string, error) {
				return "Workers take no new job, until usher fleet resume.", q.Pause(ctx, a.world().Who())
			}),
		newFleetControl(a, (*fleetInputs).flags, "resume", "Let workers take jobs again",
			func(ctx context.Context, q *queue.Queue, _ []config.FleetTenant) (string, error) {
				return "Workers take jobs again.", q.Resume(ctx)
			}),
		newFleetControl(a, (*fleetInputs).choose, "cancel", "End the jobs that wait, and ask those that run to end",
			func(ctx context.Context, q *queue.Queue, chosen []config.FleetTenant) (string, error) {
				n, err := q.Cancel(ctx, chosen)
				return fmt.Sprintf("Jobs cancelled: %d.", n), err
			}))
	return []*cobra.Command{cmd}
}

// newFleetControl makes a command that changes what becomes of jobs, and says so.
func newFleetControl(a *app, flags func(*fleetInputs, *cobra.Command), use, short string,
	change func(context.Context, *queue.Queue, []config.FleetTenant) (string, error)) *cobra.Command {
	o := &fleetInputs{}
	cmd := &cobra.Command{Use: use, Short: short, Args: noArgs, RunE: func(cmd *cobra.Command, _ []string) error {
		return a.withFleet(cmd.Context(), o, func(ctx context.Context, q *queue.Queue, chosen []config.FleetTenant) error {
			said, err := change(ctx, q, chosen)
			if err == nil {
				a.stdout().Say("%s", said)
			}
			return err
		})
	}}
	flags(o, cmd)
	return cmd
}

// loadFleet reads the fleet of the directory, and the tenants that are chosen.
func (a *app) loadFleet(o *fleetInputs) (*config.Fleet, []config.FleetTenant, error) {
	w := a.world()
	f, diags := config.LoadFleet(a.chdir, config.Options{Version: version, Vars: o.vars, VarFiles: o.varFiles, Env: a.env,
		ReadFile: w.ReadFile})
	a.files = f.Files
	a.stderr().Page(a.words().Diagnostics(diags))
	if diags.HasErrors() {
		return nil, nil, exitError
	}
	chosen, err := fleet.Select(f, o.tenants)
	return f, chosen, err
}

// openQueue opens the queue of a fleet.
func (a *app) openQueue(ctx context.Context, f *config.Fleet, o queue.Options) (*queue.Queue, error) {
	o.Env, o.Now = a.env, a.now
	quiet := slog.LevelWarn
	if a.verbose {
		quiet = slog.LevelDebug
	}
	o.Log = slog.New(slog.NewJSONHandler(a.err, nil))
	o.Engine = slog.New(slog.NewJSONHandler(a.err, &slog.HandlerOptions{Level: quiet}))
	o.Pause, o.Poll = cmp.Or(o.Pause, fleetPause), cmp.Or(o.Poll, time.Second)
	return queue.Open(ctx, f, o)
}

// fleetPause is before a job is tried again whose tenant is busy or locked.
const fleetPause = 30 * time.Second

func newFleetInit(a *app) *cobra.Command {
	o := &fleetInputs{}
	var roles, printed bool
	cmd := &cobra.Command{Use: "init", Short: "Make the tables of the queue, and bring them up to date", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if printed {
				_, err := io.WriteString(a.out, queue.RolesSQL())
				return err
			}
			return a.withFleet(cmd.Context(), o, func(ctx context.Context, q *queue.Queue, _ []config.FleetTenant) error {
				if err := q.Migrate(ctx); err != nil {
					return err
				}
				a.stdout().Say("The tables of the fleet are there.")
				if !roles {
					return nil
				}
				if err := q.MakeRoles(ctx); err != nil {
					return err
				}
				a.stdout().Say("The roles usher_worker, usher_reader and usher_approver are there.")
				return nil
			})
		}}
	o.flags(cmd)
	cmd.Flags().BoolVar(&roles, "roles", false, "make the roles of PostgreSQL for workers, readers and approvers, too")
	cmd.Flags().BoolVar(&printed, "print-roles", false, "print the SQL of -roles for somebody who may make roles, and change nothing")
	return cmd
}

// withFleet runs what needs a fleet and its queue, and no jobs.
func (a *app) withFleet(ctx context.Context, o *fleetInputs, run func(context.Context, *queue.Queue, []config.FleetTenant) error) error {
	f, chosen, err := a.loadFleet(o)
	if err != nil {
		return err
	}
	return politely(ctx, func(ctx context.Context) error {
		q, err := a.openQueue(ctx, f, queue.Options{})
		if err != nil {
			return err
		}
		defer q.Close()
		return run(ctx, q, chosen)
	})
}

type fleetReportOptions struct {
	fleetInputs
	format
	only  string
	since time.Duration
}

func newFleetReport(a *app) *cobra.Command {
	o := &fleetReportOptions{}
	cmd := &cobra.Command{Use: "report", Short: "Show the last results of all tenants on one page, by what caused them", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.check(); err != nil {
				return err
			}
			return a.withFleet(cmd.Context(), &o.fleetInputs, func(ctx context.Context, q *queue.Queue, chosen []config.FleetTenant) error {
				open, err := q.Open(ctx)
				if err != nil {
					return err
				}
				return a.showFleet(ctx, q, chosen, open, o.format, func(op fleet.Operation, _ int64, at time.Time) bool {
					return (o.only == "" || o.only == string(op)) && (o.since == 0 || at.IsZero() || a.now().Sub(at) <= o.since)
				})
			})
		}}
	o.choose(cmd)
	o.fleetFormatFlag(cmd, "the report")
	cmd.Flags().Var(&named{&o.only, "operation"}, "only", "show the results of one `OPERATION`")
	cmd.Flags().DurationVar(&o.since, "since", 0, "leave out results that are older, such as 12h: a tenant without another one is named")
	return cmd
}

func (o *fleetReportOptions) check() error {
	if o.only == "" {
		return nil
	}
	return anOperation("-only="+o.only, o.only)
}

// anOperation refuses a name that no operation has, as it was said.
func anOperation(said, name string) error {
	if slices.Contains(fleet.Operations(), fleet.Operation(name)) {
		return nil
	}
	return fmt.Errorf("%s is no operation of a fleet: there are %s", said, operationNames())
}

// operationNames lists the operations of a fleet.
func operationNames() string {
	var names []string
	for _, op := range fleet.Operations() {
		names = append(names, string(op))
	}
	return strings.Join(names, ", ")
}

// showFleet shows the last results of some tenants that are wanted.
func (a *app) showFleet(ctx context.Context, q *queue.Queue, tenants []config.FleetTenant, open []fleet.Open, f format,
	wanted fleet.Wanted) error {
	results, err := q.Latest(ctx)
	if err != nil {
		return err
	}
	approved, err := q.Approved(ctx)
	if err != nil {
		return err
	}
	bills, err := q.Bills(ctx)
	if err != nil {
		return err
	}
	r := fleet.NewReport(tenants, fleet.Records{Results: results, Approved: approved, Open: open, Bills: bills}, wanted)
	if err := a.show(f, r.Document(a.now())); err != nil {
		return err
	}
	if missing := r.Missing(); missing != "" && f.name == "focus" { // a sum that is lower looks like a saving
		a.stderr().Show(view.Note{Level: view.Warning, Text: missing})
	}
	return fleetVerdict(r)
}

// fleetVerdict is how a command exits by what it found, as that of one tenant does.
func fleetVerdict(r fleet.Report) error {
	found := map[exitCode]bool{}
	for _, x := range r.Results {
		switch {
		case x.Outcome == fleet.Failed || x.Outcome == fleet.Partial:
			return exitPartial
		case x.Outcome == fleet.Refused:
			found[exitRefused] = true
		case x.Outcome == fleet.Found && x.Operation == fleet.Doctor:
			found[exitError] = true
		case x.Outcome == fleet.Found && x.Operation == fleet.Drift:
			found[exitSteps] = true
		case x.Outcome == fleet.Unfinished:
			found[exitWaiting] = true
		}
	}
	if len(r.Unheard)+len(r.Open) > 0 {
		return exitPartial
	}
	for _, code := range []exitCode{exitRefused, exitError, exitSteps, exitWaiting} {
		if found[code] {
			return code
		}
	}
	return nil
}

type fleetApproveOptions struct {
	fleetInputs
	causes []string
	asOf   int64
}

func newFleetApprove(a *app) *cobra.Command {
	o := &fleetApproveOptions{}
	cmd := &cobra.Command{Use: "approve [TENANT DIGEST]", Short: "Let fleet apply do a plan that was reviewed, or all plans of a cause",
		Args: argCount(0, 2), RunE: func(cmd *cobra.Command, args []string) error {
			if (len(args) == 2) == (len(o.causes) > 0) {
				return errors.New("name a tenant with the digest of its plan, or causes of the report with -cause=TEXT")
			}
			if len(o.causes) > 0 && o.asOf == 0 {
				return errors.New("say which report you have read: -as-of=JOB, with the number in its last line. A plan that was made later can do " +
					"more in the same words")
			}
			return a.withFleet(cmd.Context(), &o.fleetInputs, func(ctx context.Context, q *queue.Queue, chosen []config.FleetTenant) error {
				return a.approve(ctx, q, chosen, o, args)
			})
		}}
	o.choose(cmd)
	cmd.Flags().Int64Var(&o.asOf, "as-of", 0, "the number of the last `JOB` that the report told of")
	cmd.Flags().StringArrayVar(&o.causes, "cause", nil, "approve the plans that do nothing besides this `CAUSE` of the report")
	return cmd
}

func (a *app) approve(ctx context.Context, q *queue.Queue, chosen []config.FleetTenant, o *fleetApproveOptions, args []string) error {
	results, err := q.Latest(ctx)
	if err != nil {
		return err
	}
	results = slices.DeleteFunc(results, func(r fleet.Result) bool {
		return !slices.ContainsFunc(chosen, func(t config.FleetTenant) bool { return t.Name == r.Tenant })
	})
	waiting := fleet.Waiting(results)
	plans := fleet.Approvable(results, o.causes, o.asOf)
	if len(args) == 2 {
		plans = slices.DeleteFunc(slices.Clone(waiting), func(r fleet.Result) bool { return r.Tenant != args[0] || r.Digest != args[1] })
	}
	if len(plans) == 0 {
		return errors.New("the last plans of the tenants have no such plan: usher fleet report shows what they found")
	}
	for _, r := range plans {
		if err := q.Approve(ctx, r, a.world().Who()); err != nil {
			return err
		}
	}
	a.stdout().Say("Approved %d of %d plans that wait.", len(plans), len(waiting))
	return nil
}
