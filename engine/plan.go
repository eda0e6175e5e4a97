package engine

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/go-multierror"

	"github.com/usher-cli/usher/config"
	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
	"github.com/usher-cli/usher/tenant"
)

// Choices are what shapes a plan and is in no file.
type Choices struct {
	Only      plan.Only
	AllowGaps int64 // people who may be without a seat for a moment
	MayStop   bool  // flows of service principals may lose their capacity
}

// Plan makes a plan. It is refused where another one was reviewed.
func (p *Present) Plan(c Choices) *plan.Plan {
	in := p.input(p.Config, c)
	made := p.planOf(in)
	p.wanted, p.matches, p.selectors = plan.Active(in), in.Matches, in.Selectors
	made.Notices = append(made.Notices, p.simulated()...)
	if b := p.Base; b != nil {
		var other *plan.Plan
		var wants []ledger.Grant
		if b.config != nil {
			in := p.input(b.config, c)
			other, wants = p.planOf(in), in.Want
		}
		made.Beside(b.Base, other, wants)
	}
	p.askedBy(made)
	if p.scope.Expected != nil {
		made.Expect(*p.scope.Expected)
	}
	return made
}

// Renew fits a plan to the present. Where it no longer holds, the error says why.
//
// Between a review and a merge somebody may have used the tenant. What the plan would do
// has to be what was reviewed: a step whose holder has changed since makes the plan stale,
// and a step that is done already is left out.
func (p *Present) Renew(saved *plan.Plan) (*plan.Plan, error) {
	fresh, stale := saved.Renew(p.fresh(saved))
	if len(stale) == 0 {
		return fresh, nil
	}
	problems := multierror.Append(nil, errors.New("the plan no longer holds, and nothing was done; plan again"))
	const most = 10
	for i, text := range stale {
		if i == most {
			problems = multierror.Append(problems, fmt.Errorf("and %d more", len(stale)-most))
			break
		}
		problems = multierror.Append(problems, errors.New(text))
	}
	return nil, problems
}

// input puts together what the planner needs, for the files of one revision.
//
// The files have names, and the planner has ids: in between stands the tenant's resolver,
// which also says of which names nobody is known.
func (p *Present) input(files *config.Config, c Choices) plan.Input {
	matched := p.Document.Matches()
	r := p.Reading.Resolve(tenant.Declared{Wants: files.Wants, Selections: files.Selections, Matched: matched, Items: files.Items,
		Environments: files.Environments, Guard: files.Guard, Known: p.Known, Former: p.former()})
	in := plan.Input{
		Want:         r.Want,
		Dated:        r.Dated,
		Matches:      r.Matches,
		Matched:      matched,
		Selectors:    r.Selectors,
		Gone:         r.Gone,
		HeldBack:     r.HeldBack,
		Blocked:      r.Blocked,
		Location:     r.Location,
		Items:        r.Items,
		Environments: r.Environments,
		Guard:        r.Guard,
		Notices:      r.Notices,
		Known:        p.Known,
		Have:         p.Reading.Have,
		At:           p.Now().UTC().Truncate(time.Second),
		Today:        p.Today(),
		Targets:      p.scope.Targets,
		State:        p.stateRef(),
		Only:         c.Only,
		AllowGaps:    c.AllowGaps,
		FlowCapacity: files.FlowCapacity,
	}
	let, told := p.letGo(files)
	in.LetGo, in.Notices = let, append(slices.Clip(in.Notices), told...)
	in.Guard.MayStop, in.Aliases, in.Vanished = c.MayStop, r.Aliases, r.Vanished
	if len(p.scope.Targets) > 0 {
		p.alias(in.Aliases)
	}
	for _, n := range r.Nobody {
		in.Nobody = append(in.Nobody, plan.Nobody{Holder: n.Holder, Items: n.Items, Origins: n.Origins, IgnoreUnknown: n.IgnoreUnknown})
	}
	for _, file := range slices.Sorted(maps.Keys(r.Listed)) {
		in.Listed = append(in.Listed, plan.Listed{File: file, Names: r.Listed[file]})
	}
	p.remember(&in)
	return in
}

// remember adds what the state knows.
func (p *Present) remember(in *plan.Input) {
	if p.Document == nil {
		return
	}
	in.Since, in.Applied = p.trials(), p.Document.Selectors
	in.Recent, in.Restart = p.Document.Recent, p.Document.Restarts
	for _, open := range p.Document.Pending {
		in.Pending = append(in.Pending, open.Grant)
	}
	if p.Document.Claims != nil {
		in.Claims, in.Approved = p.Document.Claims.Grants, p.Document.Claims.Removals
	}
}

// wants is what the files ask for, by key; nothing where they were not read, for a saved plan.
func (p *Present) wants() []ledger.Grant {
	if p.wanted == nil && len(p.Config.Wants)+len(p.Config.Selections) > 0 {
		in := p.input(p.Config, Choices{})
		p.wanted, p.matches = plan.Active(in), in.Matches
	}
	return p.wanted
}

// askedBy notes, for what a plan takes away, the line that asked for it, and for people whom a
// selection newly finds, or no longer, why.
func (p *Present) askedBy(made *plan.Plan) {
	was := p.Document.Matches()
	for i := range made.Calls {
		for n := range made.Calls[i].Steps {
			s := &made.Calls[i].Steps[n]
			s.Because = p.because(s, was)
			if s.Op != ledger.Remove || len(s.Was) > 0 {
				continue
			}
			if at, known := p.Document.AskedBy(s.Key()); known {
				s.AskedBy = &at
			}
		}
	}
}

// because says which attributes make a step: those that a selector found, or those that have
// changed since it did; "" where none does.
func (p *Present) because(s *ledger.Step, was map[ledger.Key]ledger.Match) string {
	if m, found := p.matches[s.Key()]; found && s.Op == ledger.Add {
		return m.String()
	}
	var parts []string
	if m, found := was[s.Key()]; found && s.Op == ledger.Remove && p.selectors[m.Key()] != "" {
		for _, v := range m.Values {
			attribute, value, _ := strings.Cut(v, "=")
			now, read := p.Reading.Trait(s.Holder.ID, attribute)
			if read && !strings.EqualFold(now, value) {
				parts = append(parts, fmt.Sprintf("%s changed from %s to %s", ledger.AttributeWords(attribute), value, cmp.Or(now, "nothing")))
			}
		}
	}
	return strings.Join(parts, ", ")
}

// alias adds the names of the state that the tenant has changed since.
func (p *Present) alias(aliases map[ledger.HolderID][]string) {
	for i := range p.Known {
		h := p.Known[i].Holder
		if name, ok := p.Reading.Name(h.Identity()); ok && name != h.Name && !slices.Contains(aliases[h.Identity()], h.Address()) {
			aliases[h.Identity()] = append(aliases[h.Identity()], h.Address())
		}
	}
}

// former lists whom the state knew by other names.
func (p *Present) former() []ledger.Holder {
	if p.Document == nil {
		return nil
	}
	return p.Document.Former
}

// trials lists who was given something that ends by itself, and when.
func (p *Present) trials() []plan.Trial {
	ends := map[string]bool{}
	for _, s := range p.Reading.Supply {
		ends[s.Item.ID] = s.Trial
	}
	var all []plan.Trial
	for _, r := range p.Document.Grants {
		if ends[r.Item.ID] {
			all = append(all, plan.Trial{Holder: r.Holder, Item: r.Item, Since: r.Since})
		}
	}
	return all
}

// stateRef names the version of the state.
func (p *Present) stateRef() plan.StateRef {
	if p.Document == nil {
		return plan.StateRef{}
	}
	return plan.StateRef{Lineage: p.Document.Lineage, Serial: p.Document.Serial}
}

// there reports whether the tenant has a holder. People are not listed where the
// state was believed.
func (p *Present) there(h ledger.HolderID) bool {
	_, listed := p.Reading.Name(h)
	return listed || h.Kind == ledger.User && p.Reading.Unlisted
}

// fresh is what a saved plan is checked against.
func (p *Present) fresh(saved *plan.Plan) plan.Fresh {
	f := plan.Fresh{State: p.stateRef(), Known: p.Known, Have: p.Reading.Have, At: p.Now().UTC(), Today: p.Today(), There: p.there}
	if p.Document != nil {
		f.Recent, f.Restart = p.Document.Recent, p.Document.Restarts
		if p.Document.Claims != nil {
			f.Claims, f.Approved = p.Document.Claims.Digest, p.Document.Claims.Removals
		}
	}
	since := p.Document.LeavingSince()
	on := slices.DeleteFunc(slices.Clone(saved.Held), func(h plan.Held) bool { return since[keyOf(h)] != h.Since })
	f.Approved = append(slices.Clip(f.Approved), plan.Over(on, p.Today())...)
	return f
}
