package ledger_test

import (
	"strings"
	"testing"

	"github.com/usher-cli/usher/ledger"
)

func TestAddress(t *testing.T) {
	for _, c := range []struct {
		kind               ledger.HolderKind
		holder, item, want string
	}{
		{ledger.User, "ada@contoso.com", "POWERAUTOMATE_ATTENDED_RPA", "user/ada@contoso.com:POWERAUTOMATE_ATTENDED_RPA"},
		{ledger.Environment, "Contoso (default)", "process", "environment/Contoso+20+28default+29:process"},
		{ledger.User, "ev\x1bil\n", "a/b,c", "user/ev+1Bil+0A:a+2Fb+2Cc"},
		{ledger.User, "100%+$HOME`x`", "X", "user/100+25+2B+24HOME+60x+60:X"},
	} {
		got := ledger.NewAddress(ledger.Holder{Kind: c.kind, Name: c.holder}, ledger.Item{Name: c.item})
		if string(got) != c.want {
			t.Errorf("the address of %q is %s, want %s", c.holder, got, c.want)
		}
	}
}

// FuzzAddress: an address gives back what it was made of, holds only bytes
// that shells and YAML leave alone, and a text that can be split is the only
// address of its parts.
func FuzzAddress(f *testing.F) {
	for _, s := range []string{"user/ada@contoso.com:FLOW_FREE", "environment/a+20b:process", "user/+4a:x", "user/:",
		"group/x:y", "user/é:ü"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a := ledger.NewAddress(ledger.Holder{Kind: ledger.User, Name: s}, ledger.Item{Name: s})
		if strings.ContainsFunc(string(a), func(r rune) bool {
			return r <= ' ' || r > '~' || strings.ContainsRune("\"'`$%&*()[]{}<>|;!?\\#,=^~", r)
		}) {
			t.Errorf("the address %q does not pass a shell untouched", a)
		}
		if kind, holder, item, err := a.Split(); s != "" && (err != nil || kind != ledger.User || holder != s || item != s) {
			t.Errorf("%q became %q, which splits into %q and %q: %v", s, a, holder, item, err)
		}
		if kind, holder, item, err := ledger.Address(s).Split(); err == nil {
			if back := ledger.NewAddress(ledger.Holder{Kind: kind, Name: holder}, ledger.Item{Name: item}); string(back) != s {
				t.Errorf("%q splits, and its parts have the address %q", s, back)
			}
		}
	})
}
