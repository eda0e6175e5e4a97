package ledger

// Rule is a kind of rule that binds a branch.
type Rule string

// The rules, in the order in which a change of them is told.
const (
	TenantChanged     Rule = "tenant-changed"
	BackendChanged    Rule = "backend-changed"
	EncryptionChanged Rule = "encryption-changed"
	GuardLoosened     Rule = "guard-loosened"
	ProtectionRemoved Rule = "protection-removed"
	IgnoreAdded       Rule = "ignore-added"
	OwnerChanged      Rule = "owner-changed"
	BaseUnread        Rule = "base-not-read" // nobody knows what the branch changes
)

// RuleChange is a rule that a branch changes, in favour of what it does.
type RuleChange struct {
	Rule    Rule     `json:"rule"`
	Text    string   `json:"text"` // what was, and what is
	Origins []Origin `json:"origins,omitempty"`
}

// LooserPair reports whether a number and a share that bind together allow more than those of
// before, of some number of holders or names; nil is not written, and then the standard ones count.
//
// A share is taken as it is written, and not rounded down to people: 60 percent are looser
// than 58. What a guard allows grows straight with the number, but where it turns from a
// share to a number. So two guards cross nowhere else than there.
func LooserPair(was, is [2]*int64, number, percent int64) bool {
	return looserPair(bounds{was[0], was[1], number, percent}, bounds{is[0], is[1], number, percent})
}

// bounds are a number and a share that bind together.
type bounds struct {
	number, percent               *int64
	defaultNumber, defaultPercent int64
}

// looserPair compares at one holder, at very many, and wherever a share is a number. There
// it is so many parts: 2 of 3 percent is 200 thirds.
func looserPair(was, is bounds) bool {
	if is.of(1, 1) > was.of(1, 1) || is.of(1_000_000_000, 1) > was.of(1_000_000_000, 1) {
		return true
	}
	for _, n := range []*int64{was.number, is.number, &was.defaultNumber} {
		for _, share := range []*int64{was.percent, is.percent, &was.defaultPercent} {
			if n != nil && share != nil && *n**share > 0 && 100**n >= *share && is.of(100**n, *share) > was.of(100**n, *share) {
				return true
			}
		}
	}
	return false
}

// of is what is allowed of n/parts holders, in hundredths of a part.
func (b bounds) of(n, parts int64) int64 {
	hundredths := func(number int64) *int64 { number *= 100 * parts; return &number }
	number := b.number
	if number != nil {
		number = hundredths(*number)
	}
	return allowed(100*n, number, b.percent, *hundredths(b.defaultNumber), b.defaultPercent)
}
