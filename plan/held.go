package plan

import "github.com/usher-cli/usher/ledger"

// Held is a seat that no file asks for any more, and that stays for as long as its license says.
type Held struct {
	Holder ledger.Holder `json:"holder"`
	Item   ledger.Item   `json:"item"`
	Since  string        `json:"since"` // the day on which an apply first missed the line, YYYY-MM-DD
	Until  string        `json:"until"` // the last day held
}
