package export

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"

	"github.com/usher-cli/usher/config"
	"github.com/usher-cli/usher/ledger"
)

// variant is a product with some service plans off, of enabled or of disabled accounts.
type variant struct {
	item     string
	off      string
	disabled bool
}

// people writes the seats that people have directly: an assignment for each product and each set
// of service plans. Few people stand in it, and many in a list of their own.
func (w *writer) people() {
	holders, offs := map[variant][]ledger.Holder{}, map[variant][]string{}
	strangers := map[string]int{}
	for _, g := range w.seatGrants(ledger.User) {
		switch s := w.supply[g.Item.ID]; {
		case s == nil:
			strangers[g.Item.Name]++
			continue
		case s.SelfService:
			continue // told with its license
		}
		off := w.off(g)
		v := variant{g.Item.ID, strings.Join(off, " "), w.asleep[g.Holder.Identity()]}
		holders[v], offs[v] = append(holders[v], g.Holder), off
	}
	var blocks []string
	for _, v := range w.inOrder(holders) {
		blocks = append(blocks, w.assignment(v, holders[v], offs[v]))
	}
	w.strangers(strangers)
	w.file("people.hcl", "The seats that people have directly, and not by a group.", blocks, ledger.Count(len(blocks), "assignment"))
}

// strangers tells of seats of products that the tenant does not list.
func (w *writer) strangers(counts map[string]int) {
	var names []string
	for name := range counts {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		w.leave(name, fmt.Sprintf("the tenant does not list this product any more, and %s a seat of it",
			ledger.Plural(counts[name], "person has", "people have")))
	}
}

// inOrder sorts variants as people read: by product, then the one that most people have.
func (w *writer) inOrder(holders map[variant][]ledger.Holder) []variant {
	var all []variant
	for v := range holders {
		all = append(all, v)
	}
	slices.SortFunc(all, func(a, b variant) int {
		switch {
		case a.item != b.item:
			return strings.Compare(w.labels[a.item]+a.item, w.labels[b.item]+b.item)
		case a.disabled != b.disabled && a.disabled:
			return 1
		case a.disabled != b.disabled:
			return -1
		case len(holders[a]) != len(holders[b]):
			return len(holders[b]) - len(holders[a])
		}
		return strings.Compare(a.off, b.off)
	})
	return all
}

// assignment writes the assignment of a variant: by rules as far as there are some, and by name.
func (w *writer) assignment(v variant, holders []ledger.Holder, off []string) string {
	label := w.labels[v.item]
	a := config.Assignment{Name: free(variantName(label, v, off), label, w.taken), Kind: ledger.User,
		Grants: []config.Grant{{License: label, Off: off}}}
	text := ledger.Plural(len(holders), "person", "people")
	named, leftOut := holders, []ledger.Holder(nil)
	if !v.disabled {
		a.Members, named, leftOut = w.rules(v, holders)
	}
	if len(a.Members) > 0 {
		text += fmt.Sprintf(": %d by attributes, %d by name, and %d left out", len(holders)-len(named), len(named), len(leftOut))
	}
	switch {
	case v.disabled && len(holders) == 1:
		text += ". The account is disabled, so nobody uses this seat"
	case v.disabled:
		text += ". Their accounts are disabled, so nobody uses these seats"
	}
	a.Names, a.File = w.list(a.Name, named)
	a.Except, a.ExceptFile = w.list(a.Name+"_except", leftOut)
	return comment(text+".") + a.Block()
}

// list gives the names of few people, or the file that has those of many.
func (w *writer) list(name string, holders []ledger.Holder) (names []string, file string) {
	const few = 5 // people who stand in the assignment itself
	names = w.references(holders)
	if len(names) <= few {
		return names, ""
	}
	file = "people/" + name + ".csv"
	w.out.All = append(w.out.All, File{Name: file, Text: table(names), Says: ledger.Plural(len(names), "person", "people")})
	return nil, file
}

// variantName tells variants of one product apart.
func variantName(label string, v variant, off []string) string {
	const few = 2 // service plans that a name can bear
	switch {
	case len(off) > few:
		label += fmt.Sprintf("_without_%d_plans", len(off))
	case len(off) > 0:
		label += "_without_" + slug(strings.Join(off, " "))
	}
	if v.disabled {
		label += "_disabled_accounts"
	}
	return label
}

// table is a list of people, as users_file takes it.
func table(names []string) []byte {
	var b bytes.Buffer
	t := csv.NewWriter(&b)
	rows := [][]string{{"UserPrincipalName"}}
	for _, name := range names {
		rows = append(rows, []string{name})
	}
	_ = t.WriteAll(rows) // into memory
	return b.Bytes()
}
