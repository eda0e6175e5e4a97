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

// Leaving are the seats that a state has to know as held, each with its first day. Those that it
// knows keep theirs. A clock starts only behind a plan of everything, which the guard has judged,
// where everything was read, and for nobody for whom nothing is done.
func (p *Plan) Leaving(since map[ledger.Key]string, today string) []Held {
	var all []Held
	for _, h := range p.Held {
		h.Since = since[keyOf(h.Holder, h.Item)]
		blocked := slices.ContainsFunc(p.Blocked, func(b ledger.Holder) bool { return b.Identity() == h.Holder.Identity() })
		if h.Since == "" && p.Whole() && len(p.Unread) == 0 && !blocked {
			h.Since = today
		}
		if h.Since != "" {
			all = append(all, h)
		}
	}
	slices.SortFunc(all, func(a, b Held) int { return keyOf(a.Holder, a.Item).Compare(keyOf(b.Holder, b.Item)) })
	return all
}

// Whole reports whether a plan is about everything that the files ask for.
func (p *Plan) Whole() bool { return p.Targets == 0 && p.Only == "" && p.Undoes == "" }

// Over are the seats of people whose hold is over, and which a run may take: the guard counted the
// loss when their lines went. A group can have other members since, so the guard counts again.
func Over(held []Held, today string) []ledger.Grant {
	var all []ledger.Grant
	for _, h := range held {
		if h.Since != "" && h.Until < today && h.Holder.Kind == ledger.User {
			all = append(all, ledger.Grant{Holder: h.Holder, Item: h.Item})
		}
	}
	return all
}
