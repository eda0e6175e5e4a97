package plan

import "github.com/usher-cli/usher/ledger"

// Edit is what has to change in the files for an undo to last, because they ask
// for something else than it leaves: without it the next plan does it again.
type Edit struct {
	Holder  ledger.Holder   `json:"holder"`
	Item    ledger.Item     `json:"item"`
	Want    *ledger.Value   `json:"want,omitempty"`    // what they are to ask for; nil for nothing
	Origins []ledger.Origin `json:"origins,omitempty"` // what asks for something else now
	Rule    bool            `json:"-"`                 // which finds people by their attributes
}

// edits compares what a plan leaves with what the files, as they are now, want
// today.
func edits(undo *Plan, today Input) []Edit {
	want := map[ledger.Key]ledger.Grant{}
	for _, g := range newCalendar(today).want {
		want[g.Key()] = g
	}
	var all []Edit
	for _, call := range undo.Calls {
		for _, s := range call.Steps {
			g, asked := want[s.Key()]
			switch {
			case s.Op.Nudges(),
				equalsNow(s.After, g.Value, asked),
				s.After != nil && asked && g.Accepts(g.Value, *s.After): // the files are that far
			case !asked && s.Item.Kind == ledger.Setting: // which stays when nobody asks for it
			default:
				all = append(all, Edit{Holder: s.Holder, Item: s.Item, Want: s.After, Origins: g.Origins})
			}
		}
	}
	return all
}
