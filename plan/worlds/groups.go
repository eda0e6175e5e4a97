package worlds

import (
	"maps"
	"slices"

	"github.com/usher-cli/usher/ledger"
)

// process lets the service go through all members of a group and all that it
// gives, as the real one does after any change of the group. What it has yet to take
// because of an earlier change it takes in its own time.
func (j *Judge) process(c ledger.Call) {
	for at := range j.rows {
		removed := slices.ContainsFunc(c.Steps, func(s ledger.Step) bool { return s.Item.ID == at.item && s.Op == ledger.Remove })
		if at.group == c.Holder.ID && removed {
			delete(j.rows, at)
		}
	}
	j.giveAll(c.Holder.ID)
}

func (j *Judge) giveAll(group string) {
	for _, user := range slices.Sorted(slices.Values(j.members[group])) {
		j.give(group, user)
	}
}

// give brings a member what the group gives. What failed for want of a seat is
// tried again, all of it or nothing; without seats it fails once more. What the group
// is given anew always arrives: whether it fits is for the planner to know.
func (j *Judge) give(group, user string) {
	var again []given
	hopeless := false
	for k, v := range j.Values {
		if k.Kind != ledger.Group || k.Holder != group {
			continue
		}
		at := given{group, user, k.Item}
		switch r, there := j.rows[at]; {
		case there && (r.failed == ledger.NoSeat || r.failed == ledger.Sibling):
			again = append(again, at)
		case there && r.failed != "":
			hopeless = true
		default:
			j.rows[at] = row{without: v.Without}
		}
	}
	for _, at := range again {
		full := j.counted(at.item)+j.unseen[ledger.PoolID{Item: at.item}] >= j.supply[at.item].Owned+j.supply[at.item].Grace
		if hopeless || full && !j.covered(user, at.item) {
			return
		}
	}
	for _, at := range again {
		j.Stirred++
		j.rows[at] = row{without: j.Values[ledger.Key{Kind: ledger.Group, Holder: group, Item: at.item}].Without, lucky: true}
	}
}

// retry makes the service try again what groups could not give a person for want
// of a seat, also groups that the reading does not show.
func (j *Judge) retry(s ledger.Step) {
	for at, r := range j.rows {
		if at.user == s.Holder.ID && at.item == s.Item.ID && (r.failed == ledger.NoSeat || r.failed == ledger.Sibling) {
			j.rows[at] = row{without: r.without}
		}
	}
}

// covered reports whether some source gives, or is about to give, a person an item.
func (j *Judge) covered(user, item string) bool {
	found := false
	j.covers(true, func(k ledger.Key, _ ledger.ServicePlanIDs) { found = found || k.Holder == user && k.Item == item })
	return found
}

// Finish lets the service get to everything that it has accepted. What a group is
// about to be given again by one of the calls it does not take in between.
func (j *Judge) Finish(calls []ledger.Call) {
	j.mu.Lock()
	defer j.mu.Unlock()
	again := map[ledger.Key]bool{}
	for _, c := range calls {
		for _, s := range c.Steps {
			again[s.Key()] = s.Op == ledger.Add
		}
	}
	for at := range j.rows {
		if j.leaving(at) && !again[ledger.Key{Kind: ledger.Group, Holder: at.group, Item: at.item}] {
			delete(j.rows, at)
		}
	}
	for group := range j.members {
		if j.queued[group] {
			j.giveAll(group)
			continue
		}
		for k, v := range j.Values { // it was on its way already
			for _, user := range j.members[group] {
				if at := (given{group, user, k.Item}); k.Kind == ledger.Group && k.Holder == group {
					if r, there := j.rows[at]; !there || r.failed == "" {
						j.rows[at] = row{without: v.Without}
					}
				}
			}
		}
	}
	clear(j.queued)
}

// Late reports whether the service has not given or taken everything yet.
func (j *Judge) Late() bool {
	for k, v := range j.Values {
		for _, user := range j.members[k.Holder] {
			r, there := j.rows[given{k.Holder, user, k.Item}]
			if k.Kind == ledger.Group && (!there || r.failed == "" && !slices.Equal(r.without, v.Without)) {
				return true
			}
		}
	}
	for at := range j.rows {
		if j.leaving(at) {
			return true
		}
	}
	return false
}

// leaving reports whether the service is about to take what a row says.
func (j *Judge) leaving(at given) bool {
	members, read := j.members[at.group]
	_, gives := j.Values[ledger.Key{Kind: ledger.Group, Holder: at.group, Item: at.item}]
	return read && (!gives || !slices.Contains(members, at.user))
}

// keeps lists what people have without what the service is about to take from them,
// and without what they had the luck to get.
func (j *Judge) keeps() map[thing]bool {
	all := j.rows
	j.rows = maps.Clone(all)
	maps.DeleteFunc(j.rows, func(at given, r row) bool { return j.leaving(at) || r.lucky })
	kept := j.has()
	j.rows = all
	return kept
}
