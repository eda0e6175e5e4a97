package sandbox

import (
	"net/http"
	"strings"
)

// caller is the application of a token that was let through; nil where nobody
// is asked.
func (s *Server) caller(r *http.Request) *Application {
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	c, err := s.verify(token)
	if err != nil {
		return nil
	}
	return s.x.application(c.AppID)
}

// whoAmI tells somebody who they are in an organisation.
func (s *Server) whoAmI(w http.ResponseWriter, r *http.Request) {
	e := s.organisation(w, r)
	if e == nil {
		return
	}
	id := "anybody"
	if app := s.caller(r); app != nil {
		id = app.ID
	}
	reply(
		w,
		http.StatusOK,
		map[string]string{
			"BusinessUnitId": generatedID("unit "+e.ID, 0),
			"UserId":         generatedID("user "+id, 0),
			"OrganizationId": generatedID("organisation "+e.ID, 0),
		},
	)
}

// privileges says whether the caller has a privilege by its roles.
func (s *Server) privileges(w http.ResponseWriter, r *http.Request) {
	e := s.organisation(w, r)
	if e == nil {
		return
	}
	name, ok := strings.CutPrefix(r.PathValue("function"), "Microsoft.Dynamics.CRM.RetrieveUserPrivilegeByPrivilegeName(PrivilegeName='")
	if !ok || !strings.HasPrefix(r.PathValue("user"), "systemusers(") {
		s.unknownRoute(w, r)
		return
	}
	rows := []any{}
	depth, app := "", s.caller(r)
	switch reads := strings.HasPrefix(name, "prvRead"); {
	case app == nil || app.Dataverse[e.ID] == "write" || reads && (app.Dataverse[e.ID] == "read" || app.Dataverse[e.ID] == "writeOwn"):
		depth = "Global"
	case app.Dataverse[e.ID] == "own" && reads, app.Dataverse[e.ID] == "writeOwn":
		depth = "Basic"
	}
	if depth != "" {
		rows = append(
			rows,
			map[string]any{"Depth": depth, "PrivilegeId": generatedID(name, 0), "PrivilegeName": strings.TrimSuffix(name, "')")},
		)
	}
	reply(w, http.StatusOK, map[string]any{"RolePrivileges": rows})
}

// sees reports whether the caller sees a row of an owner: a role of depth Basic shows one's own
// rows, and says nothing of others.
func (s *Server) sees(r *http.Request, e *Environment, owner string) bool {
	app := s.caller(r)
	return app == nil || app.Dataverse[e.ID] != "own" || strings.EqualFold(owner, app.ID)
}
