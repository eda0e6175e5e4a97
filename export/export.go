// Package export writes the configuration that asks for what a tenant has: a plan of it only
// adopts.
//
// It is pure: it reads no tenant, writes no file and knows no clock. The same reading gives the
// same bytes. It never guesses: what the language cannot say is left out, and told.
package export

import (
	"slices"
	"strings"
	"unicode"

	"github.com/usher-cli/usher/catalog"
	"github.com/usher-cli/usher/ledger"
)

// Tenant is what there is, and what the files of the configuration say already.
type Tenant struct {
	ledger.Have
	Catalog *catalog.Catalog
	// Reference is what a file writes for a holder: its name, or its id where the name means
	// nobody, or several.
	Reference func(ledger.Holder) string
	// Attributes are what was read of people, and Rows the values of each of People. A person
	// without a row is found by no rule.
	People     []ledger.Holder
	Attributes []string
	Rows       [][]string
	Labels     map[string]string // of license blocks that are there, by the id of the product
	// Assignments are the names of those that are there, and Said reports whether a file asks for
	// a grant.
	Assignments []string
	Said        func(ledger.Key) bool
}

// Chosen narrows an export to some products, groups and environments, by id. Empty is all.
type Chosen struct {
	Products, Groups, Environments []string

	Grants map[ledger.Key]bool // just these; nil for all
}

// All reports whether everything is exported.
func (c Chosen) All() bool {
	return len(c.Products)+len(c.Groups)+len(c.Environments) == 0 && c.Grants == nil
}

// seats reports whether licenses are exported.
func (c Chosen) seats() bool { return len(c.Environments) == 0 || len(c.Products)+len(c.Groups) > 0 }

// product reports whether a product is exported.
func (c Chosen) product(id string) bool {
	return len(c.Products) == 0 || slices.Contains(c.Products, id)
}

// File is one of the files of a configuration.
type File struct {
	Name string // with slashes
	Text []byte
	Says string // what is in it, in a few words
}

// Left is what the files do not say, and why.
type Left struct {
	Address string
	Text    string
}

// Files are what is exported.
type Files struct {
	All  []File // in the order of their names
	Left []Left
}

// New writes the files for a tenant.
func New(t Tenant, c Chosen) Files {
	w := &writer{Tenant: t, chosen: c, supply: map[string]*ledger.Supply{}, offs: map[string][]string{},
		labels: map[string]string{}, taken: map[string]bool{}}
	for _, name := range t.Assignments {
		w.taken[name] = true
	}
	for i := range t.Supply {
		w.supply[t.Supply[i].Item.ID] = &t.Supply[i]
	}
	if c.seats() {
		w.look()
		w.chooseLabels()
		w.licenses()
		w.people()
		w.groups()
	}
	if c.All() || len(c.Environments) > 0 {
		w.environments()
	}
	if c.All() {
		w.purchases()
	}
	slices.SortFunc(w.out.All, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	return w.out
}

// writer makes the files.
type writer struct {
	Tenant
	chosen Chosen
	supply map[string]*ledger.Supply // by the id of the item
	labels map[string]string         // of licenses, by the id of the product
	taken  map[string]bool           // names of assignments
	asleep map[ledger.HolderID]bool  // disabled accounts
	miner  *miner                    // nil where nothing was read of people
	place  map[string]int32          // of people in the rows, by id
	guests []bool                    // by place
	offs   map[string][]string       // names of service plans that are off, by product and ids
	direct map[string][]ledger.Grant // seats of people, by product
	out    Files
}

// leave notes what is left out.
func (w *writer) leave(address, text string) { w.out.Left = append(w.out.Left, Left{address, text}) }

// file adds a file, if there is something in it.
func (w *writer) file(name, head string, blocks []string, says string) {
	if len(blocks) > 0 {
		text := comment(head) + "\n" + strings.Join(blocks, "\n")
		w.out.All = append(w.out.All, File{Name: name, Text: []byte(text), Says: says})
	}
}

// comment makes lines of a comment of a text.
func comment(text string) string {
	const width = 96
	var b strings.Builder
	line := "#"
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return ' '
		}
		return r
	}, text)
	for _, word := range strings.Fields(text) {
		if len(line)+1+len(word) > width {
			b.WriteString(line + "\n")
			line = "#"
		}
		line += " " + word
	}
	return b.String() + line + "\n"
}

// seatGrants are the seats that are to be exported, of one kind of holder.
func (w *writer) seatGrants(kind ledger.HolderKind) []ledger.Grant {
	var all []ledger.Grant
	for _, g := range w.Grants {
		if g.Item.Kind == ledger.Seat && g.Holder.Kind == kind && w.isChosen(g) && !w.Said(g.Key()) {
			all = append(all, g)
		}
	}
	return all
}

func (w *writer) isChosen(g ledger.Grant) bool {
	ofGroup := len(w.chosen.Groups) == 0 || g.Holder.Kind == ledger.Group && slices.Contains(w.chosen.Groups, g.Holder.ID)
	return w.chosen.product(g.Item.ID) && ofGroup && (w.chosen.Grants == nil || w.chosen.Grants[g.Key()])
}
