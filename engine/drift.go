package engine

import (
	"context"
	"fmt"
	"slices"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
)

// keptDays is how long the log of a directory goes back at most. Source: Microsoft Entra
// data retention.
const keptDays = 30

// Drift tells what somebody else changed, and who it was as far as the log of the
// directory tells. Where the files themselves have errors, those are returned, and nothing
// is compared. It reads, and writes nothing.
func (p *Present) Drift(ctx context.Context) (*plan.DriftReport, []ledger.Notice) {
	in := p.input(p.Config, Choices{})
	if errs := (&plan.Plan{Notices: in.Notices}).Errors(); len(errs) > 0 {
		return nil, errs
	}
	r := &plan.DriftReport{Labels: map[string]string{}, Takes: map[string]bool{}}
	for _, rules := range in.Items {
		r.Labels[rules.Item.ID], r.Takes[rules.Item.ID] = rules.Label, rules.Unmanaged == ledger.Take
	}
	all, ignored := plan.Ignored(plan.Drifts(in), p.Config.Ignores, p.Today())
	r.Ignored = ignored
	if slices.ContainsFunc(all, func(d plan.Drift) bool { return d.Holder.Kind == ledger.User }) {
		log, err := p.Tenant.Audits(ctx, p.Now().AddDate(0, 0, -keptDays))
		if err != nil {
			r.Unknown = err.Error()
		}
		all = plan.Caused(all, log)
	}
	r.Groups = plan.Grouped(all)
	return r, nil
}

// driftKeys are the grants of a group of drift.
func (p *Present) driftKeys(ctx context.Context, group string) (map[ledger.Key]bool, error) {
	r, problems := p.Drift(ctx)
	if len(problems) > 0 { // the plan says which
		return map[ledger.Key]bool{}, nil
	}
	for _, g := range r.Groups {
		if g.ID != group {
			continue
		}
		keys := map[ledger.Key]bool{}
		for _, d := range g.Drift {
			keys[ledger.Key{Kind: d.Holder.Kind, Holder: d.Holder.ID, Item: d.Item.ID}] = true
		}
		return keys, nil
	}
	return nil, fmt.Errorf("there is no drift:%s now: usher drift lists the groups that there are", group)
}
