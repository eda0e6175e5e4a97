package plan

import (
	"fmt"
	"slices"

	"github.com/usher-cli/usher/ledger"
)

// Undo turns the input of a plan into one that wants what there was before some
// steps were carried out, and nothing else: whatever the files, drift or dates ask
// for besides is left alone. It says what has changed since, which nobody
// may put back over.
func (in Input) Undo(done []ledger.Step) (Input, []string) {
	have := map[ledger.Key]ledger.Value{}
	for _, g := range reading(in) {
		have[g.Key()] = g.Value
	}
	known := map[ledger.Key]ledger.Grant{}
	for _, g := range in.Known {
		known[g.Key()] = g
	}
	u := undoing{first: map[ledger.Key]ledger.Step{}, last: map[ledger.Key]*ledger.Value{}}
	for _, s := range done {
		u.add(s)
	}
	stale := u.changed(in, have, known)

	var want, ours []ledger.Grant
	for _, g := range in.Known {
		value, there := have[g.Key()]
		if _, ofRun := u.first[g.Key()]; ofRun {
			ours = append(ours, g)
			continue
		}
		if there { // as it is, whatever it should be
			g.Value = value
			ours, want = append(ours, g), append(want, g)
		}
	}
	for _, key := range u.keys {
		if s := u.first[key]; s.Before != nil {
			want = append(want, ledger.Grant{Holder: s.Holder, Item: s.Item, Value: *s.Before, Origins: s.Origins})
		}
	}
	ledger.SortGrants(want)
	in.Want, in.Known = want, ours
	in.Dated, in.Restart, in.Asleep = nil, nil, nil
	in.Policies = slices.Clone(in.Policies)
	for i := range in.Policies {
		in.Policies[i].Unmanaged = ledger.Ignore
	}
	return in, stale
}

// undoing is what a run did, by key: what there was first, and what it left.
type undoing struct {
	keys  []ledger.Key
	first map[ledger.Key]ledger.Step
	last  map[ledger.Key]*ledger.Value
}

func (u *undoing) add(s ledger.Step) {
	if s.Op == ledger.Reprocess {
		return
	}
	if _, seen := u.first[s.Key()]; !seen {
		u.first[s.Key()] = s
		u.keys = append(u.keys, s.Key())
	}
	u.last[s.Key()] = s.After
}

// changed lists where the present is not what the run left, or nobody can tell.
func (u *undoing) changed(in Input, have map[ledger.Key]ledger.Value, known map[ledger.Key]ledger.Grant) []string {
	var stale []string
	for _, key := range u.keys {
		s := u.first[key]
		unread := func(un ledger.Unread) bool {
			return un.Covers(s.Holder.Identity()) || un.Inside && un.Holder.ID == s.Holder.ID // what draws on it is not known
		}
		if slices.ContainsFunc(in.Have.Unread, unread) {
			stale = append(stale, fmt.Sprintf("%s: it could not be read", s.Address()))
			continue
		}
		after := u.last[key]
		now, there := have[key]
		there, left := there && now.Units > 0, after != nil && after.Units > 0
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
	return stale
}

func whether(is bool) string {
	if is {
		return "given"
	}
	return "not given"
}
