package plan

import (
	"slices"
	"strings"

	"github.com/agext/levenshtein"

	"github.com/usher-cli/usher/ledger"
)

// Nobody is a name of the files that means nobody: neither the tenant nor the
// state has ever known it. It may be a slip of the fingers.
type Nobody struct {
	Holder        ledger.Holder // its name; it has no id
	Items         []ledger.Item // what the files give it
	Origins       []ledger.Origin
	IgnoreUnknown bool // the files say that such names are meant
}

// Listed is how many different names of a kind one file has.
type Listed struct {
	File  string
	Names int64
}

// unknownNames finds files in which too many names mean nobody.
func unknownNames(in Input) []Breach {
	counts := map[string]int64{}
	for _, n := range in.Nobody {
		if len(n.Origins) > 0 && !n.IgnoreUnknown {
			counts[n.Origins[0].File]++
		}
	}
	var all []Breach
	for _, l := range in.Listed {
		if n, allowed := counts[l.File], in.Guard.Unknown(l.Names); n > allowed {
			all = append(all, Breach{Kind: UnknownNames, Item: l.File, Count: n, Of: l.Names, Allowed: allowed})
		}
	}
	return all
}

// Slip is a name that means nobody beside something that the plan takes away:
// whoever loses it may be meant by the name.
type Slip struct {
	Name    string          `json:"name"`            // address of the name that means nobody
	Item    string          `json:"item"`            // what the files give it
	Origins []ledger.Origin `json:"origins"`         // where it stands
	Alike   string          `json:"alike,omitempty"` // address of the one who loses something, and is called nearly so
	Takes   int64           `json:"takes"`           // how many lose the same item by the plan
}

// victim is a holder from whom the plan takes an item.
type victim struct {
	holder ledger.Holder
	item   ledger.Item
}

// slips finds the names that mean nobody while the plan takes from somebody the
// item that the files give to the name, or anything from somebody who is called
// nearly so.
func slips(p *Plan, in Input, c *coverage, parts []*part) []Slip {
	if !slices.ContainsFunc(in.Nobody, func(n Nobody) bool { return !n.IgnoreUnknown }) {
		return nil
	}
	l := losing{coverage: c, parts: parts, free: map[string]bool{}, lost: map[ledger.Key]bool{}}
	l.countLosses(p.Calls)
	victims, byItem := map[ledger.ItemKind][]victim{}, map[string]int64{}
	for _, call := range p.Calls {
		for _, s := range call.Steps {
			if n := takes(s, l); n > 0 {
				victims[s.Item.Kind] = append(victims[s.Item.Kind], victim{s.Holder, s.Item})
				byItem[s.Item.ID] += n
			}
		}
	}
	var all []Slip
	for _, n := range in.Nobody {
		for _, item := range n.Items {
			if n.IgnoreUnknown {
				break
			}
			alike := nearest(n.Holder, victims[item.Kind])
			if taken := byItem[item.ID]; taken > 0 || alike != "" {
				all = append(all, Slip{Name: n.Holder.Address(), Item: item.Name, Origins: n.Origins, Alike: alike, Takes: taken})
			}
		}
	}
	return all
}

// takes is how many people a step takes its item from, or how many units.
func takes(s ledger.Step, l losing) int64 {
	switch {
	case s.Why == ledger.Expired || s.Op == ledger.Add || s.Op.Nudges():
		return 0 // the file says when
	case s.Item.Kind == ledger.Capacity:
		return max(0, -delta(s))
	case s.Holder.Kind == ledger.Group:
		return s.People + s.Reduced
	case l.lost[s.Key()]:
		return 1
	}
	return 0
}

// mostCompared bounds how many names are compared letter by letter.
const mostCompared = 1000

// nearest is the address of the victim whose name is most like another; "" where
// none is.
func nearest(h ledger.Holder, victims []victim) string {
	best, least := "", 1<<30
	name := strings.ToLower(h.Own())
	for i, v := range victims {
		if v.holder.Kind != h.Kind {
			continue
		}
		other := strings.ToLower(v.holder.Own())
		if d := unlike(name, other, i < mostCompared); d < least {
			best, least = v.holder.Address(), d
		}
	}
	return best
}

// unlike measures how different two names are, and is very large for names that
// no slip turns into each other: addresses with another domain are alike, labels of
// which one begins the other, and names with few other letters.
func unlike(a, b string, letters bool) int {
	const never = 1 << 30
	localA, domainA, isAddress := strings.Cut(a, "@")
	localB, domainB, _ := strings.Cut(b, "@")
	most := 2
	switch {
	case localA == localB:
		return 1
	case domainA == domainB: // the rest tells people apart
		a, b = localA, localB
		most = max(2, min(len(a), len(b))/5)
	}
	const short = 3
	switch {
	case !isAddress && len(a) >= short && len(b) >= short && (strings.HasPrefix(a, b) || strings.HasPrefix(b, a)):
		return 2
	case !letters || max(len(a)-len(b), len(b)-len(a)) > most:
		return never
	default:
		if d := levenshtein.Distance(a, b, nil); d <= most {
			return d
		}
	}
	return never
}
