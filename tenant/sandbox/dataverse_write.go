package sandbox

import (
	"net/http"
	"slices"
	"strings"
)

// newAssignment is the body of a request that makes a row.
type newAssignment struct {
	Name     string `json:"name"`
	Type     *int   `json:"capacitytype"`
	Count    *int64 `json:"count"`
	Origin   int    `json:"allocationorigin"`
	Source   int    `json:"capacitysource"`
	Overage  int    `json:"capacityoverage"`
	Auto     *bool  `json:"allowautoallocation"`
	Workflow string `json:"regarding_workflow@odata.bind"`
	Machine  string `json:"regarding_flowmachine@odata.bind"`
	Group    string `json:"regarding_flowmachinegroup@odata.bind"`
}

func (s *Server) createAssignment(w http.ResponseWriter, r *http.Request) {
	if e := s.organisation(w, r); e != nil {
		s.putAssignment(w, r, e, generatedID("assignment", s.calls))
	}
}

// putAssignment makes a row with an id, which a caller may choose.
func (s *Server) putAssignment(w http.ResponseWriter, r *http.Request, e *Environment, rowID string) {
	var b newAssignment
	if !s.decode(w, r, &b) {
		return
	}
	target, bind := "workflow", b.Workflow
	if b.Machine != "" {
		target, bind = "flowmachine", b.Machine
	} else if b.Group != "" {
		target, bind = "flowmachinegroup", b.Group
	}
	_, id, _ := strings.Cut(strings.TrimSuffix(bind, ")"), "(")
	id = strings.ToLower(id)
	if b.Name == "" || b.Type == nil || b.Count == nil || *b.Count < 0 || !e.contains(target, id) {
		s.graphError(w, http.StatusBadRequest, "0x80040203", "A required column is missing, or the record it refers to does not exist.")
		return
	}
	row := CapacityUnit{ID: rowID, Name: b.Name, Type: *b.Type, Count: *b.Count, Regarding: id, Target: target, Origin: b.Origin,
		Auto: b.Auto == nil || *b.Auto, Created: s.now().UTC(), Version: s.calls}
	changed := *e
	changed.Assignments = append(slices.Clone(e.Assignments), row)
	s.putEnvironment(r, e, &changed)
	w.Header().Set("OData-EntityId", baseURL(r)+strings.TrimSuffix(r.URL.Path, "/")+"("+row.ID+")")
	w.WriteHeader(http.StatusNoContent)
}

// contains reports whether something can hold units here: a flow outside of
// solutions is not in the table at all.
func (e *Environment) contains(target, id string) bool {
	has := func(machines []Machine) bool {
		return slices.ContainsFunc(machines, func(m Machine) bool { return m.ID == id })
	}
	switch target {
	case "workflow":
		return slices.ContainsFunc(e.Flows, func(f Flow) bool { return f.ID == id && !f.Outside })
	case "flowmachine":
		return has(e.Machines)
	}
	return has(e.MachineGroups)
}

// assignment finds the row that a path such as flowcapacityassignments(id)
// names, in a copy of its environment.
func (s *Server) assignment(w http.ResponseWriter, r *http.Request) (*Environment, *Environment, int) {
	e := s.organisation(w, r)
	if e == nil {
		return nil, nil, 0
	}
	id, ok := strings.CutPrefix(r.PathValue("row"), "flowcapacityassignments(")
	at := slices.IndexFunc(e.Assignments, func(a CapacityUnit) bool { return a.ID == strings.ToLower(strings.TrimSuffix(id, ")")) })
	if !ok || at < 0 {
		s.graphError(w, http.StatusNotFound, "0x80040217", "flowcapacityassignment With Id = %s Does Not Exist", id)
		return nil, nil, 0
	}
	if want := r.Header.Get("If-Match"); want != "" && want != e.Assignments[at].etag() {
		s.graphError(
			w,
			http.StatusPreconditionFailed,
			"0x80060882",
			"The version of the existing record doesn't match the RowVersion property provided.",
		)
		return nil, nil, 0
	}
	changed := *e
	changed.Assignments = slices.Clone(e.Assignments)
	return e, &changed, at
}

// absent reports whether a path names a row that is not there, without asking
// for a version of it.
func (s *Server) absent(r *http.Request) (*Environment, string, bool) {
	e := s.x.environment(r.PathValue("id"))
	id, ok := strings.CutPrefix(r.PathValue("row"), "flowcapacityassignments(")
	id = strings.ToLower(strings.TrimSuffix(id, ")"))
	if e == nil || e.NoDataverse || e.Closed || !ok || r.Header.Get("If-Match") != "" {
		return nil, "", false
	}
	return e, id, !slices.ContainsFunc(e.Assignments, func(a CapacityUnit) bool { return a.ID == id })
}

func (s *Server) patchAssignment(w http.ResponseWriter, r *http.Request) {
	var b newAssignment
	if e, id, absent := s.absent(r); absent { // an update of what is not there makes it
		s.putAssignment(w, r, e, id)
		return
	}
	e, changed, at := s.assignment(w, r)
	if e == nil || !s.decode(w, r, &b) {
		return
	}
	row := &changed.Assignments[at]
	if b.Count != nil {
		row.Count, row.Origin = *b.Count, 0
	}
	if b.Auto != nil {
		row.Auto = *b.Auto
	}
	row.Version = s.calls
	s.putEnvironment(r, e, changed)
	w.WriteHeader(http.StatusNoContent)
}

func (s *Server) deleteAssignment(w http.ResponseWriter, r *http.Request) {
	if e, changed, at := s.assignment(w, r); e != nil {
		changed.Assignments = slices.Delete(changed.Assignments, at, at+1)
		s.putEnvironment(r, e, changed)
		w.WriteHeader(http.StatusNoContent)
	}
}

// putEnvironment makes a change and records every way in which it leaves more
// used than there is, inside the environment or in the tenant.
func (s *Server) putEnvironment(r *http.Request, before, after *Environment) {
	was := *before
	s.commit(change{Environment: after})
	by := r.Method + " " + strings.TrimSuffix(r.URL.Path, "/")
	for kind, currency := range map[int]string{hostedType: "PAHostedRPA", processType: "PowerAutomatePerProcess"} {
		usedBefore, limitBefore := was.units(kind)
		used, limit := after.units(kind)
		if used > limit && (used > usedBefore || limit < limitBefore) {
			s.commit(change{Overspend: &Overspend{Item: currency, Environment: after.ID, Purchased: limit, Used: used, By: by}})
		}
	}
	for _, currency := range sortedKeys(after.Allocations) {
		if used := s.x.allocated(currency); after.Allocations[currency] > was.Allocations[currency] && used > s.x.Capacity[currency] {
			s.commit(change{Overspend: &Overspend{Item: currency, Purchased: s.x.Capacity[currency], Used: used, By: by}})
		}
	}
}
