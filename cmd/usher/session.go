package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
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
		return fmt.Errorf("the state %s is about the tenant %s, and the configuration points at %s (%s): use the state of that tenant, or correct the tenant block",
			s.store, doc.Tenant, s.reading.Tenant, place(s.cfg.Tenant.Origin))
	}
	return nil
}

// units reports whether environments or their capacity concern this run: they
// are declared, on record, or asked for. Otherwise nobody needs rights to them.
func (s *session) units() bool {
	ofCapacity := func(p ledger.Policy) bool { return p.Item.Kind == ledger.Capacity }
	onRecord := func(g ledger.Grant) bool { return g.Holder.Kind.Holds() == ledger.Capacity }
	named := func(h ledger.Holder) bool { return h.Kind.Holds() == ledger.Capacity }
	return s.everything || len(s.cfg.Places) > 0 || slices.ContainsFunc(s.planned(), named) || slices.ContainsFunc(s.cfg.Policies, ofCapacity) || s.records(onRecord) ||
		slices.ContainsFunc(s.cfg.Guard.Protect, named) || slices.ContainsFunc(s.targets, named)
}

func place(o ledger.Origin) string { return fmt.Sprintf("%s:%d", o.File, o.Line) }

// planned lists the holders of the saved plan that is to be applied, and of the run
// that is to be undone: both are also about what no file and no record names any more.
func (s *session) planned() []ledger.Holder {
	all := slices.Clone(s.undone)
	if s.saved == nil {
		return all
	}
	for _, step := range s.saved.Steps() {
		all = append(all, step.Holder)
	}
	return all
}

// mentioned lists the groups and the environments that the files or the state
// name, by id or name: what is in those has to be read, too.
func (s *session) mentioned() (groups, environments []string) {
	add := func(list []string, ref string) []string {
		if ref == "" || slices.ContainsFunc(list, func(other string) bool { return strings.EqualFold(other, ref) }) {
			return list
		}
		return append(list, ref)
	}
	for i := range s.cfg.Wants {
		if w := &s.cfg.Wants[i]; w.Kind == ledger.Group {
			groups = add(groups, w.Holder)
		}
	}
	for _, h := range slices.Concat(s.cfg.Guard.Protect, s.targets) {
		if h.Kind == ledger.Group {
			groups = add(groups, h.Name)
		}
		environments = add(environments, h.Around())
	}
	for _, p := range s.cfg.Places {
		environments = add(environments, p.Environment.Name)
	}
	for _, h := range s.planned() {
		if h.Kind == ledger.Group {
			groups = add(groups, h.ID)
		}
		environments = add(environments, h.Place())
	}
	var last ledger.Holder
	for _, grants := range s.recorded() {
		for i := range grants {
			h := grants[i].Holder
			if h == last || h.Kind == ledger.User {
				continue
			}
			if last = h; h.Kind == ledger.Group {
				groups = add(groups, h.ID)
			}
			environments = add(environments, h.Place())
		}
	}
	return groups, environments
}

// about lists the holders and the products that the state is about, each once.
func (s *session) about() (holders []ledger.Holder, products []ledger.Item) {
	seen, items := map[ledger.HolderID]bool{}, map[string]bool{}
	for _, grants := range s.recorded() {
		for i := range grants {
			g := &grants[i]
			if id := g.Holder.Identity(); !seen[id] {
				seen[id] = true
				holders = append(holders, g.Holder)
			}
			if g.Item.Kind == ledger.Seat && !items[g.Item.ID] {
				items[g.Item.ID] = true
				products = append(products, g.Item)
			}
		}
	}
	return holders, products
}

// recorded is everything that the state is about: what is known, what an
// interrupted run meant to do, what is not effective yet, and what a run was turning
// off and on.
func (s *session) recorded() [][]ledger.Grant {
	all := [][]ledger.Grant{s.known}
	if s.doc == nil {
		return all
	}
	if s.doc.Claims != nil {
		all = append(all, s.doc.Claims.Grants, s.doc.Claims.Removals)
	}
	var pending []ledger.Grant
	for _, p := range s.doc.Pending {
		pending = append(pending, p.Grant)
	}
	return append(all, pending, s.doc.Restarts)
}

// records reports whether the state is about something of a kind.
func (s *session) records(of func(ledger.Grant) bool) bool {
	return slices.ContainsFunc(s.recorded(), func(grants []ledger.Grant) bool { return slices.ContainsFunc(grants, of) })
}

// input puts together what the planner needs.
func (s *session) input(c choices) plan.Input {
	r := s.reading.Resolve(tenant.Declared{Wants: s.cfg.Wants, Policies: s.cfg.Policies, Places: s.cfg.Places, Guard: s.cfg.Guard, Known: s.known, Former: s.former()})
	in := plan.Input{Want: r.Want, Dated: r.Dated, Gone: r.Gone, Asleep: r.Asleep, Location: r.Location, Policies: r.Policies, Places: r.Places, Guard: r.Guard, Notices: r.Notices,
		Known: s.known, Have: s.reading.Have, At: s.a.now().UTC().Truncate(time.Second), Today: s.today(), Targets: c.targets, State: s.stateRef(),
		OnlyDue: c.onlyDue, AllowGaps: c.allowGaps, FlowCapacity: s.cfg.FlowCapacity}
	in.Guard.MayStop, in.Aliases, in.Vanished = c.mayStop, r.Aliases, r.Vanished
	if len(c.targets) > 0 {
		s.alias(in.Aliases)
	}
	for _, n := range r.Nobody {
		in.Nobody = append(in.Nobody, plan.Nobody{Holder: n.Holder, Items: n.Items, Origins: n.Origins, Allowed: n.Lax})
	}
	for _, file := range slices.Sorted(maps.Keys(r.Listed)) {
		in.Listed = append(in.Listed, plan.Listed{File: file, Names: r.Listed[file]})
	}
	if s.doc != nil {
		in.Since = s.trials()
		in.Recent, in.Restart = s.doc.Recent, s.doc.Restarts
		for _, p := range s.doc.Pending {
			in.Pending = append(in.Pending, p.Grant)
		}
		if s.doc.Claims != nil {
			in.Claims, in.Approved = s.doc.Claims.Grants, s.doc.Claims.Removals
		}
	}
	return in
}

// alias adds the names of the state that the tenant has changed since.
func (s *session) alias(aliases map[ledger.HolderID][]string) {
	for i := range s.known {
		h := s.known[i].Holder
		if name, ok := s.reading.Name(h.Identity()); ok && name != h.Name && !slices.Contains(aliases[h.Identity()], h.Address()) {
			aliases[h.Identity()] = append(aliases[h.Identity()], h.Address())
		}
	}
}

// former lists whom the state knew by other names.
func (s *session) former() []ledger.Holder {
	if s.doc == nil {
		return nil
	}
	return s.doc.Former
}

// trials lists who was given something that ends by itself, and when.
func (s *session) trials() []plan.Trial {
	ends := map[string]bool{}
	for _, p := range s.reading.Supply {
		ends[p.Item.ID] = p.Trial
	}
	var all []plan.Trial
	for _, r := range s.doc.Grants {
		if ends[r.Item.ID] {
			all = append(all, plan.Trial{Holder: r.Holder, Item: r.Item, Since: r.Since})
		}
	}
	return all
}

// today is the day where the organisation is.
func (s *session) today() string { return s.a.now().In(s.cfg.Timezone).Format(time.DateOnly) }

func (s *session) stateRef() plan.StateRef {
	if s.doc == nil {
		return plan.StateRef{}
	}
	return plan.StateRef{Lineage: s.doc.Lineage, Serial: s.doc.Serial}
}

// there reports whether the tenant has a holder. People are not listed where the
// state was believed.
func (s *session) there(h ledger.HolderID) bool {
	_, listed := s.reading.Name(h)
	return listed || h.Kind == ledger.User && s.reading.Unlisted
}

// fresh is what a saved plan is checked against.
func (s *session) fresh() plan.Fresh {
	f := plan.Fresh{State: s.stateRef(), Known: s.known, Have: s.reading.Have, At: s.a.now().UTC(), Today: s.today(), There: s.there}
	if s.doc != nil {
		f.Recent, f.Restart = s.doc.Recent, s.doc.Restarts
		if s.doc.Claims != nil {
			f.Claims, f.Approved = s.doc.Claims.Digest, s.doc.Claims.Removals
		}
	}
	return f
}

// journal opens the history behind what a document knows of it, for a run of this
// moment. One that was cut is said, and goes on.
func (s *session) journal(ctx context.Context, d *state.Document) (*state.Journal, error) {
	j, err := s.store.Journal(ctx, d, uuid.NewString())
	if err == nil && j.Cut {
		s.a.stderr().Line("Warning: the history of %s ends before what the state knows of it: usher history -verify says where.", view.Safe(s.store.String()))
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
