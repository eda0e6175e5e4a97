package sandbox

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Flow is a cloud flow of an environment.
type Flow struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	State     int    `json:"state"`               // 0 draft, 1 activated, 2 suspended
	Owner     string `json:"owner,omitempty"`     // id of a user, or of an application
	Principal bool   `json:"principal,omitempty"` // a service principal owns it
	Outside   bool   `json:"outside,omitempty"`   // it is in no solution, so Dataverse does not list it

	Connections []Connection `json:"connections,omitempty"`
}

// Machine is a machine, or a group of machines, that runs desktop flows.
type Machine struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Owner string `json:"owner,omitempty"` // id of a user, or of an application
}

// CapacityUnit is a row of flowcapacityassignments.
type CapacityUnit struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	Type      int       `json:"type"`
	Count     int64     `json:"count"`
	Owner     string    `json:"owner,omitempty"` // id of a user, or of an application
	Regarding string    `json:"regarding"`       // id of the flow, machine or group
	Target    string    `json:"target"`          // workflow, flowmachine or flowmachinegroup
	Origin    int       `json:"origin,omitempty"`
	Auto      bool      `json:"auto,omitempty"`
	Created   time.Time `json:"created"`
	Version   int       `json:"version,omitempty"`
}

// Values of capacitytype.
const (
	hostedType  = 0
	processType = 1
)

const dataverse = "/dataverse/{id}/api/data/v9.2/"

func (s *Server) dataverseRoutes() {
	s.mux.HandleFunc("GET "+dataverse+"workflows", s.listWorkflows)
	s.mux.HandleFunc("GET "+dataverse+"flowmachines", func(w http.ResponseWriter, r *http.Request) {
		s.listMachines(w, r, "flowmachineid", func(e *Environment) []Machine { return e.Machines })
	})
	s.mux.HandleFunc("GET "+dataverse+"flowmachinegroups", func(w http.ResponseWriter, r *http.Request) {
		s.listMachines(w, r, "flowmachinegroupid", func(e *Environment) []Machine { return e.MachineGroups })
	})
	s.mux.HandleFunc("GET "+dataverse+"flowcapacityassignments", s.listAssignments)
	s.mux.HandleFunc("POST "+dataverse+"flowcapacityassignments", s.createAssignment)
	s.mux.HandleFunc("GET "+dataverse+"WhoAmI", s.whoAmI)
	s.mux.HandleFunc("GET "+dataverse+"{user}/{function}", s.privileges)
	s.mux.HandleFunc("GET "+dataverse+"connectionreferences", s.listConnectionReferences)
	s.mux.HandleFunc("PATCH "+dataverse+"{row}", s.patchRow)
	s.mux.HandleFunc("DELETE "+dataverse+"{row}", s.deleteAssignment)
	s.mux.HandleFunc("GET /powerautomate/environments/{id}/cloudFlows", s.listCloudFlows)
}

// organisation finds the environment whose organisation a path names.
func (s *Server) organisation(w http.ResponseWriter, r *http.Request) *Environment {
	e := s.x.environment(r.PathValue("id"))
	switch {
	case e == nil || e.NoDataverse:
		s.graphError(w, http.StatusNotFound, "0x80060888", "Resource not found for the segment '%s'.", r.PathValue("id"))
		return nil
	case e.Closed:
		s.graphError(w, http.StatusForbidden, "0x80072560", "The user is not a member of the organization.")
		return nil
	}
	return e
}

// columns answers with the selected columns of rows, each of which must exist.
func (s *Server) columns(w http.ResponseWriter, r *http.Request, rows []map[string]any, always ...string) {
	names := strings.Split(r.URL.Query().Get("$select"), ",")
	out := []any{}
	for _, row := range rows {
		view := map[string]any{}
		for _, name := range append(names, always...) {
			v, ok := row[name]
			if !ok {
				s.graphError(w, http.StatusBadRequest, "0x80060888", "Could not find a property named '%s'.", name)
				return
			}
			view[name] = v
		}
		out = append(out, view)
	}
	reply(w, http.StatusOK, map[string]any{"value": out})
}

func (s *Server) listWorkflows(w http.ResponseWriter, r *http.Request) {
	const owner = "owninguser($select=azureactivedirectoryobjectid,applicationid)"
	e := s.organisation(w, r)
	if e == nil || !s.onlyQuery(w, r, "$select", "$filter", "$expand") {
		return
	}
	q := r.URL.Query()
	one, single := strings.CutPrefix(q.Get("$filter"), "workflowid eq ")
	if !single && q.Get("$filter") != "category eq 5" || q.Get("$expand") != "" && q.Get("$expand") != owner {
		s.graphError(w, http.StatusBadRequest, "0x80060888", "The query is not one that this tenant models.")
		return
	}
	var rows []map[string]any
	for _, f := range e.Flows {
		if f.Outside || single && f.ID != one || !s.sees(r, e, f.Owner) {
			continue
		}
		user := map[string]any{"azureactivedirectoryobjectid": nullable(f.Owner), "applicationid": nil}
		if f.Principal {
			user["applicationid"] = generatedID("application", len(rows))
		}
		rows = append(
			rows,
			map[string]any{
				"workflowid": f.ID,
				"name":       f.Name,
				"category":   5,
				"statecode":  f.State,
				"clientdata": f.clientData(),
				"owninguser": user,
			},
		)
	}
	if q.Get("$expand") == "" {
		s.columns(w, r, rows)
	} else {
		s.columns(w, r, rows, "owninguser")
	}
}

func (s *Server) listMachines(w http.ResponseWriter, r *http.Request, id string, of func(*Environment) []Machine) {
	e := s.organisation(w, r)
	if e == nil || !s.onlyQuery(w, r, "$select", "$filter") {
		return
	}
	filter := r.URL.Query().Get("$filter")
	one, single := strings.CutPrefix(filter, id+" eq ")
	if filter != "" && !single {
		s.graphError(w, http.StatusBadRequest, "0x80060888", "The query is not one that this tenant models.")
		return
	}
	var rows []map[string]any
	for _, m := range of(e) {
		if single && m.ID != one || !s.sees(r, e, m.Owner) {
			continue
		}
		rows = append(rows, map[string]any{id: m.ID, "name": m.Name})
	}
	s.columns(w, r, rows)
}

const targetAnnotation = "_regarding_value@Microsoft.Dynamics.CRM.lookuplogicalname"

func (s *Server) listAssignments(w http.ResponseWriter, r *http.Request) {
	e := s.organisation(w, r)
	if e == nil || !s.onlyQuery(w, r, "$select", "$filter") {
		return
	}
	over := overages(e)
	var rows []map[string]any
	for _, a := range e.Assignments {
		if !s.sees(r, e, a.Owner) {
			continue
		}
		row := map[string]any{
			"flowcapacityassignmentid": a.ID,
			"name":                     a.Name,
			"capacitytype":             a.Type,
			"count":                    a.Count,
			"allocationorigin":         a.Origin,
			"allowautoallocation":      a.Auto,
			"capacityoverage":          over[a.ID],
			"capacitysource":           0,
			"statecode":                0,
			"createdon":                a.Created.UTC().Format(time.RFC3339),
			"_regarding_value":         a.Regarding,
			targetAnnotation:           a.Target,
			"@odata.etag":              a.etag(),
		}
		ok, known := matchesAll(row, r.URL.Query().Get("$filter"))
		if !known {
			s.graphError(w, http.StatusBadRequest, "0x80060888", "The filter is not one that this tenant models.")
			return
		}
		if ok {
			rows = append(rows, row)
		}
	}
	always := []string{"flowcapacityassignmentid", "@odata.etag"}
	if prefer := r.Header.Get("Prefer"); strings.Contains(prefer, "*") ||
		strings.Contains(prefer, "Microsoft.Dynamics.CRM.lookuplogicalname") {
		always = append(always, targetAnnotation) // only for whoever asks
	}
	s.columns(w, r, rows, always...)
}

func (a CapacityUnit) etag() string { return fmt.Sprintf(`W/"%d"`, a.Version) }

// matchesAll evaluates a conjunction of "column eq value".
func matchesAll(row map[string]any, filter string) (ok, known bool) {
	for _, term := range strings.Split(filter, " and ") {
		name, value, found := strings.Cut(term, " eq ")
		have, exists := row[name]
		if !found || !exists {
			return false, false
		}
		if fmt.Sprint(have) != value {
			return false, true
		}
	}
	return true, true
}

// overages marks the rows that an environment has no units for: the newest
// first, of hosted units those of machine groups before machines.
func overages(e *Environment) map[string]int64 {
	over := map[string]int64{}
	for _, kind := range []int{hostedType, processType} {
		rows := slices.DeleteFunc(slices.Clone(e.Assignments), func(a CapacityUnit) bool { return a.Type != kind })
		slices.SortFunc(rows, func(a, b CapacityUnit) int {
			groups := func(c CapacityUnit) int { return map[bool]int{true: 0, false: 1}[c.Target == "flowmachinegroup"] }
			if kind == processType {
				return b.Created.Compare(a.Created)
			}
			return cmp.Or(groups(a)-groups(b), b.Created.Compare(a.Created))
		})
		used, limit := e.units(kind)
		for _, a := range rows {
			if short := min(used-limit, a.Count); short > 0 {
				over[a.ID] = short
				used -= short
			}
		}
	}
	return over
}

// units counts what is used of a kind inside an environment, and what it has.
func (e *Environment) units(kind int) (used, limit int64) {
	hosted := int64(0)
	for _, a := range e.Assignments {
		switch a.Type {
		case kind:
			used += a.Count
		case hostedType:
			hosted += a.Count
		}
	}
	if kind == hostedType {
		return used, e.Allocations["PAHostedRPA"]
	}
	limit = e.Allocations["PowerAutomatePerProcess"] + e.Allocations["PAUnattendedRPA"]
	if e.HostedServes {
		limit += max(0, e.Allocations["PAHostedRPA"]-hosted)
	}
	return used, limit
}

func (s *Server) listCloudFlows(w http.ResponseWriter, r *http.Request) {
	if v := r.URL.Query().Get("api-version"); v != "2022-03-01-preview" {
		http.Error(w, "Supported API versions are: 2022-03-01-preview, not "+strconv.Quote(v), http.StatusBadRequest)
		return
	}
	e := s.readable(w, r)
	if e == nil {
		return
	}
	rows := []any{}
	for _, f := range e.Flows {
		row := map[string]any{"name": f.Name, "workflowId": f.ID, "resourceId": f.ID, "stateCode": f.State}
		if f.Outside {
			row["workflowId"] = nil
		}
		rows = append(rows, row)
	}
	reply(w, http.StatusOK, map[string]any{"value": rows})
}
