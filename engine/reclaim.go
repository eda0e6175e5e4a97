package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/usher-cli/usher/config"
	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
)

// Reclaim says which seats to take out of the files.
type Reclaim struct {
	Days     int      // without a sign-in
	Licenses []string // labels or products; none for all that cost something
	Most     int      // people in one change, those who are away the longest first; 0 for as many as the guard lets go
}

// Reclaimed is a change that takes unused seats out of the files, with the evidence.
type Reclaimed struct {
	*Change
	Found plan.Reclaimed
}

// Reclaim finds seats that nobody uses, and makes the change of the files that gives them back. It
// writes nothing, and takes nothing: people review the change, and apply it.
//
//	a line names the person        the name goes from the list, or the row from the table
//	attributes find the person     the person becomes an exception
//	a group gives the seat         by hand: usher changes no groups
//	no file asks for the seat      by hand
func (p *Present) Reclaim(ctx context.Context, r Reclaim) (*Reclaimed, error) {
	if p.Reading.Incomplete(ledger.Seat) {
		return nil, errors.New("not all people could be read, so nobody can say who is idle: usher plan says why")
	}
	search, err := p.search(r)
	if err != nil {
		return nil, err
	}
	search.Activity = p.believable(p.Tenant.Activity(ctx, p.Reading))
	made := &Reclaimed{Found: plan.Reclaimed{Days: r.Days, SignIns: search.Activity.SignIns, Reports: search.Activity.Reports,
		Reported: search.Activity.Reported}}
	asked := p.sortOut(made, plan.FindIdle(p.input(p.Config, Choices{}), search))
	asked, made.Found.Later = firstPeople(asked, r.Most)
	for {
		if err := p.takeOut(made, asked); err != nil {
			return nil, err
		}
		later := beyondGuard(made.Found.Taken, made.Plan.Breaches)
		if len(later) == 0 || r.Most > 0 || made.Before.Refused() {
			break
		}
		asked = slices.DeleteFunc(asked, func(s plan.IdleSeat) bool { return later[s.Holder.Identity()] })
		made.Found.Later += len(later)
	}
	made.Name = "reclaim/" + p.Today()
	made.Title = fmt.Sprintf("Give back %s that nobody used for %s", ledger.Count(len(made.Found.Taken), "seat"), ledger.Count(r.Days, "day"))
	return made, nil
}

// sortOut lists what only people can give back, and returns the seats that the files ask for. What
// the next apply takes anyway is no news.
func (p *Present) sortOut(made *Reclaimed, found plan.Idle) (asked []plan.IdleSeat) {
	goes := map[ledger.Key]bool{}
	for s := range plan.New(p.input(p.Config, Choices{})).EachStep() {
		goes[s.Key()] = goes[s.Key()] || s.Op == ledger.Remove
	}
	names := p.Reading.GroupNames()
	for _, seat := range found.Seats {
		nameGroup(seat.Group, names)
		switch {
		case seat.Group != nil:
			made.Found.Groups = append(made.Found.Groups, seat)
		case goes[ledger.Grant{Holder: seat.Holder, Item: seat.Item}.Key()]:
		case len(seat.Origins) == 0:
			made.Found.Undeclared = append(made.Found.Undeclared, seat)
		default:
			asked = append(asked, seat)
		}
	}
	for _, seat := range found.Spared {
		nameGroup(seat.Group, names)
	}
	made.Found.Spared = found.Spared
	return asked
}

// takeOut makes the change that takes seats out of the files.
func (p *Present) takeOut(made *Reclaimed, seats []plan.IdleSeat) error {
	x, err := p.reclaiming()
	if err != nil {
		return err
	}
	if made.Found.Taken, made.Found.ByHand, err = x.take(seats); err != nil {
		return err
	}
	var holders []ledger.Holder
	for _, seat := range made.Found.Taken {
		if len(holders) == 0 || !slices.Contains(holders, seat.Holder) {
			holders = append(holders, seat.Holder)
		}
	}
	made.Change, err = p.change(x.draft, holders)
	return err
}

// beyondGuard are the people whose seats are more than the guard lets go at once: those who are
// away for the shortest time.
func beyondGuard(taken []plan.IdleSeat, breaches []plan.Breach) map[ledger.HolderID]bool {
	over := map[string]int64{}
	for _, b := range breaches {
		if b.Kind == plan.Losses {
			over[b.Item] = b.Count - b.Allowed
		}
	}
	later := map[ledger.HolderID]bool{}
	for _, seat := range slices.Backward(taken) {
		id := seat.Holder.Identity()
		if over[seat.Item.Name] <= 0 || later[id] {
			continue
		}
		later[id] = true
		for _, other := range taken {
			if other.Holder.Identity() == id {
				over[other.Item.Name]--
			}
		}
	}
	return later
}

// search is what to look for.
func (p *Present) search(r Reclaim) (plan.IdleSearch, error) {
	s := plan.IdleSearch{Days: r.Days, Ignores: p.Config.Ignores, Awake: map[string]bool{}}
	for i := range p.Config.Wants {
		if w := &p.Config.Wants[i]; w.DisabledAccounts {
			for _, o := range w.Origins {
				s.Awake[o.Block] = true
			}
		}
	}
	for i := range p.Config.Selections {
		if selection := &p.Config.Selections[i]; selection.DisabledAccounts {
			s.Awake[selection.Selectors[0].Origin.Block] = true
		}
	}
	for _, name := range r.Licenses {
		rules, err := p.license(name)
		if err != nil {
			return s, err
		}
		if s.Items == nil {
			s.Items = map[string]bool{}
		}
		for _, supply := range p.Reading.Supply {
			if strings.EqualFold(supply.Item.Name, rules.Item.Name) || strings.EqualFold(supply.Item.ID, rules.Item.ID) {
				s.Items[supply.Item.ID] = true
			}
		}
	}
	return s, nil
}

// believable leaves sign-ins out that tell of too few people: an answer that shrank would make
// everybody idle.
func (p *Present) believable(a ledger.Activity) ledger.Activity {
	disabled := map[string]bool{}
	for _, h := range p.Reading.Disabled {
		disabled[h.ID] = true
	}
	known, enabled := 0, 0
	for id, last := range a.People {
		if !disabled[id] {
			enabled++
			if !last.SignIn.IsZero() {
				known++
			}
		}
	}
	if a.SignIns != "" || known*2 >= enabled {
		return a
	}
	a.SignIns = fmt.Sprintf("the directory tells of sign-ins of only %d of %d people, which cannot be all", known, enabled)
	for id, last := range a.People {
		last.Known, last.SignIn = false, time.Time{}
		a.People[id] = last
	}
	return a
}

// nameGroup gives a group its name, where it is known.
func nameGroup(g *ledger.Holder, names map[string]string) {
	if g != nil && names[g.ID] != "" {
		g.Name = names[g.ID]
	}
}

// firstPeople are the seats of the first people, at most so many, and the number of people left.
func firstPeople(all []plan.IdleSeat, most int) (first []plan.IdleSeat, later int) {
	people := map[ledger.HolderID]bool{}
	left := map[ledger.HolderID]bool{}
	for _, seat := range all {
		id := seat.Holder.Identity()
		if people[id] || most == 0 || len(people) < most {
			people[id] = true
			first = append(first, seat)
		} else {
			left[id] = true
		}
	}
	return first, len(left)
}

// reclaiming takes seats out of a draft.
type reclaiming struct {
	*accepting
	names map[ledger.HolderID][]string // further addresses by which the files know people; nil for none
}

// reclaiming begins with the files as they are.
func (p *Present) reclaiming() (*reclaiming, error) {
	a, err := p.accepting()
	if err != nil {
		return nil, err
	}
	return &reclaiming{accepting: a}, nil
}

// take takes seats out: all at once, or else those of each person together, so that a list
// that needs a person stops nobody else.
func (x *reclaiming) take(seats []plan.IdleSeat) (taken, byHand []plan.IdleSeat, err error) {
	if len(seats) == 0 {
		return nil, nil, nil
	}
	done, err := x.attempt(seats)
	if err != nil || done {
		return seats, nil, err
	}
	var order []ledger.HolderID
	of := map[ledger.HolderID][]plan.IdleSeat{}
	for _, seat := range seats {
		id := seat.Holder.Identity()
		if len(of[id]) == 0 {
			order = append(order, id)
		}
		of[id] = append(of[id], seat)
	}
	for _, id := range order {
		done, err := x.attempt(of[id])
		switch {
		case err != nil:
			return nil, nil, err
		case done:
			taken = append(taken, of[id]...)
		default:
			byHand = append(byHand, of[id]...)
		}
	}
	return taken, byHand, nil
}

// attempt takes seats out of a draft, and keeps that where it does just this.
func (x *reclaiming) attempt(seats []plan.IdleSeat) (done bool, err error) {
	next := x.draft.Clone()
	var drift []plan.Drift
	edited := map[string]bool{} // a list that gives several licenses names a person once
	for _, seat := range seats {
		drift = append(drift, plan.Drift{Kind: plan.Gone, Holder: seat.Holder, Item: seat.Item, Origins: seat.Origins})
		for _, o := range seat.Origins {
			key := fmt.Sprint(o, seat.Holder.ID)
			if edited[key] {
				continue
			}
			edited[key] = true
			if err = x.edit(next, o, seat.Holder); err != nil {
				break
			}
		}
		if err != nil {
			break
		}
	}
	if err == nil {
		err = x.try(next, drift)
	}
	if errors.Is(err, config.ErrByHand) {
		return false, nil
	}
	if err == nil {
		x.draft, x.accepted.Done = next, append(x.accepted.Done, drift...)
	}
	return err == nil, err
}

// edit takes a person out at a line, by any name that the files know.
func (x *reclaiming) edit(d *config.Draft, o ledger.Origin, who ledger.Holder) error {
	var names []string
	for _, address := range x.names[who.Identity()] {
		if _, name, err := ledger.SplitHolder(address); err == nil {
			names = append(names, name)
		}
	}
	return x.takeOut(d, o, who, names...)
}
