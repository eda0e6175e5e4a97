package sandbox

import (
	"net/http"
	"slices"
	"strings"
)

// Connection is what a flow reaches a service with.
type Connection struct {
	Reference string `json:"reference"`         // logical name of the connection reference
	ID        string `json:"id,omitempty"`      // "" where it is not set
	Foreign   bool   `json:"foreign,omitempty"` // somebody else's, and not shared with the caller
}

// clientData is the definition of a flow as far as its connections go.
func (f Flow) clientData() string {
	references := map[string]any{}
	for _, c := range f.Connections {
		references[c.Reference] = map[string]any{"connection": map[string]string{"connectionReferenceLogicalName": c.Reference}}
	}
	return string(compact(map[string]any{"properties": map[string]any{"connectionReferences": references}}))
}

func (s *Server) listConnectionReferences(w http.ResponseWriter, r *http.Request) {
	e := s.organisation(w, r)
	if e == nil || !s.onlyQuery(w, r, "$select") {
		return
	}
	var rows []map[string]any
	for _, f := range e.Flows {
		for _, c := range f.Connections {
			rows = append(rows, map[string]any{"connectionreferencelogicalname": c.Reference, "connectionid": nullable(c.ID)})
		}
	}
	s.columns(w, r, rows)
}

// patchRow changes a row of one of the tables that this tenant lets change.
func (s *Server) patchRow(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.PathValue("row"), "workflows(") {
		s.patchWorkflow(w, r)
		return
	}
	s.patchAssignment(w, r)
}

// patchWorkflow turns a flow off or on. Turning it on needs every connection
// to be set, and to be one that the caller may use.
func (s *Server) patchWorkflow(w http.ResponseWriter, r *http.Request) {
	var b struct {
		State *int `json:"statecode"`
	}
	e := s.organisation(w, r)
	if e == nil || !s.decode(w, r, &b) {
		return
	}
	id := strings.ToLower(strings.TrimSuffix(strings.TrimPrefix(r.PathValue("row"), "workflows("), ")"))
	at := slices.IndexFunc(e.Flows, func(f Flow) bool { return f.ID == id && !f.Outside })
	if at < 0 || b.State == nil {
		s.graphError(w, http.StatusNotFound, "0x80040217", "workflow With Id = %s Does Not Exist", id)
		return
	}
	for _, c := range e.Flows[at].Connections {
		if *b.State == 1 && (c.ID == "" || c.Foreign) {
			s.graphError(
				w,
				http.StatusBadRequest,
				"0x80060467",
				"Flow client error returned with status code \"BadRequest\" and details \"ConnectionAuthorizationFailed: the caller "+
					"may not use the connection of %s\".",
				c.Reference,
			)
			return
		}
	}
	changed := *e
	changed.Flows = slices.Clone(e.Flows)
	changed.Flows[at].State = *b.State
	s.putEnvironment(r, e, &changed)
	w.WriteHeader(http.StatusNoContent)
}
