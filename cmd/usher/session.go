package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/hashicorp/hcl/v2"
	"github.com/spf13/cobra"

	"github.com/usher-cli/usher/catalog"
	"github.com/usher-cli/usher/config"
	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
	"github.com/usher-cli/usher/state"
	"github.com/usher-cli/usher/tenant"
	"github.com/usher-cli/usher/view"
)

// inputs are the options of every command that reads a configuration.
type inputs struct {
	vars     []string
	varFiles []string
	remote   bool
	skip     []string
	backend  []string
}

func (i *inputs) flags(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&i.vars, "var", nil, "set a variable: `NAME=VALUE`")
	cmd.Flags().StringArrayVar(&i.varFiles, "var-file", nil, "read variables from `FILE`")
	cmd.Flags().BoolVar(&i.remote, "remote-endpoints", false, "let the endpoints of the tenant block be on other machines")
	cmd.Flags().StringArrayVar(&i.backend, "backend-config", nil, "complete the backend block: `NAME=VALUE`, or a file of such lines")
	cmd.Flags().StringArrayVar(&i.skip, "skip", nil, "leave a `SERVICE` unread, with all that is in it: powerplatform")
}

// session is one run's view of the world: the configuration, the state and
// the tenant.
type session struct {
	a       *app
	catalog *catalog.Catalog
	cfg     *config.Config
	store   *state.Store
	tenant  *tenant.Tenant
	log     io.WriteCloser // of an embedded tenant; nil for none
	doc     *state.Document
	known   []ledger.Grant // the records of doc
	etag    string
	reading *tenant.Reading
	wait    time.Duration // for what the tenant accepts first and does later
	targets []ledger.Holder
	skip    []string     // services that are left unread
	lease   *state.Lease // of a run that changes the tenant; nil for others
	remote  bool         // endpoints may be on other machines
	low     bool         // readings give way to the requests of others

	saved      *plan.Plan      // that is to be applied; nil for none
	undone     []ledger.Holder // of the run that is to be undone
	restores   bool            // a state may be put in the place of one that is gone
	force      bool            // a damaged state may be replaced
	seen       state.Header    // of a damaged state, as far as it can be seen
	everything bool            // also what no file and no record is about is read
}

// load reads the configuration and reports what is wrong with it.
func (a *app) load(in inputs) (*session, error) { return a.loadBy(in, config.Load) }

// loadSettings is load for commands that need the state and nothing else.
func (a *app) loadSettings(in inputs) (*session, error) { return a.loadBy(in, config.LoadSettings) }

// loadConnection is load for a saved plan, which needs the state and the tenant.
func (a *app) loadConnection(in inputs) (*session, error) { return a.loadBy(in, config.LoadConnection) }

// loadLenient is load for what needs no values of variables.
func (a *app) loadLenient(in inputs) (*session, error) {
	return a.loadBy(in, func(dir string, o config.Options) (*config.Config, hcl.Diagnostics) {
		o.Lenient = true
		return config.Load(dir, o)
	})
}

func (a *app) loadBy(in inputs, load func(string, config.Options) (*config.Config, hcl.Diagnostics)) (*session, error) {
	s := &session{a: a}
	if err := in.checkSkip(); err != nil {
		return nil, err
	}
	var err error
	if s.catalog, err = catalog.Load(); err != nil {
		return nil, err
	}
	a.plans = s.catalog.PlanNames()
	opts := config.Options{Version: version, Vars: in.vars, Catalog: s.catalog, Remote: in.remote}
	for _, f := range in.varFiles {
		opts.VarFiles = append(opts.VarFiles, a.path(f))
	}
	cfg, diags := load(a.chdir, opts)
	a.stderr().WithFiles(cfg.Files).Diagnostics(diags)
	if diags.HasErrors() {
		return nil, exitError
	}
	s.cfg, s.skip, s.remote = cfg, in.skip, in.remote
	s.store, err = s.openStore(cfg.Backend.Kind, cfg.Backend.Args, config.BackendFlag{Name: "-backend-config", Values: in.backend})
	return s, err
}

// close ends the tenant and adds what goes wrong to err.
func (s *session) close(err *error) {
	if s.tenant == nil {
		return
	}
	problem := s.tenant.Close()
	if s.log != nil {
		problem = errors.Join(problem, s.log.Close())
	}
	if problem != nil && *err == nil {
		*err = problem
	}
}

// errInterrupted ends a run that had not begun.
var errInterrupted = errors.New("interrupted before anything was done")

// read reads the state and the tenant, and checks that they belong together.
func (s *session) read(ctx context.Context, refresh bool) error {
	doc, etag, err := s.store.Read(ctx)
	if err != nil {
		return err
	}
	s.doc, s.etag, s.known = doc, etag, doc.Known()
	progress := s.a.progressLine()
	defer progress.Clear()
	o := tenant.ReadOptions{Progress: func(n int) { progress.Show("Reading the tenant: %d people", n) }}
	o.Groups, o.Environments = s.mentioned()
	o.NoUnits, o.SkipUnits = !s.units(), slices.Contains(s.skip, skippable)
	o.SelfService = slices.ContainsFunc(s.cfg.Wants, func(w ledger.Want) bool { return w.Kind == ledger.SelfService }) ||
		s.records(func(g ledger.Grant) bool { return g.Holder.Kind == ledger.SelfService })
	o.Recorded, o.Products = s.about()
	o.Grants = s.known
	if !refresh {
		if o.Known = s.known; o.Known == nil {
			o.Known = []ledger.Grant{}
		}
	}
	s.reading, err = s.tenant.Read(ctx, o)
	switch {
	case ctx.Err() != nil: // what is missing then is not the tenant's doing
		return errInterrupted
	case err != nil:
		return err
	}
	for _, supply := range s.reading.Supply {
		for _, p := range supply.Plans {
			s.a.plans[p.ID] = p.Name
		}
	}
	s.reading.UnitLag, s.reading.SeatLag = s.cfg.Tenant.Lag, s.cfg.Tenant.PeopleLag
	if doc != nil && doc.Tenant != s.reading.Tenant {
		return fmt.Errorf(
			"the state %s is about the tenant %s, and the configuration points at %s (%s): use the state of that tenant, or "+
				"correct the tenant block",
			s.store,
			doc.Tenant,
			s.reading.Tenant,
			position(s.cfg.Tenant.Origin),
		)
	}
	return nil
}

// journal opens the history behind what a document knows of it, for a run of this
// moment. One that was cut is said, and goes on.
func (s *session) journal(ctx context.Context, d *state.Document) (*state.Journal, error) {
	j, err := s.store.Journal(ctx, d, uuid.NewString())
	if err == nil && j.Cut {
		s.a.stderr().
			Line("Warning: entries at the end of the history of %s are missing: run usher history -verify to see "+
				"where.", view.Safe(s.store.String()))
	}
	return j, err
}

// verdict turns what stands in the way of a plan into an exit code.
func verdict(p *plan.Plan) error {
	switch {
	case len(p.Errors()) > 0:
		return exitError
	case p.Refused():
		return exitRefused
	case len(p.Unread) > 0:
		return exitPartial
	}
	return nil
}
