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
		rows = append(rows, map[string]any{"currencyType": currency, "allocated": shown[currency],
			"autoAllocated": e.Automatic[currency], "enforcementRules": rules})
	}
	reply(w, http.StatusOK, map[string]any{"environmentId": e.spelled(), "currencyAllocations": rows})
}

// patchEnvironment replaces the entries of the types that it is sent, rules included.
func (s *Server) patchEnvironment(w http.ResponseWriter, r *http.Request) {
	var b struct {
		Environment string `json:"environmentId"`
		Currencies  []struct {
			Currency  string `json:"currencyType"`
			Allocated int64  `json:"allocated"`
			Rules     []Rule `json:"enforcementRules"`
		} `json:"currencyAllocations"`
	}
	if !s.versioned(w, r) || !s.decode(w, r, &b) {
		return
	}
	r.SetPathValue("id", b.Environment)
	e := s.readable(w, r)
	if e == nil {
		return
	}
	changed := *e
	changed.Allocations, changed.Rules = map[string]int64{}, map[string][]Rule{}
	maps.Copy(changed.Allocations, e.Allocations)
	maps.Copy(changed.Rules, e.Rules)
	for _, row := range b.Currencies {
		if _, sold := s.x.Capacity[row.Currency]; !sold || row.Allocated < 0 {
			reply(w, http.StatusBadRequest, map[string]string{"code": "InvalidRequest",
				"message": "Error converting value \"" + row.Currency + "\""})
			return
		}
		delete(changed.Rules, row.Currency)
		if delete(changed.Allocations, row.Currency); row.Allocated > 0 {
			changed.Allocations[row.Currency] = row.Allocated
		}
		if len(row.Rules) > 0 {
			changed.Rules[row.Currency] = row.Rules
		}
	}
	s.remember(e, &changed)
	s.putEnvironment(r, e, &changed)
	r.SetPathValue("id", e.spelled())
	s.getDocument(w, r)
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
				Auto     float64 `json:"autoAllocated"`
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
	changed.Allocations, changed.Automatic, changed.Rules = outside(e.Allocations), outside(e.Automatic), outside(e.Rules)
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
		if n := int64(x.Allocation.Auto); n > 0 {
			changed.Automatic[x.ID] = n
		}
		if len(x.Rules) > 0 {
			changed.Rules[x.ID] = x.Rules
		}
	}
	s.remember(e, &changed)
	s.putEnvironment(r, e, &changed)
	reply(w, http.StatusOK, map[string]any{"statusCode": 200, "isErrorResult": false})
}

// outside are the entries of an environment that its document does not have.
func outside[V any](all map[string]V) map[string]V {
	rest := map[string]V{}
	for currency, v := range all {
		if !slices.Contains(inDocument(), currency) {
			rest[currency] = v
		}
	}
	return rest
}
