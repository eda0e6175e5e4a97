package apply

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
	"github.com/usher-cli/usher/state"
)

// recorder keeps the state in step with what happens.
type recorder struct {
	r      *Runner
	p      *plan.Plan
	doc    *state.Document
	etag   string
	edit   *state.Edit
	claims map[ledger.Key]ledger.Grant
	taking map[ledger.Key]ledger.Grant // what the run was allowed to take away, and has not
	prior  map[ledger.Key]bool         // claims of an earlier run: only success settles them
	since  time.Time                   // of the last write
	dirty  bool
	frozen bool            // nothing may be written: the lock is lost
	said   []state.Outcome // what became of calls, and is not in the history yet

	unwritten int // calls that ended since the state was written
}

func newRecorder(r *Runner, p *plan.Plan, d *state.Document, etag string) *recorder {
	if d == nil {
		d = state.New(p.Tenant)
	}
	return &recorder{
		r:      r,
		p:      p,
		doc:    d,
		etag:   etag,
		edit:   state.NewEdit(),
		claims: map[ledger.Key]ledger.Grant{},
		taking: map[ledger.Key]ledger.Grant{},
		prior:  map[ledger.Key]bool{},
	}
}

// begin records, in one write and before the first call: adoptions, forgets,
// and every addition that is about to be made. So whatever a killed run leaves
// in the tenant is known to be perhaps ours.
func (c *recorder) begin(ctx context.Context) error {
	known := map[ledger.Key]bool{}
	for _, rec := range c.doc.Grants {
		known[rec.Key()] = true
	}
	c.keepPerhaps()
	c.approve()
	for _, call := range c.p.Calls {
		for _, s := range call.Steps {
			if s.After != nil && !known[s.Key()] && call.Manual == "" {
				c.claims[s.Key()] = grantOf(s)
			}
		}
	}
	c.awaited()
	c.restarting()
	for _, s := range c.p.Records {
		switch s.Op {
		case ledger.Adopt:
			c.put(s, grantOf(s))
		case ledger.Forget:
			c.edit.Drop(s.Key())
		}
	}
	if c.r.Undeclared != nil {
		c.doc.Undeclared = c.r.Undeclared
	}
	c.leaving()
	c.edit.Apply(c.doc)
	c.doc.Follow(c.r.Wants, c.r.Matches)
	c.rename()
	c.doc.Tenant = c.p.Tenant
	if err := c.tellBegin(ctx); err != nil {
		return err
	}
	return c.write(ctx, len(c.p.Calls) == 0)
}

// approve notes what the run may take away. A guard has judged the plan, and does not
// count the rest again while it is the rest of the same work. A narrow run says nothing
// of what an earlier one left.
func (c *recorder) approve() {
	if c.doc.Claims != nil && (c.p.Targets > 0 || c.p.Only != "") {
		for _, g := range c.doc.Claims.Removals {
			c.taking[g.Key()] = g
		}
	}
	for _, call := range c.p.Calls {
		for _, s := range call.Steps {
			if s.Op == ledger.Remove || s.Op == ledger.Change {
				c.taking[s.Key()] = left(s)
			}
		}
	}
}

// left is what a step leaves: no units where it removes.
func left(s ledger.Step) ledger.Grant {
	g := ledger.Grant{Holder: s.Holder, Item: s.Item}
	if s.After != nil {
		g.Value = *s.After
	}
	return g
}

// keepPerhaps carries over the claims that only a person can settle.
func (c *recorder) keepPerhaps() {
	if c.doc.Claims == nil {
		return
	}
	for _, k := range c.p.Perhaps {
		c.prior[k] = true
	}
	for _, call := range c.p.Calls { // not seen yet, or seen with another value
		for _, s := range call.Steps {
			c.prior[s.Key()] = true
		}
	}
	for _, g := range c.doc.Claims.Grants {
		if c.prior[g.Key()] {
			c.claims[g.Key()] = g
		}
	}
	for k := range c.prior {
		if _, claimed := c.claims[k]; !claimed {
			delete(c.prior, k)
		}
	}
}

// rename brings the names of records and claims up to date with the tenant's.
func (c *recorder) rename() {
	for i := range c.doc.Grants {
		if name, ok := c.r.Name(c.doc.Grants[i].Holder.Identity()); ok {
			c.doc.Rename(&c.doc.Grants[i].Holder, name)
		}
	}
	for key, g := range c.claims {
		if name, ok := c.r.Name(g.Holder.Identity()); ok {
			c.doc.Rename(&g.Holder, name)
			c.claims[key] = g
		}
	}
}

func grantOf(s ledger.Step) ledger.Grant {
	return ledger.Grant{Holder: s.Holder, Item: s.Item, Value: *s.After, Origins: s.Origins}
}

// awaited keeps, of what earlier runs left pending, what the service or a
// person still has not finished. What this run leaves pending is noted as it ends.
func (c *recorder) awaited() {
	kept := c.doc.Pending[:0:0]
	for _, p := range c.doc.Pending {
		working := slices.ContainsFunc(c.p.Awaited, func(h ledger.Holder) bool { return h.Identity() == p.Grant.Holder.Identity() })
		again := slices.ContainsFunc(c.p.Calls, func(call ledger.Call) bool { return call.Holder.Identity() == p.Grant.Holder.Identity() })
		narrow := c.p.Targets > 0 || c.p.Only != "" // it says nothing about whom it does not look at
		if (working || narrow) && !again {
			kept = append(kept, p)
		}
	}
	c.doc.Pending = kept
}

// noteResult books a result. An unknown outcome keeps its claims: the next plan
// sees what became of it.
func (c *recorder) noteResult(res ledger.Result) {
	c.dirty = c.dirty || res.Outcome != ledger.Unknown
	c.said = append(c.said, c.outcome(res))
	for _, s := range res.Call.Steps {
		if s.Op == ledger.Restart {
			c.restarted(s, res)
		}
		if s.Op.Nudges() {
			continue
		}
		switch res.Outcome {
		case ledger.Done:
			c.effective(s, res)
		case ledger.Pending:
			c.pend(s, res)
		case ledger.Failed, ledger.Skipped:
			if !c.prior[s.Key()] {
				delete(c.claims, s.Key())
			}
		}
	}
	if res.Outcome == ledger.Done { // the gap is over: what was given up is gone for good
		for _, s := range res.Call.Undo {
			c.edit.Drop(s.Key())
		}
	}
}

// effective records what a step did. What the first half of a split gives up
// stays on record until the second half is done: it may have to be given back.
func (c *recorder) effective(s ledger.Step, res ledger.Result) {
	switch firstHalf := res.Call.Gap && len(res.Call.Undo) == 0; {
	case s.After != nil:
		g := grantOf(s)
		g.Corrected = nil
		if c := (ledger.Corrected{Surplus: res.Surplus[s.Item.ID], KeptOff: res.KeptOff[s.Item.ID]}); len(c.Surplus)+len(c.KeptOff) > 0 {
			g.Corrected = &c
		}
		c.put(s, g)
	case !firstHalf:
		c.edit.Drop(s.Key())
		c.doc.Leaving = slices.DeleteFunc(c.doc.Leaving, func(l state.Leaving) bool { return l.Key() == s.Key() })
	}
	c.recent(s)
	delete(c.claims, s.Key())
	delete(c.taking, s.Key())
}

// pend notes what is not done yet. What the service accepted to give is ours, though
// it has not finished; what a person has to do is not. What it accepted to take stays
// ours until a reading shows that it is gone.
func (c *recorder) pend(s ledger.Step, res ledger.Result) {
	if res.Accepted && s.After != nil {
		c.effective(s, res)
	} else if !c.prior[s.Key()] {
		delete(c.claims, s.Key())
	}
	if !res.Accepted && res.Call.Manual == "" {
		return // it waits for others, and is planned again
	}
	c.doc.Pending = append(c.doc.Pending, state.Pending{Grant: left(s), Since: c.r.Now().UTC(), Why: res.Message})
}

// recent remembers a write for as long as readings may not show it.
func (c *recorder) recent(s ledger.Step) {
	if c.r.Lag(s.Holder.Kind) == 0 {
		return
	}
	c.doc.Recent = append(c.doc.Recent, ledger.Recent{Grant: left(s), At: c.r.Now(), Before: s.Before})
}

func (c *recorder) prune() {
	var kept []ledger.Recent
	for _, r := range c.doc.Recent {
		if c.r.Now().Sub(r.At) < c.r.Lag(r.Grant.Holder.Kind) {
			kept = append(kept, r)
		}
	}
	c.doc.Recent = kept
}

// rewritten is how many changes of a run, for each grant of the state, make it
// worth writing all of it: so a run of n changes writes a multiple of n in all.
const rewritten = 0.25

// due reports whether it is time for a checkpoint.
func (c *recorder) due() bool {
	return c.dirty && !c.frozen && c.r.Now().Sub(c.since) >= c.r.Checkpoint
}

// checkpoint says during a long run, now and then, what was done. The state
// itself follows where enough of it changed: until then the claims of the
// beginning vouch for what the run gives.
func (c *recorder) checkpoint(ctx context.Context) error {
	ctx = context.WithoutCancel(ctx)
	c.unwritten += len(c.said)
	if err := c.tell(ctx, c.results()...); err != nil {
		return err
	}
	c.said = nil
	if float64(c.unwritten) < rewritten*float64(len(c.doc.Grants)) {
		c.since, c.dirty = c.r.Now(), false
		return nil
	}
	return c.write(ctx, false)
}

// errLost ends a run whose lock was lost.
var errLost = fmt.Errorf("%w, so the end of the run is not in the state: run usher plan to see the rest", state.ErrLost)

// end records the result. A run that did not do everything leaves its mark, so
// that the same plan can be continued. The history is told first: it never
// lacks what the state has.
func (c *recorder) end(ctx context.Context, report *ledger.Report) error {
	if c.frozen {
		return errLost
	}
	if len(c.p.Calls) == 0 { // what there was to record is written: a history never says that of a state that is not there
		return c.tell(ctx, ended(report))
	}
	return errors.Join(c.tellEnd(ctx, report), c.write(ctx, report.Complete()))
}

func (c *recorder) write(ctx context.Context, complete bool) error {
	c.edit.Apply(c.doc)
	c.prune()
	if complete && c.p.Selectors != nil {
		c.doc.Selectors = c.p.Selectors
	}
	c.doc.Claims = nil
	if len(c.claims) > 0 || !complete {
		cl := &state.Claims{Digest: c.p.Digest, At: c.r.Now().UTC()}
		for _, g := range c.claims {
			cl.Grants = append(cl.Grants, g)
		}
		ledger.SortGrants(cl.Grants)
		for _, g := range c.taking {
			cl.Removals = append(cl.Removals, g)
		}
		ledger.SortGrants(cl.Removals)
		c.doc.Claims = cl
	}
	c.doc.PruneFormer()
	if c.r.Journal != nil {
		head := c.r.Journal.Head()
		c.doc.History = &head
	}
	etag, err := c.r.Store.Write(ctx, c.doc, c.etag)
	if err != nil {
		return err
	}
	c.etag, c.since, c.dirty, c.unwritten = etag, c.r.Now(), false, 0
	return nil
}

// put records a grant of today.
func (c *recorder) put(s ledger.Step, g ledger.Grant) { c.edit.Put(g, c.r.Day(), s.Match) }
