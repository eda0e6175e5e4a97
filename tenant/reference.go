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
