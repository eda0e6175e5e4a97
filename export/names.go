package export

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/usher-cli/usher/ledger"
)

// slug makes a name for a label: small letters, digits and underscores.
func slug(name string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "_"):
			b.WriteByte('_')
		}
	}
	const most = 60
	letters := []rune(b.String())
	return strings.Trim(string(letters[:min(len(letters), most)]), "_")
}

// free is a name that nothing else has: the name, or the name with a number behind it.
func free(name, otherwise string, taken map[string]bool) string {
	if name == "" {
		name = otherwise
	}
	chosen := name
	for n := 2; taken[chosen]; n++ {
		chosen = fmt.Sprintf("%s_%d", name, n)
	}
	taken[chosen] = true
	return chosen
}

// title is what people call a product: the words of the admin centre where usher knows them.
func (w *writer) title(item ledger.Item) string {
	if known := w.Catalog.Product(item.ID); len(known) > 0 {
		return known[0].Name
	}
	return item.Name
}

// chooseLabels gives each product a label: the one that the files use, or its name.
func (w *writer) chooseLabels() {
	taken := map[string]bool{}
	for id, label := range w.Labels {
		w.labels[id], taken[label] = label, true
	}
	for _, s := range w.products() {
		if w.labels[s.Item.ID] == "" {
			w.labels[s.Item.ID] = free(slug(w.title(s.Item)), "product_"+s.Item.ID, taken)
		}
	}
}

// products are those of people, by name.
func (w *writer) products() []*ledger.Supply {
	var all []*ledger.Supply
	for i := range w.Supply {
		if w.Supply[i].Item.Kind == ledger.Seat {
			all = append(all, &w.Supply[i])
		}
	}
	slices.SortFunc(all, func(a, b *ledger.Supply) int {
		return strings.Compare(w.title(a.Item)+"\x00"+a.Item.ID, w.title(b.Item)+"\x00"+b.Item.ID)
	})
	return all
}

// off are the names of the service plans that are off in a grant: the ids of those whose names
// mean several of the product, or are on no list.
func (w *writer) off(g ledger.Grant) []string {
	if len(g.Without) == 0 {
		return nil
	}
	key := g.Item.ID + " " + strings.Join(g.Without, " ")
	off, known := w.offs[key]
	if !known {
		off = w.offOf(g)
		w.offs[key] = off
	}
	return off
}

// offOf is off, looked up.
func (w *writer) offOf(g ledger.Grant) []string {
	names := map[string]string{}
	if s := w.supply[g.Item.ID]; s != nil {
		count := map[string]int{}
		for _, p := range s.Plans {
			count[strings.ToLower(p.Name)]++
		}
		for _, p := range s.Plans {
			if p.Name != "" && count[strings.ToLower(p.Name)] == 1 {
				names[p.ID] = p.Name
			}
		}
	}
	var off []string
	for _, id := range g.Without {
		off = append(off, cmp.Or(names[id], id))
	}
	slices.Sort(off)
	return off
}

// references are what a file writes for holders, sorted without regard to case.
func (w *writer) references(holders []ledger.Holder) []string {
	all := make([]string, len(holders))
	for i, h := range holders {
		all[i] = w.Reference(h)
	}
	slices.SortFunc(all, func(a, b string) int {
		return strings.Compare(strings.ToLower(a)+"\x00"+a, strings.ToLower(b)+"\x00"+b)
	})
	return all
}
