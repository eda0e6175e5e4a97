package tenant

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/tenant/dataverse"
	"github.com/usher-cli/usher/tenant/graph"
	"github.com/usher-cli/usher/tenant/powerplatform"
)

func (t *Tenant) environments(ctx context.Context, r *Reading, o ReadOptions) []ledger.Holder {
	supply, err := t.power.Supply(ctx)
	if err != nil {
		r.unread(ledger.Environment, err)
		return nil
	}
	environments, err := t.power.Environments(ctx)
	if err != nil {
		r.unread(ledger.Environment, err)
		return nil
	}
	grants, unread := t.power.Allocations(ctx, environments)
	r.Supply = supply
	r.Grants = append(r.Grants, grants...)
	r.Unread = append(r.Unread, unread...)
	var holders []ledger.Holder
	for _, e := range environments {
		holders = append(holders, e.Holder)
		if o.Whole || mentioned(o.Environments, e.Holder) {
			holders = append(holders, t.inside(ctx, r, e)...)
		}
	}
	t.namePolicies(ctx, r)
	return holders
}

// mentioned reports whether a holder is among references by id or name.
func mentioned(refs []string, h ledger.Holder) bool {
	return slices.ContainsFunc(refs, func(ref string) bool { return strings.EqualFold(ref, h.ID) || fold(ref) == fold(h.Name) })
}

// inside reads the flows and machines of an environment. One without
// a Dataverse organisation has none.
func (t *Tenant) inside(ctx context.Context, r *Reading, e powerplatform.Environment) []ledger.Holder {
	if e.URL == "" {
		r.Inside = append(r.Inside, e.Identity())
		return nil
	}
	client, err := t.dataverse(e)
	if err != nil {
		r.Unread = append(r.Unread, ledger.Unread{Holder: e.Holder, Inside: true, Reason: err.Error()})
		return nil
	}
	found, err := client.Read(ctx)
	if err != nil {
		r.Unread = append(r.Unread, ledger.Unread{Holder: e.Holder, Inside: true, Reason: dataverse.Explain(err)})
		return nil
	}
	t.urls[e.ID] = e
	r.Inside = append(r.Inside, e.Identity())
	r.Grants = append(r.Grants, found.Grants...)
	r.Rows, r.Flows, r.Unseen = append(r.Rows, found.Rows...), append(r.Flows, found.Flows...), append(r.Unseen, found.Unseen...)
	if outside, err := t.power.Outside(ctx, e.ID); err == nil { // it only serves a better message
		for _, ref := range outside {
			r.outside[keyOf(ledger.Within(e.Holder, ledger.Flow, "", ref))] = true
		}
	}
	return found.Holders
}

// groups reads the groups that are mentioned, or all that give something, what they give and to
// whom.
func (t *Tenant) groups(ctx context.Context, r *Reading, seats []ledger.Supply, o ReadOptions) []ledger.Holder {
	var holders []ledger.Holder
	if o.Whole {
		giving, names, err := t.graph.Groups(ctx, seats)
		if err != nil {
			r.unread(ledger.Group, err)
			return nil
		}
		r.groups, holders = names, t.contents(ctx, r, giving, holders)
	}
	for _, ref := range o.Groups {
		found, err := t.findGroups(ctx, r, seats, ref)
		if err != nil {
			r.unread(ledger.Group, err)
			return holders
		}
		holders = t.contents(ctx, r, found, holders)
	}
	return holders
}

// contents reads who is in groups, and notes what they give. It returns the holders with those
// that are new.
func (t *Tenant) contents(ctx context.Context, r *Reading, found []graph.Group, holders []ledger.Holder) []ledger.Holder {
	for _, g := range found {
		if slices.Contains(holders, g.Holder) {
			continue
		}
		holders = append(holders, g.Holder)
		members, err := t.graph.ReadMembers(ctx, g.Holder.ID)
		if err != nil {
			r.Unread = append(r.Unread, ledger.Unread{Holder: g.Holder, Reason: explain(ledger.Group, err)})
			continue
		}
		members.Rule = g.Rule
		r.Members = append(r.Members, members)
		r.Grants = append(r.Grants, g.Grants...)
		if g.Working {
			r.Working = append(r.Working, g.Holder)
		}
		if g.Cannot != "" {
			r.cannot[g.Holder.Identity()] = g.Cannot
		}
	}
	return holders
}

// findGroups reads the groups that a reference means. The service compares names letter by
// letter. Where it finds none, all names are asked for: one of them may be the same to a
// reader, or nearly the same, which is what a refusal then suggests.
func (t *Tenant) findGroups(ctx context.Context, r *Reading, seats []ledger.Supply, ref string) ([]graph.Group, error) {
	found, err := t.graph.FindGroups(ctx, ref, isID(ref), seats)
	if err != nil || len(found) > 0 || isID(ref) {
		return found, err
	}
	if r.groups == nil {
		if r.groups, err = t.graph.GroupNames(ctx); err != nil {
			return nil, err
		}
	}
	for _, h := range r.groups {
		if fold(h.Name) != fold(ref) {
			continue
		}
		same, err := t.graph.FindGroups(ctx, h.ID, true, seats)
		if err != nil {
			return nil, err
		}
		found = append(found, same...)
	}
	return found, nil
}

// selfService reads the rules of self-service purchases.
func (t *Tenant) selfService(ctx context.Context, r *Reading) []ledger.Holder {
	if t.commerce == nil {
		r.unread(ledger.SelfService, errors.New("this cloud has no purchases by self-service"))
		return nil
	}
	policies, err := t.commerce.Policies(ctx)
	if err != nil {
		r.unread(ledger.SelfService, err)
	}
	r.Grants = append(r.Grants, policies...)
	var holders []ledger.Holder
	for _, p := range policies {
		holders = append(holders, p.Holder)
	}
	return holders
}
