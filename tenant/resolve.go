package tenant

import (
	"fmt"
	"strings"

	"github.com/usher-cli/usher/ledger"
)

// Resolved is what the files want, in ids.
type Resolved struct {
	Want         []ledger.Grant // sorted by key, one for each
	Dated        []ledger.Dated
	Matches      map[ledger.Key]ledger.Match // why selections cover some of these
	Selectors    map[string]string           // of the files, by the key of their matches: with whom they leave out
	Items        []ledger.ItemRules
	Environments []ledger.EnvironmentRules
	Guard        ledger.Guard
	Gone         []ledger.HolderID          // declared holders that the tenant no longer has
	HeldBack     []ledger.Key               // wants of disabled accounts, to be held back
	Blocked      []ledger.Holder            // for whom nothing is done, as a notice says
	Location     map[ledger.HolderID]string // where the files say that people are
	Nobody       []Nobody                   // names that mean nobody
	Listed       map[string]int64           // how many names each file has; only where some mean nobody
	// products that the tenant does not list, by id; true where their records stay: they are declared, or
	// perhaps not gone
	Vanished map[string]bool
	Aliases  map[ledger.HolderID][]string // other names by which the files or the state know a holder
	Notices  []ledger.Notice              // those of severity Error refuse the plan
}

// Nobody is a name of the files that neither the tenant nor the state has ever
// known.
type Nobody struct {
	Holder        ledger.Holder // without an id
	Items         []ledger.Item // what the files give it
	Origins       []ledger.Origin
	IgnoreUnknown bool // the files say that such names are meant
}

// Declared is what the files want, in names.
type Declared struct {
	Wants        []ledger.Want
	Selections   []ledger.Selection
	Matched      map[ledger.Key]ledger.Match // why selections covered the grants of the state
	Items        []ledger.ItemRules
	Environments []ledger.EnvironmentRules
	Guard        ledger.Guard
	Known        []ledger.Grant  // the state's, sorted by key
	Former       []ledger.Holder // holders of the state by names that they had before
}

// nameKey is a name as names are compared: folded.
type nameKey struct {
	kind ledger.HolderKind
	name string
}

func keyOf(h ledger.Holder) nameKey {
	if h.Kind.Inside() {
		return nameKey{h.Kind, strings.ToLower(h.EnvironmentID()) + "/" + fold(h.Own())}
	}
	return nameKey{h.Kind, fold(h.Name)}
}

// resolver turns names into ids. It is the only place that does.
type resolver struct {
	*Reading
	pinned   map[nameKey]ledger.Holder // by the name that the state last knew
	out      *Resolved
	seen     map[nameKey]found                // what a name was resolved to
	owner    map[ledger.HolderID]*ledger.Want // the want that named a holder first
	named    map[nameKey]bool                 // every name of the files, once somebody asks
	declared []ledger.Want
	gone     map[ledger.HolderID]bool
	said     map[string]bool             // problems that were reported already
	byLabel  map[string]ledger.Holder    // environments, by what the files call them, in lower case
	former   map[nameKey][]ledger.Holder // whom the state knew by a name that is not the last one it knew
	nobody   map[nameKey]int             // positions of names that mean nobody
	known    []ledger.Grant              // of the state
	lists    map[listOf]disabled         // service plans that were looked up
	unsure   bool                        // some lists have words that the catalog does not know
}

type found struct {
	holder ledger.Holder
	ok     bool
	notice int // where in the notices it is reported; -1 for nowhere
}

// Resolve gives every name of the files its id. A name means whoever bears
// it now; if nobody does, whom the state last knew by it. Whatever could mean
// somebody else than the author meant is refused, with the ids, never guessed.
func (r *Reading) Resolve(d Declared) *Resolved {
	x := &resolver{Reading: r, out: &Resolved{Guard: d.Guard}, pinned: pins(d.Known, r.Unlisted),
		seen: make(map[nameKey]found, len(d.Wants)), owner: make(map[ledger.HolderID]*ledger.Want, len(d.Wants)), said: map[string]bool{},
		gone: map[ledger.HolderID]bool{}, byLabel: map[string]ledger.Holder{},
		former: map[nameKey][]ledger.Holder{}, nobody: map[nameKey]int{}, known: d.Known, lists: map[listOf]disabled{}}
	for _, h := range d.Former {
		x.former[keyOf(h)] = append(x.former[keyOf(h)], h)
	}
	x.out.Aliases, x.out.Vanished = aliases(d.Former), map[string]bool{}
	for id, v := range r.Vanished {
		x.out.Vanished[id] = v.Unread
	}
	products := x.items(d.Items)
	x.declared = d.Wants
	x.environments(d.Environments)
	x.wants(d, products)
	x.countNames(d.Wants)
	x.guard(d.Guard)
	return x.out
}

// pins remembers whom the state last knew by each name. Where people were not
// read, the state is the reading, and pins would only repeat it.
func pins(known []ledger.Grant, unlisted bool) map[nameKey]ledger.Holder {
	size := len(known)
	if unlisted {
		size = 0
	}
	pinned := make(map[nameKey]ledger.Holder, size)
	var last ledger.Holder
	for i := range known {
		if h := known[i].Holder; h != last && (!unlisted || h.Kind != ledger.User) {
			pinned[keyOf(h)] = h
			last = h
		}
	}
	return pinned
}

func (x *resolver) wants(d Declared, products map[string]*ledger.Supply) {
	wants := d.Wants
	disabled := map[ledger.HolderID]bool{}
	for _, id := range x.Disabled {
		disabled[id] = true
	}
	lists := listCounter{}
	x.out.Want = make([]ledger.Grant, 0, len(wants))
	for i := range wants {
		w := &wants[i]
		h, ok := x.holder(w)
		if ok && w.Kind != ledger.User {
			ok = x.fit(h, w)
		}
		lists.countName(w, ok)
		if !ok {
			x.miss(w, products)
			continue
		}
		if h.Name != w.Holder && w.Kind != ledger.User {
			x.alias(h, w)
		}
		g, ok := x.grant(w, h, products)
		if !ok {
			continue // refused at the license block
		}
		if disabled[h.Identity()] && !w.DisabledAccounts {
			x.out.HeldBack = append(x.out.HeldBack, g.Key())
		}
	}
	if x.missing[ledger.User] == "" && !x.Unlisted {
		x.out.Notices = append(x.out.Notices, lists.unknown()...)
	}
	x.selections(d, products, disabled)
	ledger.SortGrants(x.out.Want)
	if x.unsure {
		x.agree()
	}
	x.out.Want = mergeIDs(x.out.Want)
}

// grant is what a want comes to for its holder, and notes where a file says
// that the holder is.
func (x *resolver) grant(w *ledger.Want, h ledger.Holder, products map[string]*ledger.Supply) (ledger.Grant, bool) {
	g := ledger.Grant{Holder: h, Item: w.Item, Value: ledger.Value{Units: w.Units, Policy: w.Policy}, Origins: w.Origins}
	if w.Item.Kind == ledger.Seat {
		supply := products[w.Item.Name]
		if supply == nil {
			return g, false
		}
		g.Item = supply.Item
		off := x.plans(w.Plans, supply)
		g.Without = off.plans
		if off.blocked {
			x.out.Blocked = append(x.out.Blocked, h)
		}
	}
	if w.From+w.Until != "" {
		x.out.Dated = append(x.out.Dated, ledger.Dated{Grant: g, From: w.From, Until: w.Until})
	} else {
		x.out.Want = append(x.out.Want, g)
	}
	if w.Location != "" && w.Kind == ledger.User {
		if x.out.Location == nil {
			x.out.Location = map[ledger.HolderID]string{}
		}
		if first := x.out.Location[h.Identity()]; first != "" && first != w.Location {
			x.refuse(
				w,
				"location-doubled",
				fmt.Sprintf("has the usage location %s here, and %s in another assignment", w.Location, first),
				"write one usage_location",
			)
		}
		x.out.Location[h.Identity()] = w.Location
	}
	return g, true
}

// mergeIDs makes one grant of those of one key, which come of one seat with two spellings of
// its service plans, or of an error about two names for one id.
func mergeIDs(grants []ledger.Grant) []ledger.Grant {
	merged := grants[:0]
	for _, g := range grants {
		if n := len(merged); n > 0 && merged[n-1].Key() == g.Key() {
			if merged[n-1].Without == nil {
				merged[n-1].Without = g.Without
			}
			merged[n-1].Origins = ledger.MergeOrigins(merged[n-1].Origins, g.Origins)
			continue
		}
		merged = append(merged, g)
	}
	return merged
}

// holder resolves the holder of a want and reports each name once.
func (x *resolver) holder(w *ledger.Want) (ledger.Holder, bool) {
	key, ok := x.key(w)
	if !ok {
		return ledger.Holder{}, false // its environment is reported already
	}
	if f, done := x.seen[key]; done {
		if f.notice >= 0 { // one notice a name, with all its lines
			n := &x.out.Notices[f.notice]
			n.Origins = ledger.MergeOrigins(n.Origins, w.Origins)
		}
		return f.holder, f.ok
	}
	notices := len(x.out.Notices)
	h, ok := x.lookup(key, w)
	if ok {
		ok = x.own(h, w)
	}
	f := found{h, ok, -1}
	if len(x.out.Notices) > notices {
		f.notice = notices
	}
	x.seen[key] = f
	return h, ok
}

func (x *resolver) lookup(key nameKey, w *ledger.Want) (ledger.Holder, bool) {
	if w.Kind == ledger.SelfService { // an id of these looks like no other
		if name, ok := x.Name(ledger.HolderID{Kind: w.Kind, ID: w.Holder}); ok {
			return ledger.Holder{Kind: w.Kind, ID: w.Holder, Name: name}, true
		}
	}
	if isID(w.Holder) {
		id := strings.ToLower(w.Holder)
		if w.Kind.Inside() {
			id = x.byLabel[strings.ToLower(w.Around)].ID + "/" + id
		}
		return x.byID(id, w)
	}
	bearers := x.bearers(key)
	pin, pinned := x.pinned[key]
	switch {
	case len(bearers) > 1:
		x.refuse(w, "name-ambiguous", fmt.Sprintf("%d %ss have this name: %s", len(bearers), w.Kind.Words(), ids(bearers)),
			"write the id of the one you mean")
		return ledger.Holder{}, false
	case len(bearers) == 1 && pinned && bearers[0].ID != pin.ID && !x.followed(pin):
		return x.reused(w, bearers[0], pin)
	case len(bearers) == 1:
		return bearers[0], true
	case pinned:
		return x.formerName(w, pin)
	case len(x.former[key]) > 1:
		x.refuse(
			w,
			"name-ambiguous",
			fmt.Sprintf("no account has this name now, and the state knew several by it: %s", ids(x.former[key])),
			"write the id of the one you mean",
		)
		return ledger.Holder{}, false
	case len(x.former[key]) == 1:
		return x.formerName(w, x.former[key][0])
	}
	return x.absent(w, ledger.Holder{Kind: w.Kind, Name: w.Holder})
}

func (x *resolver) byID(id string, w *ledger.Want) (ledger.Holder, bool) {
	h := ledger.Holder{Kind: w.Kind, ID: id}
	name, ok := x.Name(h.Identity())
	if h.Name = name; ok {
		return h, true
	}
	if h.Name = w.Holder; w.Kind.Inside() {
		_, own, _ := strings.Cut(id, "/")
		h = ledger.Within(x.byLabel[strings.ToLower(w.Around)], w.Kind, own, w.Holder)
	}
	return x.absent(w, h)
}

// followed reports whether the files already call somebody by a new name, so
// that the old one is free for whoever bears it now. A name that the state
// pins to somebody else is no such name: that is a swap.
func (x *resolver) followed(pin ledger.Holder) bool {
	if x.named == nil {
		x.named = make(map[nameKey]bool, len(x.declared))
		for _, w := range x.declared {
			if key, ok := x.key(&w); ok {
				x.named[key] = true
			}
		}
	}
	name, still := x.Name(pin.Identity())
	now := pin
	now.Name = name
	key := keyOf(now)
	other, pinned := x.pinned[key]
	return still && x.named[key] && (!pinned || other.ID == pin.ID)
}

// reused handles a name that belongs to another id than the state pinned:
// recreated under an old name, or swapped.
func (x *resolver) reused(w *ledger.Want, bearer, pin ledger.Holder) (ledger.Holder, bool) {
	was := "which the tenant no longer has"
	if name, still := x.Name(pin.Identity()); still {
		was = "now called " + (ledger.Holder{Kind: pin.Kind, Name: name}).Own()
	}
	x.refuse(w, "name-reused", fmt.Sprintf("this name belongs to %s now, and the state knows %s by it, %s", bearer.ID, pin.ID, was),
		"write the id of the one you mean, or drop the old one's records with usher state rm")
	return ledger.Holder{}, false
}

// formerName handles a name that nobody bears and the state remembers.
func (x *resolver) formerName(w *ledger.Want, pin ledger.Holder) (ledger.Holder, bool) {
	name, still := x.Name(pin.Identity())
	if !still {
		return x.absent(w, pin)
	}
	pin.Name = name
	x.alias(pin, w)
	x.addNotice(w, ledger.Info, "holder-renamed", "is now called "+pin.Own(), "write "+pin.Own()+" in the file")
	return pin, true
}
