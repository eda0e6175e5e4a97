package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/ledger/slips"
	"github.com/usher-cli/usher/plan"
)

// Meant are the holders that a plain name can mean, to be read before anybody knows.
func Meant(name string) []ledger.Holder {
	if strings.Contains(name, "@") {
		return []ledger.Holder{{Kind: ledger.User, Name: name}}
	}
	return []ledger.Holder{{Kind: ledger.Group, Name: name}, {Kind: ledger.Environment, Name: name}, {Kind: ledger.User, Name: name}}
}

// Explain says where a holder has everything from: the files, the state, groups, or somebody's hand.
func (p *Present) Explain(ctx context.Context, meant []ledger.Holder) (*plan.Explanation, error) {
	who, err := p.find(meant)
	if err != nil {
		return nil, err
	}
	in := p.withHolds(p.input(p.Config, Choices{}), nil)
	e := plan.Explain(in, who, p.recordedByKey())
	for _, d := range plan.New(in).Due {
		if d.Holder.Identity() == who.Identity() {
			e.Coming = append(e.Coming, d)
		}
	}
	p.nameGroups(e)
	p.giveReasons(e)
	p.byHand(ctx, e)
	if who.Kind == ledger.User {
		if at, known := p.Tenant.LastSignIn(ctx, who); known {
			e.SignedIn = at.In(p.Config.Timezone).Format(time.DateOnly)
		}
	}
	return e, nil
}

// Me is the person who is signed in.
func (p *Present) Me(ctx context.Context) ([]ledger.Holder, error) {
	who, err := p.Tenant.Me(ctx)
	return []ledger.Holder{who}, err
}

// find is the holder that a name means.
func (p *Present) find(meant []ledger.Holder) (ledger.Holder, error) {
	var found []ledger.Holder
	var known []string
	for _, h := range meant {
		bearers, others := p.Reading.Named(h)
		found, known = append(found, bearers...), append(known, others...)
	}
	name := meant[0].Own()
	unread := slices.ContainsFunc(meant, func(h ledger.Holder) bool {
		return slices.ContainsFunc(p.Reading.Unread, func(u ledger.Unread) bool { return u.Holder.Kind == h.Kind && u.Holder.ID == "" })
	})
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		var all []string
		for _, h := range found {
			all = append(all, fmt.Sprintf("%s (%s)", h.Address(), h.ID))
		}
		slices.Sort(all)
		return ledger.Holder{}, fmt.Errorf("%s means several: %s. Write the address, or the id", name, strings.Join(all, ", "))
	}
	if unread {
		return ledger.Holder{}, fmt.Errorf("%s is not among what could be read, and not everything could: usher plan says why", name)
	}
	const most = 3
	if like := slips.MostLike(name, known, most); like != "" {
		return ledger.Holder{}, fmt.Errorf("nobody in the tenant is called %s: did you mean %s?", name, like)
	}
	return ledger.Holder{}, fmt.Errorf("nobody and nothing in the tenant is called %s: write the whole name, or the id", name)
}

// nameGroups gives the groups of an explanation their names.
func (p *Present) nameGroups(e *plan.Explanation) {
	names := p.Reading.GroupNames()
	for i := range e.Items {
		for n := range e.Items[i].Sources {
			if g := e.Items[i].Sources[n].Group; g != nil && names[g.ID] != "" {
				g.Name = names[g.ID]
			}
		}
	}
}

// giveReasons adds the reasons that the files give.
func (p *Present) giveReasons(e *plan.Explanation) {
	for i := range e.Items {
		for n := range e.Items[i].Sources {
			s := &e.Items[i].Sources[n]
			for _, o := range s.Origins {
				if reason := p.Config.Reasons[o.Block]; reason != "" && !slices.Contains(s.Reasons, reason) {
					s.Reasons = append(s.Reasons, reason)
				}
			}
		}
	}
}

// byHand asks the log of the directory who gave what no file asks for. Without it, nobody knows.
func (p *Present) byHand(ctx context.Context, e *plan.Explanation) {
	if e.Holder.Kind != ledger.User {
		return
	}
	var hand []plan.Drift
	for _, item := range e.Items {
		for _, s := range item.Sources {
			if s.Group == nil && len(s.Origins) == 0 {
				hand = append(hand, plan.Drift{Kind: plan.Undeclared, Holder: e.Holder, Item: item.Item})
			}
		}
	}
	if len(hand) == 0 {
		return
	}
	within, done := context.WithTimeout(ctx, longestLog)
	defer done()
	log, err := p.Tenant.Audits(within, p.Now().AddDate(0, 0, -keptDays))
	if err != nil {
		e.Unknown = err.Error()
	}
	for _, d := range plan.Caused(hand, log) {
		for i := range e.Items {
			for n := range e.Items[i].Sources {
				if s := &e.Items[i].Sources[n]; s.Group == nil && e.Items[i].Item.ID == d.Item.ID {
					s.By, s.At = d.By, d.At
				}
			}
		}
	}
}

// recordedByKey is what the state knows of each grant.
func (p *Present) recordedByKey() map[ledger.Key]plan.Recorded {
	records := map[ledger.Key]plan.Recorded{}
	if p.Document != nil {
		for _, r := range p.Document.Grants {
			records[r.Key()] = plan.Recorded{Since: r.Since, Match: r.Match}
		}
	}
	return records
}
