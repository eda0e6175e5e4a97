package tenant

import (
	"slices"
	"strings"

	"github.com/usher-cli/usher/ledger"
)

// nobodyHas notes a name that means nobody.
func (x *resolver) nobodyHas(w *ledger.Want) {
	key, ok := x.key(w)
	if !ok {
		key = keyOf(ledger.Holder{Kind: ledger.Environment, Name: w.Around})
	}
	if _, noted := x.nobody[key]; noted {
		return
	}
	h := ledger.Holder{Kind: w.Kind, Name: w.Holder}
	if w.Kind.Inside() {
		h = ledger.Within(ledger.Holder{Kind: ledger.Environment, Name: w.Around}, w.Kind, "", w.Holder)
		h.ID = ""
	}
	x.nobody[key] = len(x.out.Nobody)
	x.out.Nobody = append(x.out.Nobody, Nobody{Holder: h, Origins: w.Origins, IgnoreUnknown: w.IgnoreUnknown})
}

// miss adds to a name that means nobody what the files give it.
func (x *resolver) miss(w *ledger.Want, products map[string]*ledger.Supply) {
	key, ok := x.key(w)
	if !ok {
		key = keyOf(ledger.Holder{Kind: ledger.Environment, Name: w.Around})
	}
	at, noted := x.nobody[key]
	if !noted {
		return
	}
	item := w.Item
	if supply := products[w.Item.Name]; supply != nil {
		item = supply.Item
	}
	n := &x.out.Nobody[at]
	n.IgnoreUnknown = n.IgnoreUnknown && w.IgnoreUnknown
	n.Origins = ledger.MergeOrigins(n.Origins, w.Origins)
	if !slices.Contains(n.Items, item) {
		n.Items = append(n.Items, item)
	}
}

// countNames counts the names of each file, where some mean nobody.
func (x *resolver) countNames(wants []ledger.Want) {
	if len(x.out.Nobody) == 0 {
		return
	}
	type inFile struct {
		file string
		key  nameKey
	}
	seen := map[inFile]bool{}
	x.out.Listed = map[string]int64{}
	for i := range wants {
		w := &wants[i]
		key, ok := x.key(w)
		if at := (inFile{w.Origins[0].File, key}); ok && !seen[at] {
			seen[at] = true
			x.out.Listed[at.file]++
		}
	}
}

// alias notes another name by which the files know a holder.
func (x *resolver) alias(h ledger.Holder, w *ledger.Want) {
	named := ledger.Holder{Kind: h.Kind, ID: h.ID, Name: w.Holder}
	if w.Kind.Inside() {
		named.Name = strings.TrimSuffix(h.Name, h.Own()) + w.Holder
	}
	x.out.Aliases[h.Identity()] = append(x.out.Aliases[h.Identity()], named.Address())
}

// aliases lists the addresses that holders of the state had before.
func aliases(former []ledger.Holder) map[ledger.HolderID][]string {
	all := map[ledger.HolderID][]string{}
	for _, h := range former {
		all[h.Identity()] = append(all[h.Identity()], h.Address())
	}
	return all
}
