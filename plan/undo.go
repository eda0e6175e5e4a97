package plan

import (
	"fmt"
	"slices"

	"github.com/usher-cli/usher/ledger"
)

// NewUndo plans the reverse of a run from the input of a plan, or says what has
// changed since, which nobody may put back over.
//
// An undo is a plan like any other, from other wants: it keeps the limits of pools and the
// guard, and is reviewed and applied like any other.
func NewUndo(today Input, run string, done, perhaps []ledger.Step) (*Plan, []string) {
	in, stale := today.Undo(done, perhaps)
	if len(stale) > 0 {
		return nil, stale
	}
	p := New(in)
	p.Undoes, p.Edits = run, edits(p, today)
	for _, c := range p.Calls {
		for i := range c.Steps {
			if c.Steps[i].Why == ledger.Drift { // it was the run
				c.Steps[i].Why = ledger.Declared
			}
		}
	}
	return p, nil
}

// Undo turns the input of a plan into one that wants what there was before some
// steps were carried out, and nothing else: whatever the files, drift or dates ask
// for besides is left alone. Of what was perhaps carried out the tenant tells. It
// says what has changed since, which nobody may put back over.
//
// It wants what there was before the run where the run did something, and what there is now
// everywhere else. So drift that somebody made meanwhile is not corrected on the side.
func (in Input) Undo(done, perhaps []ledger.Step) (Input, []string) {
	have := map[ledger.Key]ledger.Value{}
	for _, g := range reading(in) {
		have[g.Key()] = g.Value
	}
	u := undoing{first: map[ledger.Key]ledger.Step{}, last: map[ledger.Key]*ledger.Value{}}
	for _, s := range done {
		u.addStep(s)
	}
	u.perhaps(in, have, perhaps)
	known := map[ledger.Key]ledger.Grant{}
	for _, g := range in.Claims { // of a run that was killed: undoing it settles them
		known[g.Key()] = g
	}
	for _, g := range in.Known {
		known[g.Key()] = g
	}
	return u.input(in, have, known), u.changed(in, have, known)
}

// perhaps adds the steps that were carried out as far as the tenant shows: of
// several steps of a key those up to the one that left what is there now. Where none
// did, all are added, so that the present shows as changed.
//
// A run that was killed has steps of which nobody knows whether they arrived. The tenant
// shows it: what is there is either the value before the step or the one after it.
func (u *undoing) perhaps(in Input, have map[ledger.Key]ledger.Value, steps []ledger.Step) {
	byKey := map[ledger.Key][]ledger.Step{}
	var keys []ledger.Key
	for _, s := range steps {
		if s.Op.Nudges() { // says nothing of what there is
			continue
		}
		if byKey[s.Key()] == nil {
			keys = append(keys, s.Key())
		}
		byKey[s.Key()] = append(byKey[s.Key()], s)
	}
	for _, key := range keys {
		chain := byKey[key]
		now, there := have[key]
		done := len(chain)
		switch {
		case in.hides(chain[0].Holder):
		case equalsNow(chain[0].Before, now, there) && !equalsNow(chain[len(chain)-1].After, now, there):
			done = 0
		default:
			for i, s := range slices.Backward(chain) {
				if equalsNow(s.After, now, there) {
					done = i + 1
					break
				}
			}
		}
		for _, s := range chain[:done] {
			u.addStep(s)
		}
	}
}

// input wants what there was before, and everything else as it is.
func (u *undoing) input(in Input, have map[ledger.Key]ledger.Value, known map[ledger.Key]ledger.Grant) Input {
	var want, ours []ledger.Grant
	for _, g := range in.Known {
		if value, there := have[g.Key()]; there && !u.touches(g.Key()) {
			g.Value = value
			ours, want = append(ours, g), append(want, g)
		}
	}
	for _, key := range u.keys {
		if g, recorded := known[key]; recorded {
			ours = append(ours, g)
		}
		s := u.first[key]
		switch {
		case s.Before == nil:
			continue
		case slices.Contains(in.Gone, s.Holder.Identity()):
			in.addNotice(ledger.Warning, "undo-gone", s, "is not given back: its holder is no longer in the tenant", "")
			continue
		case s.Taken:
			in.addNotice(
				ledger.Info,
				"undo-taken",
				s,
				"was not managed by usher before the run, and is after the undo",
				"to let go of it after the undo, run usher state rm "+string(s.Address()),
			)
		}
		want = append(want, ledger.Grant{Holder: s.Holder, Item: s.Item, Value: *s.Before, Origins: s.Origins})
	}
	ledger.SortGrants(want)
	ledger.SortGrants(ours)
	in.Want, in.Known = want, ours
	in.Claims = slices.DeleteFunc(slices.Clone(in.Claims), func(g ledger.Grant) bool { return u.touches(g.Key()) })
	in.undo = true
	in.Dated, in.Restart, in.HeldBack, in.Blocked, in.Nobody = nil, nil, nil, nil, nil
	in.Items = slices.Clone(in.Items)
	for i := range in.Items {
		in.Items[i].Unmanaged = ledger.Ignore
	}
	in.Environments = slices.Clone(in.Environments)
	for i := range in.Environments {
		in.Environments[i].Auto = ledger.AutoIgnore
	}
	return in
}

// addNotice adds a notice to what a plan is made from.
func (in *Input) addNotice(severity ledger.Severity, code string, s ledger.Step, text, fix string) {
	in.Notices = append(
		slices.Clip(in.Notices),
		ledger.Notice{Severity: severity, Code: code, Address: string(s.Address()), Text: text, Fix: fix},
	)
}

// undoing is what a run did, by key: what there was first, and what it left.
type undoing struct {
	keys  []ledger.Key
	first map[ledger.Key]ledger.Step
	last  map[ledger.Key]*ledger.Value
}

// touches reports whether the run did something to a key.
func (u *undoing) touches(k ledger.Key) bool {
	_, is := u.first[k]
	return is
}

// addStep adds what the run did next.
func (u *undoing) addStep(s ledger.Step) {
	if s.Op.Nudges() {
		return
	}
	if _, seen := u.first[s.Key()]; !seen {
		u.first[s.Key()] = s
		u.keys = append(u.keys, s.Key())
	}
	u.last[s.Key()] = s.After
}

// changed lists where the present is not what the run left, or nobody can tell.
//
// To give back what somebody has changed since would undo their work, too, and nobody would
// see it in the plan. So one such place refuses all of the undo.
func (u *undoing) changed(in Input, have map[ledger.Key]ledger.Value, known map[ledger.Key]ledger.Grant) []string {
	var stale []string
	for _, key := range u.keys {
		s := u.first[key]
		if in.hides(s.Holder) {
			stale = append(stale, fmt.Sprintf("%s: it could not be read", s.Address()))
			continue
		}
		after := u.last[key]
		now, there := have[key]
		there, left := !equalsNow(nil, now, there), after != nil && !equalsNow(nil, *after, true)
		record, ours := known[key]
		switch {
		case left != there:
			stale = append(stale, fmt.Sprintf("%s: the run left it %s, and it is %s now", s.Address(), whether(left), whether(there)))
		case there && !ours:
			stale = append(stale, fmt.Sprintf("%s: usher let go of it since", s.Address()))
		case there && !now.Equal(*after) && !record.Accepts(*after, now):
			stale = append(stale, fmt.Sprintf("%s: somebody changed it since", s.Address()))
		}
	}
	slices.Sort(stale) // calls end in another order every time
	return stale
}

// hides reports whether a holder, or what draws on it, could not be read.
func (in Input) hides(h ledger.Holder) bool {
	return in.Have.IsUnread(h.Identity()) || in.Have.UnreadInside(h.ID) >= 0
}

// equalsNow reports whether the present is a value, where nothing and 0 units are one.
func equalsNow(v *ledger.Value, now ledger.Value, there bool) bool {
	if v == nil || v.Units == 0 && v.Policy == "" {
		return !there || now.Units == 0 && now.Policy == ""
	}
	return there && now.Equal(*v)
}

// whether words a state of a grant.
func whether(is bool) string {
	if is {
		return "given"
	}
	return "not given"
}
