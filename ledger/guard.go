package ledger

import "slices"

// Guard bounds what one apply may take away, how many names of the files may mean
// nobody, and how many people attributes of the directory may move. A limit that a file writes is a maximum by itself. Where no
// file writes a limit, the default number and the default share bind together:
// only a count that exceeds both is a breach.
type Guard struct {
	MaxLosses         *int64   `json:"max_losses,omitempty"`       // people, units or records, of each item
	MaxLossPercent    *int64   `json:"max_loss_percent,omitempty"` // of those who hold the item
	MaxUnknown        *int64   `json:"max_unknown_names,omitempty"`
	MaxUnknownPercent *int64   `json:"max_unknown_percent,omitempty"` // of the names in one file
	MaxMoves          *int64   `json:"max_attribute_moves,omitempty"` // people whom selections newly find, or no longer
	MaxMovePercent    *int64   `json:"max_attribute_move_percent,omitempty"`
	Protect           []Holder `json:"protect,omitempty"`
	MayStop           bool     `json:"may_stop_flows,omitempty"` // flows of service principals may lose their capacity
	Owner             string   `json:"-"`                        // who has to agree where a branch changes the guard; "" for nobody
	Origin            Origin   `json:"-"`
}

// Default limits of a guard that no file writes.
const (
	DefaultMaxLosses         = 5
	DefaultMaxLossPercent    = 10
	DefaultMaxUnknown        = 5
	DefaultMaxUnknownPercent = 2
	DefaultMaxMoves          = 20
	DefaultMaxMovePercent    = 5
)

// Losses is how many of so many holders of an item an apply may take from.
func (g Guard) Losses(of int64) int64 {
	return allowed(of, g.MaxLosses, g.MaxLossPercent, DefaultMaxLosses, DefaultMaxLossPercent)
}

// Unknown is how many of so many names in a file may mean nobody.
func (g Guard) Unknown(of int64) int64 {
	return allowed(of, g.MaxUnknown, g.MaxUnknownPercent, DefaultMaxUnknown, DefaultMaxUnknownPercent)
}

// Moves is how many of so many people whom selections find may come and go, because somebody
// changed an attribute.
func (g Guard) Moves(of int64) int64 {
	return allowed(of, g.MaxMoves, g.MaxMovePercent, DefaultMaxMoves, DefaultMaxMovePercent)
}

// Protects reports whether a holder may neither lose nor change anything.
func (g Guard) Protects(h HolderID) bool {
	return slices.ContainsFunc(g.Protect, func(p Holder) bool { return p.Identity() == h })
}

func allowed(of int64, number, percent *int64, defaultNumber, defaultPercent int64) int64 {
	switch {
	case number == nil && percent == nil:
		return max(defaultNumber, of*defaultPercent/100)
	case number == nil:
		return of * *percent / 100
	case percent == nil:
		return *number
	}
	return min(*number, of**percent/100)
}
