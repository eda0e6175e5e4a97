package plan

import (
	"slices"

	"github.com/usher-cli/usher/ledger"
)

// Held is a seat that no file asks for any more, and that stays for as long as its license says.
type Held struct {
	Holder ledger.Holder `json:"holder"`
	Item   ledger.Item   `json:"item"`
	Since  string        `json:"since,omitempty"` // the day on which an apply first missed the line, YYYY-MM-DD; "" for the next one
	Until  string        `json:"until,omitempty"` // the last day held; "" where no apply has missed the line yet
}

// Begins lists the seats whose hold a plan begins, once all of it is applied.
func (p *Plan) Begins() []Held {
	return slices.DeleteFunc(slices.Clone(p.Held), func(h Held) bool { return h.Since != "" })
}

// Whole reports whether a plan is about everything that the files ask for.
func (p *Plan) Whole() bool { return p.Targets == 0 && p.Only == "" && p.Undoes == "" }

// Over are the seats whose hold is over, and which a run may take: the guard counted the loss when
// their lines went.
func Over(held []Held, today string) []ledger.Grant {
	var all []ledger.Grant
	for _, h := range held {
		if h.Since != "" && h.Until < today {
			all = append(all, ledger.Grant{Holder: h.Holder, Item: h.Item})
		}
	}
	return all
}
