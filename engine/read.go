package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/usher-cli/usher/config"
	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
	"github.com/usher-cli/usher/state"
	"github.com/usher-cli/usher/tenant"
)

// Scope says what a reading is for, beyond what the files and the state name.
//
// A plan reads what its files and its state name. An undo and a saved plan are also about
// what nothing names any more.
type Scope struct {
	Targets    []ledger.Holder // that a plan is narrowed to
	Blocks     []string        // of the files, which stand for those they are about
	Saved      *plan.Plan      // that is to be applied; nil for none
	Expected   *plan.Expected  // the plan that was reviewed; nil where none is expected
	Undone     []ledger.Holder // of the run that is to be undone
	Drift      string          // group of drift that a plan is narrowed to; "" for none
	GroupNames bool            // the names of all groups are wanted
	Everything bool            // also what no file and no record is about is read
	Whole      bool            // and all groups that give something, and what is in every environment
	TrustState bool            // people are not read: they have what the state says
}

// Present is what the state knows and the tenant has.
type Present struct {
	*Opened
	Document  *state.Document // nil where there is none yet
	Known     []ledger.Grant  // the records of the document
	Reading   *tenant.Reading
	etag      string
	scope     Scope
	selectors map[string]string           // of the files, by the key of their matches
	matches   map[ledger.Key]ledger.Match // why selections cover some of them
	wanted    []ledger.Grant              // what the files want, once a plan was made of them
}

// ErrInterrupted ends a run that had not begun.
var ErrInterrupted = errors.New("interrupted before anything was done")

// Read reads the state and the tenant, and checks that they belong together.
//
// The state comes first: it says what has to be read. A state of another tenant is an error
// before anything is compared, because all of it would look as if somebody had removed it.
func (o *Opened) Read(ctx context.Context, scope Scope) (*Present, error) {
	doc, etag, err := o.Store.Read(ctx)
	if err != nil {
		return nil, err
	}
	p := &Present{Opened: o, Document: doc, Known: doc.Known(), etag: etag, scope: scope}
	if err := p.expandBlocks(); err != nil {
		return nil, err
	}
	p.Reading, err = o.Tenant.Read(ctx, p.readOptions())
	switch {
	case ctx.Err() != nil: // what is missing then is not the tenant's doing
		return nil, ErrInterrupted
	case err != nil:
		return nil, err
	}
	o.Tenant.FindDeleted(ctx, p.Reading, o.Config.Wants, o.Config.Selections)
	p.Reading.UnitLag, p.Reading.SeatLag = o.Config.Tenant.Lag, o.Config.Tenant.PeopleLag
	if doc != nil && doc.Tenant != p.Reading.Tenant {
		return nil, fmt.Errorf("the state %s is about the tenant %s, and the configuration points at %s (%s): use the state of that tenant, "+
			"or correct the tenant block", o.Store, doc.Tenant, p.Reading.Tenant, o.Config.Tenant.Origin)
	}
	if err := p.expandMembers(); err != nil {
		return nil, err
	}
	if scope.Drift != "" {
		p.scope.Targets, err = p.driftHolders(ctx, scope.Drift)
	}
	return p, err
}

// Again reads once more, for the same purpose.
func (p *Present) Again(ctx context.Context) (*Present, error) { return p.Read(ctx, p.scope) }

// ServicePlanNames are the names of service plans, by id.
func (p *Present) ServicePlanNames() map[string]string {
	names := maps.Clone(p.Catalog.ServicePlanNames())
	for _, supply := range p.Reading.Supply {
		for _, service := range supply.Plans {
			names[service.ID] = service.Name
		}
	}
	return names
}

// readOptions say what of the tenant concerns this run.
//
// What concerns no file and no record is not read: nobody needs a right to the Power
// Platform to plan licenses of Microsoft 365.
func (p *Present) readOptions() tenant.ReadOptions {
	o := tenant.ReadOptions{Progress: p.World.Reading}
	o.Groups, o.Environments = p.mentioned()
	o.NoUnits, o.SkipUnits = !p.units(), p.skipsUnits()
	o.SelfService = slices.ContainsFunc(p.revisions(), buysBySelfService) ||
		p.records(func(g ledger.Grant) bool { return g.Holder.Kind == ledger.SelfService })
	o.Recorded, o.Products = p.about()
	for _, c := range p.revisions() {
		o.Attributes = append(o.Attributes, ledger.AttributesOf(c.Selections)...)
	}
	for _, c := range p.revisions() {
		for _, r := range c.Items {
			if r.Unmanaged == ledger.Take && r.Item.Kind == ledger.Seat {
				o.Attributes, o.Given = append(o.Attributes, ledger.UserType), o.Given || r.Taking.OlderThan > 0
			}
		}
	}
	if p.scope.Whole {
		for _, a := range ledger.Attributes() {
			o.Attributes = append(o.Attributes, a.Name)
		}
	}
	slices.Sort(o.Attributes)
	o.Attributes = slices.Compact(o.Attributes)
	o.GroupNames, o.Whole = p.scope.GroupNames, p.scope.Whole
	o.Grants = p.settled()
	if p.scope.TrustState {
		if o.Known = p.Known; o.Known == nil {
			o.Known = []ledger.Grant{}
		}
	}
	return o
}

// buysBySelfService reports whether files say what people may buy by themselves.
func buysBySelfService(c *config.Config) bool {
	return slices.ContainsFunc(c.Wants, func(w ledger.Want) bool { return w.Kind == ledger.SelfService })
}

// settled is what the state knows without what was written within the lag: a list may
// not show that yet, and is whole all the same.
//
// A grant that was written a minute ago can be missing from a whole list. To ask for it by
// id would find it, and the list would count as one that leaves things out.
func (p *Present) settled() []ledger.Grant {
	if p.Document == nil {
		return p.Known
	}
	lags := ledger.Have{SeatLag: p.Config.Tenant.PeopleLag, UnitLag: p.Config.Tenant.Lag}
	fresh := map[ledger.Key]bool{}
	for _, r := range p.Document.Recent {
		if p.Now().Sub(r.At) < lags.Lag(r.Grant.Holder.Kind) {
			fresh[r.Grant.Key()] = true
		}
	}
	if len(fresh) == 0 {
		return p.Known
	}
	return slices.DeleteFunc(slices.Clone(p.Known), func(g ledger.Grant) bool { return fresh[g.Key()] })
}

// Today is the day where the organisation is, as YYYY-MM-DD.
func (l *Loaded) Today() string { return l.Now().In(l.Config.Timezone).Format(time.DateOnly) }

// Usage is how much of each item there is, and what it costs where the files say so.
func (p *Present) Usage() []ledger.Usage {
	prices := map[string]*ledger.Price{}
	for _, rules := range p.input(p.Config, Choices{}).Items {
		prices[rules.Item.ID] = rules.Price
	}
	all, names := ledger.UsageOf(p.Reading.Have, prices), p.Reading.GroupNames()
	for _, u := range all {
		for i := range u.Sources {
			u.Sources[i].GroupName = names[u.Sources[i].Group]
		}
	}
	return all
}
