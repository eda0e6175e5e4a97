package sandbox

import (
	"maps"
	"net/http"
	"slices"
)

// inDocument lists the types that the allocations document holds.
func inDocument() []string { return []string{"MCSMessages", "MCSSessions"} }

// getDocument shows the allocations of one environment with their rules.
func (s *Server) getDocument(w http.ResponseWriter, r *http.Request) {
	if !s.versioned(w, r) {
		return
	}
	e := s.readable(w, r)
	if e == nil {
		return
	}
	rows := []any{}
	shown := s.shown(e)
	for _, currency := range sortedKeys(shown) {
		rules := e.Rules[currency]
		if rules == nil {
			rules = []Rule{}
		}
		rows = append(rows, map[string]any{"currencyType": currency, "allocated": shown[currency], "autoAllocated": 0, "enforcementRules": rules})
	}
	reply(w, http.StatusOK, map[string]any{"environmentId": e.ID, "currencyAllocations": rows})
}

// putDocument replaces the whole document of an environment: what it does not
// name any more is gone, rules included, as in the service.
func (s *Server) putDocument(w http.ResponseWriter, r *http.Request) {
	var b struct {
		Scope struct {
			Environment string `json:"environmentId"`
		} `json:"scope"`
		Entitlements []struct {
			ID         string `json:"entitlementId"`
			Allocation struct {
				Quantity float64 `json:"quantity"`
				Unit     string  `json:"unit"`
			} `json:"allocation"`
			Rules []Rule `json:"enforcementRules"`
		} `json:"allocatedEntitlements"`
	}
	if !s.versioned(w, r) || !s.decode(w, r, &b) {
		return
	}
	e := s.x.environment(b.Scope.Environment)
	if e == nil {
		reply(w, http.StatusBadRequest, map[string]string{"code": "InvalidScope", "message": "The scope names no environment of the tenant."})
		return
	}
	changed := *e
	changed.Allocations, changed.Rules = maps.Clone(e.Allocations), map[string][]Rule{}
	if changed.Allocations == nil {
		changed.Allocations = map[string]int64{}
	}
	for _, currency := range inDocument() {
		delete(changed.Allocations, currency)
	}
	for _, x := range b.Entitlements {
		if !slices.Contains(inDocument(), x.ID) || x.Allocation.Quantity < 0 {
			reply(
				w,
				http.StatusBadRequest,
				map[string]string{"code": "InvalidEntitlement", "message": "The entitlement " + x.ID + " cannot be allocated here."},
			)
			return
		}
		if n := int64(x.Allocation.Quantity); n > 0 {
			changed.Allocations[x.ID] = n
		}
		if len(x.Rules) > 0 {
			changed.Rules[x.ID] = x.Rules
		}
	}
	s.remember(e, &changed)
	s.putEnvironment(r, e, &changed)
	reply(w, http.StatusOK, map[string]any{"statusCode": 200, "isErrorResult": false})
}
