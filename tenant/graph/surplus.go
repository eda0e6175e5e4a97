package graph

import (
	"slices"
	"strings"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/tenant/wire"
)

// account is what the answer to assignLicense shows of a user or a group after the
// call: everything that it has, by any source.
type account struct {
	Licenses wire.List[assigned] `json:"assignedLicenses"`
}

func (a account) license(item string) (assigned, bool) {
	at := slices.IndexFunc(a.Licenses, func(l assigned) bool { return strings.EqualFold(l.SKU, item) })
	if at < 0 {
		return assigned{}, false
	}
	return a.Licenses[at], true
}

// answered reads the answer to assignLicense. It is false where the answer does not
// show that the call is in effect: without an account, with an item that was
// removed, which a group may give as well, or without one that was added.
func answered(call ledger.Call, body []byte) (account, bool) {
	var after account
	if wire.Unmarshal(body, &after) != nil || after.Licenses == nil {
		return account{}, false
	}
	return after, after.shows(call)
}

// shows reports whether an account has what a call adds, and not what it removes.
func (a account) shows(call ledger.Call) bool {
	for _, s := range call.Steps {
		if _, there := a.license(s.Item.ID); there != (s.After != nil) {
			return false
		}
	}
	return true
}

// differences finds the service plans that the service left on although the call
// switched them off, and those that it kept off although the call did not.
func (a account) differences(call ledger.Call) (surplus, keptOff map[string]ledger.ServicePlanIDs) {
	for _, s := range call.Steps {
		l, there := a.license(s.Item.ID)
		if s.After == nil || s.After.Without == nil || !there {
			continue
		}
		off := ledger.ServicePlanIDs{}
		for _, plan := range l.Disabled {
			off = append(off, strings.ToLower(plan))
		}
		slices.Sort(off)
		notePlans(&surplus, s.Item.ID, less(s.After.Without, off))
		notePlans(&keptOff, s.Item.ID, less(off, s.After.Without))
	}
	return surplus, keptOff
}

// less lists the plans of a that are not in b.
func less(a, b ledger.ServicePlanIDs) ledger.ServicePlanIDs {
	return slices.DeleteFunc(slices.Clone(a), func(plan string) bool { return slices.Contains(b, plan) })
}

func notePlans(found *map[string]ledger.ServicePlanIDs, item string, plans ledger.ServicePlanIDs) {
	if len(plans) == 0 {
		return
	}
	if *found == nil {
		*found = map[string]ledger.ServicePlanIDs{}
	}
	(*found)[item] = plans
}

// done is the result of a call that is in effect.
func (a account) done(call ledger.Call) ledger.Result {
	res := ledger.Result{Call: call, Outcome: ledger.Done}
	res.Surplus, res.KeptOff = a.differences(call)
	return res
}
