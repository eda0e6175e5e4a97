package tenant

import (
	"strings"

	"github.com/usher-cli/usher/ledger"
)

// Reference is what a file writes for a holder so that just this one is meant: its own name, or
// its id where the name is empty, looks like an id, or means several.
func (r *Reading) Reference(h ledger.Holder) string {
	name, id := h.Own(), h.ID
	if h.Kind.Inside() {
		_, id, _ = strings.Cut(h.ID, "/")
	}
	if strings.TrimSpace(name) == "" || isID(name) || len(r.bearers(keyOf(h))) != 1 {
		return id
	}
	if h.Kind == ledger.Group {
		for _, other := range r.groups {
			if other.ID != h.ID && fold(other.Name) == fold(name) {
				return id
			}
		}
	}
	return name
}

// Named lists those of a kind whom a name or an id means, and the names of all others.
func (r *Reading) Named(meant ledger.Holder) (found []ledger.Holder, others []string) {
	for _, h := range r.holders {
		switch {
		case h.Kind != meant.Kind:
		case strings.EqualFold(h.ID, meant.Own()), keyOf(h) == keyOf(meant), h.Kind.Inside() && fold(h.Name) == fold(meant.Name):
			found = append(found, h)
		default:
			others = append(others, h.Own())
		}
	}
	return found, others
}
