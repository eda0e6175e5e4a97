package sandbox

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// apiVersion is the version of the routes that this tenant models.
const apiVersion = "2024-10-01"

func (s *Server) powerPlatformRoutes() {
	s.mux.HandleFunc("GET /environmentmanagement/environments", s.listEnvironments)
	s.mux.HandleFunc("GET /environmentmanagement/environments/{id}", s.getEnvironment)
	s.mux.HandleFunc("GET /licensing/allocationsByEnvironment", s.listAllocations)
	s.mux.HandleFunc("GET /licensing/allocationsByEnvironment/{id}", s.getDocument)
	s.mux.HandleFunc("PUT /licensing/allocationsV2", s.putDocument)
	s.mux.HandleFunc("PATCH /licensing/allocationsByEnvironment", s.patchEnvironment)
	s.mux.HandleFunc("GET /licensing/environments/{id}/allocations", s.getAllocations)
	s.mux.HandleFunc("PATCH /licensing/environments/{id}/allocations", s.patchAllocations)
	s.mux.HandleFunc("GET /licensing/tenantCapacity/currencyReports", s.currencyReports)
	s.mux.HandleFunc("GET /authorization/roleAssignments", s.listRoleAssignments)
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

// roleDefinitions are the ids of the roles of the Power Platform. Source: Microsoft Learn,
// "Role-based access control for Power Platform admin center".
func roleDefinitions() map[string]string {
	return map[string]string{
		"Owner":       "0cb07c69-1631-4725-ab35-e59e001c51ea",
		"Contributor": "ff954d61-a89a-4fbe-ace9-01c367b89f87",
		"Reader":      "c886ad2e-27f7-4874-8381-5849b8d8a090",
	}
}

func (s *Server) listRoleAssignments(w http.ResponseWriter, r *http.Request) {
	if !s.versioned(w, r) {
		return
	}
	rows := []any{}
	for i, app := range s.x.Applications {
		if app.Role == "" {
			continue
		}
		scope := "/tenants/" + s.x.ID
		if app.Scope != "" {
			scope += "/environments/" + app.Scope
		}
		rows = append(rows, map[string]string{
			"roleAssignmentId":  generatedID("role", i),
			"principalObjectId": generatedID("principal "+app.ID, 0),
			"roleDefinitionId":  roleDefinitions()[app.Role],
			"scope":             scope,
		})
	}
	reply(w, http.StatusOK, map[string]any{"value": rows})
}

func (s *Server) listEnvironments(w http.ResponseWriter, r *http.Request) {
	if !s.versioned(w, r, "$skiptoken") {
		return
	}
	q := r.URL.Query()
	from, err := strconv.Atoi(cmp.Or(q.Get("$skiptoken"), "0"))
	if err != nil || from < 0 || from > len(s.x.Environments) {
		reply(w, http.StatusBadRequest, map[string]string{"code": "InvalidRequest", "message": "The skip token is not valid."})
		return
	}
	end := min(from+environmentsInPage, len(s.x.Environments))
	rows := []any{}
	for _, e := range s.x.Environments[from:end] {
		rows = append(rows, environmentView(r, e))
	}
	body := map[string]any{"value": rows}
	if end < len(s.x.Environments) {
		q.Set("$skiptoken", strconv.Itoa(end))
		body["nextLink"] = baseURL(r) + r.URL.Path + "?" + q.Encode()
	}
	reply(w, http.StatusOK, body)
}

// environmentsInPage is how many environments one answer lists. Microsoft does not say: it is
// small, so that a client that forgets the next page is found out.
const environmentsInPage = 50

func environmentView(r *http.Request, e *Environment) map[string]any {
	row := map[string]any{"id": e.spelled(), "displayName": e.Name, "type": e.Type, "state": "Ready"}
	if !e.NoDataverse {
		row["url"] = organisationURL(r, e)
	}
	return row
}

// spelled is the id of an environment as answers write it.
func (e *Environment) spelled() string { return cmp.Or(e.Spelling, e.ID) }

// named finds the environment that a path names, in the spelling of the service.
func (s *Server) named(r *http.Request) *Environment {
	e := s.x.environment(r.PathValue("id"))
	if e != nil && e.Spelling != "" && r.PathValue("id") != e.Spelling {
		return nil
	}
	return e
}

func (s *Server) getEnvironment(w http.ResponseWriter, r *http.Request) {
	if !s.versioned(w, r) {
		return
	}
	e := s.named(r)
	if e == nil {
		reply(
			w,
			http.StatusNotFound,
			map[string]any{
				"error": map[string]string{"code": "EnvironmentNotFound", "message": "The environment '" + r.PathValue("id") + "' could not be found."},
			},
		)
		return
	}
	reply(w, http.StatusOK, environmentView(r, e))
}

type allocation struct {
	CurrencyType string `json:"currencyType"`
	Allocated    int64  `json:"allocated"`
}

type allocations struct {
	EnvironmentID      string       `json:"environmentId"`
	CurrencyAllocation []allocation `json:"currencyAllocations"`
}

func allocationsOf(e *Environment, values map[string]int64) allocations {
	rows := []allocation{}
	for _, currency := range sortedKeys(values) {
		rows = append(rows, allocation{currency, values[currency]})
	}
	return allocations{e.spelled(), rows}
}

func sortedKeys(m map[string]int64) []string { return slices.Sorted(maps.Keys(m)) }

// shown is what a reading shows of an environment: readings lag behind writes.
func (s *Server) shown(e *Environment) map[string]int64 {
	asOf := s.now().Add(-time.Duration(s.x.delays().Allocations))
	for _, old := range e.Earlier {
		if asOf.Before(old.Until) {
			return old.Allocations
		}
	}
	return e.Allocations
}

// listAllocations answers for every environment that the caller may read.
func (s *Server) listAllocations(w http.ResponseWriter, r *http.Request) {
	if !s.versioned(w, r) {
		return
	}
	rows := []allocations{}
	for _, e := range s.x.Environments {
		if !e.Unreadable {
			rows = append(rows, allocationsOf(e, s.shown(e)))
		}
	}
	reply(w, http.StatusOK, rows)
}

// readable finds the environment of the path, or answers 404, or the empty
// 403 of a caller without permission.
func (s *Server) readable(w http.ResponseWriter, r *http.Request) *Environment {
	e := s.named(r)
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
	if e := s.readable(w, r); e != nil && s.served(w, e) {
		reply(w, http.StatusOK, allocationsOf(e, s.shown(e)))
	}
}

// served refuses environments that are newer than the first allocations route.
func (s *Server) served(w http.ResponseWriter, e *Environment) bool {
	if e.TenantPool {
		reply(w, http.StatusBadRequest, map[string]string{"code": "LegacyApiNotSupported",
			"message": "This API is only supported for environments created before Tenant Pool licensing."})
	}
	return !e.TenantPool
}

// patchAllocations sets absolute numbers for the types that it is sent, and
// refuses nothing for want of purchased units, as the service does not.
func (s *Server) patchAllocations(w http.ResponseWriter, r *http.Request) {
	if !s.versioned(w, r) {
		return
	}
	var b allocations
	e := s.readable(w, r)
	if e == nil || !s.served(w, e) || !s.decode(w, r, &b) {
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
			reply(
				w,
				http.StatusBadRequest,
				[]any{map[string]any{"key": "currencyAllocations", "code": "InvalidRequest", "message": message, "details": []any{}}},
			)
			return
		}
		if row.Allocated == 0 {
			delete(changed.Allocations, row.CurrencyType)
			continue
		}
		changed.Allocations[row.CurrencyType] = row.Allocated
	}
	s.remember(e, &changed)
	s.putEnvironment(r, e, &changed)
	reply(w, http.StatusOK, allocationsOf(e, e.Allocations))
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

// remember keeps what readings still show for a while.
func (s *Server) remember(before, after *Environment) {
	if lag := time.Duration(s.x.delays().Allocations); lag > 0 {
		now := s.now().UTC()
		after.Earlier = slices.DeleteFunc(slices.Clone(before.Earlier), func(old Earlier) bool { return old.Until.Add(lag).Before(now) })
		was := map[string]int64{}
		maps.Copy(was, before.Allocations)
		after.Earlier = append(after.Earlier, Earlier{now, was})
	}
}
