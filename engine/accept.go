package engine

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/usher-cli/usher/config"
	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/plan"
)

// FoundFile is where assignments go that take undeclared seats into the files.
const FoundFile = "found.hcl"

// EveryGroup stands for all groups of drift.
const EveryGroup = "all"

// Accept takes drift into the files: of the groups with these names, or of all.
//
//	gone         ada lost her E5      her name goes from the list, or her row from the table
//	changed      process 6 -> 8       the number behind process
//	undeclared   grace has a seat     an assignment in found.hcl
//
// The change is tried before it is written: the files have to ask for what is there, of what
// is accepted, and for the same as before, of everything else. A name in a list that gives
// two licenses is no way to take one of them, and a person has to say what is meant.
//
// A difference that cannot be accepted in this way changes no file: ByHand lists it, for a
// person to change.
func (p *Present) Accept(ctx context.Context, r *plan.DriftReport, groups []string) (*plan.Accepted, error) {
	var chosen []plan.DriftGroup
	for _, name := range groups {
		name = strings.TrimPrefix(name, "drift:")
		found := slices.DeleteFunc(slices.Clone(r.Groups), func(g plan.DriftGroup) bool { return g.ID != name && name != EveryGroup })
		if len(found) == 0 && name != EveryGroup {
			return nil, fmt.Errorf("there is no drift:%s now: usher drift lists the groups that there are", name)
		}
		chosen = append(chosen, found...)
	}
	a, err := p.accepting()
	if err != nil {
		return nil, err
	}
	a.labels = r.Labels
	for _, g := range chosen {
		if g.Kind == plan.Unfinished { // the files ask for nothing else
			continue
		}
		if err := a.group(g); err != nil {
			return nil, err
		}
	}
	a.accepted.Files, err = p.writeDraft(ctx, a.draft)
	return a.accepted, err
}

// accepting takes drift into a draft.
type accepting struct {
	*Present
	draft    *config.Draft
	original *config.Config    // the files as they are, without what the command line adds to them
	labels   map[string]string // of license blocks, by the id of their product
	before   map[ledger.Key][]asked
	accepted *plan.Accepted

	selectors map[ledger.Origin]bool // of the files, by their lines
}

// takeOut takes a person out at a line: a name, or what attributes find.
func (a *accepting) takeOut(d *config.Draft, o ledger.Origin, who ledger.Holder, names ...string) error {
	if a.selectors[o] {
		label, _, _ := strings.Cut(strings.TrimPrefix(o.Block, "assignment."), "[")
		return d.Except(o, label, a.reference(who))
	}
	return d.Drop(o, append(names, who.Name, who.ID)...)
}

// accepting begins with the files as they are.
func (p *Present) accepting() (*accepting, error) {
	a := &accepting{Present: p, accepted: &plan.Accepted{Files: []string{}, Done: []plan.Drift{}, ByHand: []plan.Drift{}}}
	var err error
	if a.draft, err = config.NewDraft(p.Dir); err != nil {
		return nil, err
	}
	var diags hcl.Diagnostics
	if a.original, diags = config.Load(p.Dir, p.options); diags.HasErrors() {
		return nil, errors.New(firstError(diags))
	}
	a.before, a.selectors = a.wants(a.original), map[ledger.Origin]bool{}
	for i := range p.Config.Selections {
		for _, s := range p.Config.Selections[i].Selectors {
			a.selectors[s.Origin] = true
		}
	}
	return a, nil
}

// asked is a grant that files ask for, on the days on which they do.
type asked struct {
	ledger.Grant
	from, until string
}

// wants are what files ask for, in the words of the tenant. A key has several where files
// ask for other values on other days.
func (a *accepting) wants(c *config.Config) map[ledger.Key][]asked {
	all := map[ledger.Key][]asked{}
	in := a.input(c, Choices{})
	for _, g := range in.Want {
		all[g.Key()] = append(all[g.Key()], asked{g, "", ""})
	}
	for _, d := range in.Dated {
		all[d.Key()] = append(all[d.Key()], asked{d.Grant, d.From, d.Until})
	}
	return all
}

// group takes the drift of a cause into the draft: all of it at once, or else each
// difference for itself, so that one that needs a person stops no other.
func (a *accepting) group(g plan.DriftGroup) error {
	done, err := a.attempt(g.Drift)
	if err != nil || done {
		return err
	}
	for _, one := range g.Drift {
		done, err := a.attempt([]plan.Drift{one})
		if err != nil {
			return err
		}
		if !done {
			a.accepted.ByHand = append(a.accepted.ByHand, one)
		}
	}
	return nil
}

// attempt takes drift into a draft, and keeps that where it does what it is for.
func (a *accepting) attempt(drift []plan.Drift) (done bool, err error) {
	next := a.draft.Clone()
	if drift[0].Kind == plan.Undeclared {
		err = a.declare(next, drift)
	} else {
		for _, one := range drift {
			err = cmp.Or(err, a.edit(next, one))
		}
	}
	if err == nil {
		err = a.try(next, drift)
	}
	if errors.Is(err, config.ErrByHand) {
		return false, nil
	}
	if err == nil {
		a.draft, a.accepted.Done = next, append(a.accepted.Done, drift...)
	}
	return err == nil, err
}

// edit changes the lines that ask for something else.
func (a *accepting) edit(d *config.Draft, one plan.Drift) error {
	for _, o := range one.Origins {
		err := config.ErrByHand
		switch {
		case one.Kind == plan.Gone && one.Holder.Kind == ledger.User:
			err = a.takeOut(d, o, one.Holder)
		case one.Kind == plan.Changed && one.Holder.Kind == ledger.Environment && one.Have.Units > 0:
			err = d.SetUnits(o, one.Item.Name, one.Have.Units)
		}
		if err != nil {
			return err
		}
	}
	if len(one.Origins) == 0 {
		return config.ErrByHand
	}
	return nil
}

// declare adds an assignment for those who were given a seat.
func (a *accepting) declare(d *config.Draft, drift []plan.Drift) error {
	item := drift[0].Item
	label := a.labels[item.ID]
	if label == "" || item.Kind != ledger.Seat {
		return config.ErrByHand
	}
	names := a.ServicePlanNames()
	together := map[string][]plan.Drift{}
	for _, one := range drift {
		together[strings.Join(one.Have.Without, " ")] = append(together[strings.Join(one.Have.Without, " ")], one)
	}
	for _, off := range slices.Sorted(maps.Keys(together)) {
		var holders []ledger.Holder
		for _, one := range together[off] {
			holders = append(holders, one.Holder)
		}
		var plans []string
		for _, id := range strings.Fields(off) {
			plans = append(plans, names[id])
		}
		if err := d.Append(FoundFile, config.AssignmentOf(a.freeName(d, "found-"+label), label, holders, plans).Block()); err != nil {
			return err
		}
	}
	return nil
}

// freeName is a name that no assignment has: the first one with the name, or with a number behind it.
func (a *accepting) freeName(d *config.Draft, name string) string {
	taken := func(name string) bool {
		return bytes.Contains(d.Text(FoundFile), []byte(`"`+name+`"`)) || slices.Contains(a.assignments(), name)
	}
	free := name
	for n := 2; taken(free); n++ {
		free = fmt.Sprintf("%s-%d", name, n)
	}
	return free
}

// try loads a draft, and makes sure that it asks for what is there of what is accepted, and
// for what it asked for before of everything else. Otherwise a person has to change it.
func (a *accepting) try(d *config.Draft, drift []plan.Drift) error {
	opts := a.options
	opts.Files = d
	c, diags := config.Load(a.Dir, opts)
	if diags.HasErrors() {
		return fmt.Errorf("%w: %s", config.ErrByHand, firstError(diags))
	}
	if !config.SameBut(a.original, c) {
		return config.ErrByHand
	}
	after := a.wants(c)
	accepted := map[ledger.Key]*ledger.Value{}
	for _, one := range slices.Concat(a.accepted.Done, drift) {
		accepted[ledger.Grant{Holder: one.Holder, Item: one.Item}.Key()] = one.Have
	}
	for key, value := range accepted {
		lines := after[key]
		if (value != nil) != (len(lines) > 0) || slices.ContainsFunc(lines, func(g asked) bool { return !g.Accepts(g.Value, *value) }) {
			return config.ErrByHand
		}
	}
	same := func(x, y asked) bool { return x.Equal(y.Value) && x.from == y.from && x.until == y.until }
	for _, side := range [][2]map[ledger.Key][]asked{{a.before, after}, {after, a.before}} {
		for key, lines := range side[0] {
			if _, meant := accepted[key]; !meant && !slices.EqualFunc(lines, side[1][key], same) {
				return config.ErrByHand
			}
		}
	}
	return nil
}
