package tenant

import (
	"strings"

	"github.com/usher-cli/usher/ledger"
)

// environments gives every environment block its id. Flows and machines are
// looked up inside of it.
func (x *resolver) environments(rules []ledger.EnvironmentRules) {
	for _, p := range rules {
		ref := p.Environment.Name
		w := ledger.Want{Kind: ledger.Environment, Holder: ref, IgnoreUnknown: p.IgnoreUnknown, Origins: []ledger.Origin{p.Origin}}
		h, ok := x.holder(&w)
		if !ok {
			continue
		}
		x.byLabel[strings.ToLower(ref)] = h // what was in one that is gone keeps its records
		if x.gone[h.Identity()] {
			continue
		}
		p.Environment = h
		x.out.Environments = append(x.out.Environments, p)
	}
}

// key is how the holder of a want is looked up; ok is false where it is inside
// an environment that is not known.
func (x *resolver) key(w *ledger.Want) (nameKey, bool) {
	if !w.Kind.Inside() {
		return keyOf(ledger.Holder{Kind: w.Kind, Name: w.Holder}), true
	}
	env, ok := x.byLabel[strings.ToLower(w.Around)]
	return keyOf(ledger.Within(env, w.Kind, "", w.Holder)), ok
}

// where names the place in which a holder would have to be.
func (x *resolver) where(w *ledger.Want) string {
	if w.Kind.Inside() {
		return "the environment " + w.Around
	}
	return "the tenant"
}

// unreadable returns why the list in which a holder would stand was not read.
func (x *resolver) unreadable(w *ledger.Want) (string, bool) {
	if reason, ok := x.missing[w.Kind]; ok {
		return reason, true
	}
	if !w.Kind.Inside() {
		return "", false
	}
	env := x.byLabel[strings.ToLower(w.Around)]
	if at := x.UnreadScope(ledger.HolderID{Kind: w.Kind, ID: env.ID + "/"}); at >= 0 {
		return x.Unread[at].Reason, true
	}
	return "", false
}

// isOutside reports whether a flow is one that is in no solution.
func (x *resolver) isOutside(w *ledger.Want) bool {
	key, ok := x.key(w)
	return ok && x.outside[key]
}

// fit refuses what can be given nothing.
func (x *resolver) fit(h ledger.Holder, w *ledger.Want) bool {
	reason := x.cannot[h.Identity()]
	if reason == "" {
		return true
	}
	if text := "group-unfit" + h.ID; !x.said[text] {
		x.said[text] = true
		x.refuse(w, "group-unfit", "can be given no licenses: "+reason, "name another group, or assign to the people")
	}
	return false
}
