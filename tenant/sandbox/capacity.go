package sandbox

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// apiVersion is the version of the routes that this tenant models.
const apiVersion = "2024-10-01"

func (s *Server) powerPlatformRoutes() {
	s.mux.HandleFunc("GET /environmentmanagement/environments", s.listEnvironments)
	s.mux.HandleFunc("GET /licensing/allocationsByEnvironment", s.listAllocations)
	s.mux.HandleFunc("GET /licensing/environments/{id}/allocations", s.getAllocations)
	s.mux.HandleFunc("PATCH /licensing/environments/{id}/allocations", s.patchAllocations)
	s.mux.HandleFunc("GET /licensing/tenantCapacity/currencyReports", s.currencyReports)
}

// versioned refuses a request without the version; the service answers that
// in plain text.
func (s *Server) versioned(w http.ResponseWriter, r *http.Request, known ...string) bool {
	if r.URL.Query().Get("api-version") != apiVersion {
		w.Header().Set("Content-Type", "text/plain")
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, "Supported API versions are: %s", apiVersion)
		return false
	}
	return s.onlyQuery(w, r, append(known, "api-version")...)
}

func (s *Server) listEnvironments(w http.ResponseWriter, r *http.Request) {
	if !s.versioned(w, r) {
		return
	}
	rows := []any{}
	for _, e := range s.x.Environments {
		rows = append(rows, map[string]any{"id": e.ID, "displayName": e.Name, "type": e.Type, "state": "Ready"})
	}
	reply(w, http.StatusOK, map[string]any{"value": rows})
}

type allocation struct {
	CurrencyType string `json:"currencyType"`
	Allocated    int64  `json:"allocated"`
}

type allocations struct {
	EnvironmentID      string       `json:"environmentId"`
	CurrencyAllocation []allocation `json:"currencyAllocations"`
}

func allocationsOf(e *Environment) allocations {
	rows := []allocation{}
	for _, currency := range slices.Sorted(maps.Keys(e.Allocations)) {
		rows = append(rows, allocation{currency, e.Allocations[currency]})
	}
	return allocations{e.ID, rows}
}

// listAllocations answers for every environment that the caller may read.
func (s *Server) listAllocations(w http.ResponseWriter, r *http.Request) {
	if !s.versioned(w, r) {
		return
	}
	rows := []allocations{}
	for _, e := range s.x.Environments {
		if !e.Unreadable {
			rows = append(rows, allocationsOf(e))
		}
	}
	reply(w, http.StatusOK, rows)
}

// readable finds the environment of the path, or answers 404, or the empty
// 403 of a caller without permission.
func (s *Server) readable(w http.ResponseWriter, r *http.Request) *Environment {
	e := s.x.environment(r.PathValue("id"))
	switch {
	case e == nil:
		reply(w, http.StatusNotFound, map[string]string{"code": "EnvironmentNotFound",
			"message": "The environment '" + r.PathValue("id") + "' could not be found in the tenant."})
		return nil
	case e.Unreadable:
		w.WriteHeader(http.StatusForbidden)
		return nil
	}
	return e
}

func (s *Server) getAllocations(w http.ResponseWriter, r *http.Request) {
	if !s.versioned(w, r) {
		return
	}
	if e := s.readable(w, r); e != nil {
		reply(w, http.StatusOK, allocationsOf(e))
	}
}

// patchAllocations sets absolute numbers for the types that it is sent, and
// refuses nothing for want of purchased units, as the service does not.
func (s *Server) patchAllocations(w http.ResponseWriter, r *http.Request) {
	if !s.versioned(w, r) {
		return
	}
	var b allocations
	e := s.readable(w, r)
	if e == nil || !s.decode(w, r, &b) {
		return
	}
	changed := *e
	changed.Allocations = maps.Clone(e.Allocations)
	if changed.Allocations == nil {
		changed.Allocations = map[string]int64{}
	}
	for _, row := range b.CurrencyAllocation {
		if _, sold := s.x.Capacity[row.CurrencyType]; !sold || row.Allocated < 0 {
			message := fmt.Sprintf("Error converting value %q", row.CurrencyType)
			reply(w, http.StatusBadRequest, []any{map[string]any{"key": "currencyAllocations", "code": "InvalidRequest", "message": message, "details": []any{}}})
			return
		}
		if row.Allocated == 0 {
			delete(changed.Allocations, row.CurrencyType)
			continue
		}
		changed.Allocations[row.CurrencyType] = row.Allocated
	}
	before := maps.Clone(e.Allocations)
	s.commit(change{Environment: &changed})
	s.noteOverspend(r, before, changed.Allocations)
	reply(w, http.StatusOK, allocationsOf(e))
}

// noteOverspend records every type that the write raised above what the
// tenant has.
func (s *Server) noteOverspend(r *http.Request, before, after map[string]int64) {
	for _, currency := range slices.Sorted(maps.Keys(after)) {
		used := s.x.allocated(currency)
		if after[currency] > before[currency] && used > s.x.Capacity[currency] {
			s.commit(change{Overspend: &Overspend{Item: currency, Purchased: s.x.Capacity[currency], Used: used,
				By: r.Method + " " + strings.TrimSuffix(r.URL.Path, "/")}})
		}
	}
}

func (s *Server) currencyReports(w http.ResponseWriter, r *http.Request) {
	if !s.versioned(w, r, "includeAllocations", "includeConsumptions") {
		return
	}
	rows := []any{}
	for _, currency := range slices.Sorted(maps.Keys(s.x.Capacity)) {
		rows = append(rows, map[string]any{"currencyType": currency,
			"purchased": s.x.Capacity[currency], "allocated": s.x.allocated(currency)})
	}
	reply(w, http.StatusOK, rows)
}
