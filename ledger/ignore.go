package ledger

import "strings"

// IgnoreRule is a rule of the files: drift at some addresses is no news.
type IgnoreRule struct {
	Label   string `json:"label"`
	Address string `json:"address"` // with * for any text
	Reason  string `json:"reason"`
	Until   string `json:"until,omitempty"` // the last day, YYYY-MM-DD
	Origin  Origin `json:"origin"`
}

// Matches reports whether the rule is about an address. Letters match in either case, as
// names do.
func (i IgnoreRule) Matches(address string) bool {
	parts := strings.Split(strings.ToLower(i.Address), "*")
	text, found := strings.CutPrefix(strings.ToLower(address), parts[0])
	if !found {
		return false
	}
	if len(parts) == 1 {
		return text == ""
	}
	for _, part := range parts[1 : len(parts)-1] {
		_, after, found := strings.Cut(text, part)
		if !found {
			return false
		}
		text = after
	}
	return strings.HasSuffix(text, parts[len(parts)-1])
}

// LetGo is what usher is to forget and leave in the tenant, as a file calls it: the address of a
// holder or of a grant, a license or an assignment.
type LetGo struct {
	From   string
	Origin Origin
}
