package main

import (
	"maps"
	"slices"
	"time"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
	"github.com/usher-cli/usher/tenant"
)

// input puts together what the planner needs.
func (s *session) input(c choices) plan.Input {
	r := s.reading.Resolve(tenant.Declared{Wants: s.cfg.Wants, Items: s.cfg.Items, Environments: s.cfg.Environments,
		Guard: s.cfg.Guard, Known: s.known, Former: s.former()})
	in := plan.Input{
		Want:         r.Want,
		Dated:        r.Dated,
		Gone:         r.Gone,
		HeldBack:     r.HeldBack,
		Location:     r.Location,
		Items:        r.Items,
		Environments: r.Environments,
		Guard:        r.Guard,
		Notices:      r.Notices,
		Known:        s.known,
		Have:         s.reading.Have,
		At:           s.a.now().UTC().Truncate(time.Second),
		Today:        s.today(),
		Targets:      c.targets,
		State:        s.stateRef(),
		OnlyDue:      c.onlyDue,
		AllowGaps:    c.allowGaps,
		FlowCapacity: s.cfg.FlowCapacity,
	}
	in.Guard.MayStop, in.Aliases, in.Vanished = c.mayStop, r.Aliases, r.Vanished
	if len(c.targets) > 0 {
		s.alias(in.Aliases)
	}
	for _, n := range r.Nobody {
		in.Nobody = append(in.Nobody, plan.Nobody{Holder: n.Holder, Items: n.Items, Origins: n.Origins, Allowed: n.IgnoreUnknown})
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
