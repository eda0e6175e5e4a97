package sandbox

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// Group is a group of the directory. What it gives reaches its members when
// the service has been through them.
type Group struct {
	ID       string         `json:"id"`
	Name     string         `json:"name"`
	MailOnly bool           `json:"mailOnly,omitempty"` // not security-enabled: it can be given nothing
	Members  []string       `json:"members,omitempty"`  // user ids
	Groups   []string       `json:"groups,omitempty"`   // ids of the groups in it, whose members get nothing from it
	Rule     string         `json:"rule,omitempty"`     // by which the service chooses the members; "" where people do
	Licenses []GroupLicense `json:"licenses,omitempty"`
	Due      *time.Time     `json:"due,omitempty"` // when the service will have been through it
}

// GroupLicense is a SKU that a group gives its members.
type GroupLicense struct {
	SKU     string   `json:"sku"`
	Without []string `json:"without,omitempty"`
}

func (s *Server) groupRoutes() {
	s.mux.HandleFunc("GET /v1.0/groups", s.listGroups)
	s.mux.HandleFunc("GET /v1.0/groups/{id}", s.getGroup)
	s.mux.HandleFunc("GET /v1.0/groups/{id}/members", s.listMembers)
	s.mux.HandleFunc("GET /v1.0/groups/{id}/members/microsoft.graph.user", s.listPeople)
	s.mux.HandleFunc("GET /v1.0/users/{id}/memberOf/microsoft.graph.group", s.listMemberships)
	s.mux.HandleFunc("POST /v1.0/groups/{id}/members/$ref", s.addMember)
	s.mux.HandleFunc("DELETE /v1.0/groups/{id}/members/{user}/$ref", s.removeMember)
	s.mux.HandleFunc("POST /v1.0/groups/{id}/assignLicense", s.assignGroup)
	s.mux.HandleFunc("POST /v1.0/users/{id}/reprocessLicenseAssignment", s.reprocess)
}

func (s *Server) group(w http.ResponseWriter, r *http.Request) *Group {
	id := strings.ToLower(r.PathValue("id"))
	if at := slices.IndexFunc(s.x.Groups, func(g *Group) bool { return g.ID == id }); at >= 0 {
		return s.x.Groups[at]
	}
	s.graphError(w, http.StatusNotFound, "Request_ResourceNotFound",
		"Resource '%s' does not exist or one of its queried reference-property objects are not present.", r.PathValue("id"))
	return nil
}

func groupProperty(g *Group, name string) (any, bool) {
	switch name {
	case "id":
		return g.ID, true
	case "displayName":
		return g.Name, true
	case "securityEnabled":
		return !g.MailOnly, true
	case "assignedLicenses":
		rows := []assignedLicense{}
		for _, l := range g.Licenses {
			rows = append(rows, assignedLicense{l.SKU, notNull(l.Without)})
		}
		return rows, true
	case "licenseProcessingState":
		state := "ProcessingComplete"
		if g.Due != nil {
			state = "QueuedForProcessing"
		}
		return map[string]string{"state": state}, true
	case "groupTypes":
		types := []string{}
		if g.Rule != "" {
			types = append(types, "DynamicMembership")
		}
		return types, true
	case "membershipRule":
		if g.Rule == "" {
			return nil, true
		}
		return g.Rule, true
	}
	return nil, false
}

// groupView shows the properties that a query selects.
func (s *Server) groupView(w http.ResponseWriter, r *http.Request, g *Group) (map[string]any, bool) {
	names := []string{"id", "displayName", "securityEnabled"}
	if text := r.URL.Query().Get("$select"); text != "" {
		names = strings.Split(text, ",")
	}
	view := map[string]any{}
	for _, name := range names {
		v, ok := groupProperty(g, name)
		if !ok {
			s.graphError(w, http.StatusBadRequest, "BadRequest", "Could not find a property named '%s' on type 'microsoft.graph.group'.", name)
			return nil, false
		}
		view[name] = v
	}
	return view, true
}

func (s *Server) listGroups(w http.ResponseWriter, r *http.Request) {
	if !s.onlyQuery(w, r, "$select", "$filter", "$top") {
		return
	}
	filter := r.URL.Query().Get("$filter")
	name, ok := equality(filter, "displayName")
	if !ok && filter != "" {
		s.graphError(
			w,
			http.StatusBadRequest,
			"Request_UnsupportedQuery",
			"Unsupported or invalid query filter clause specified for property of resource 'Group'.",
		)
		return
	}
	rows := []any{}
	for _, g := range s.x.Groups {
		if filter == "" || strings.EqualFold(g.Name, name) {
			view, ok := s.groupView(w, r, g)
			if !ok {
				return
			}
			rows = append(rows, view)
		}
	}
	reply(w, http.StatusOK, map[string]any{"@odata.context": "$metadata#groups", "value": rows})
}

func (s *Server) getGroup(w http.ResponseWriter, r *http.Request) {
	if !s.onlyQuery(w, r, "$select") {
		return
	}
	if g := s.group(w, r); g != nil {
		if view, ok := s.groupView(w, r, g); ok {
			reply(w, http.StatusOK, view)
		}
	}
}

// listMembers lists the people and the groups that are directly in a group.
func (s *Server) listMembers(w http.ResponseWriter, r *http.Request) {
	rows, g := s.people(w, r)
	if g == nil {
		return
	}
	for _, row := range rows {
		row["@odata.type"] = "#microsoft.graph.user"
	}
	for _, inside := range s.x.Groups {
		if !slices.Contains(g.Groups, inside.ID) {
			continue
		}
		row, ok := s.groupView(w, r, inside)
		if !ok {
			return
		}
		row["@odata.type"] = "#microsoft.graph.group"
		rows = append(rows, row)
	}
	reply(w, http.StatusOK, map[string]any{"@odata.context": "$metadata#directoryObjects", "value": rows})
}

// listPeople lists the people who are directly in a group.
func (s *Server) listPeople(w http.ResponseWriter, r *http.Request) {
	if rows, g := s.people(w, r); g != nil {
		reply(w, http.StatusOK, map[string]any{"@odata.context": "$metadata#users", "value": rows})
	}
}

// people are the rows of the people who are directly in a group; no group where the request is
// answered already.
func (s *Server) people(w http.ResponseWriter, r *http.Request) ([]map[string]any, *Group) {
	if !s.onlyQuery(w, r, "$select", "$top") {
		return nil, nil
	}
	g := s.group(w, r)
	if g == nil {
		return nil, nil
	}
	names, ok := s.selected(w, r)
	if !ok {
		return nil, nil
	}
	rows := []map[string]any{}
	for _, id := range g.Members {
		u := s.x.users[id]
		if u == nil {
			continue
		}
		if shown := s.shownUser(u); shown != nil {
			rows = append(rows, view(shown, names))
		}
	}
	return rows, g
}

// listMemberships lists the groups that a person is directly in.
func (s *Server) listMemberships(w http.ResponseWriter, r *http.Request) {
	if !s.onlyQuery(w, r, "$select", "$top") {
		return
	}
	u := s.user(w, r)
	if u == nil {
		return
	}
	rows := []any{}
	for _, g := range s.x.Groups {
		if slices.Contains(g.Members, u.ID) {
			view, ok := s.groupView(w, r, g)
			if !ok {
				return
			}
			rows = append(rows, view)
		}
	}
	reply(w, http.StatusOK, map[string]any{"@odata.context": "$metadata#groups", "value": rows})
}

func (s *Server) addMember(w http.ResponseWriter, r *http.Request) {
	g := s.group(w, r)
	var b map[string]string
	if g == nil || !s.decode(w, r, &b) {
		return
	}
	ref := b["@odata.id"]
	u := s.x.users[strings.ToLower(ref[strings.LastIndexByte(ref, '/')+1:])]
	switch {
	case u == nil:
		s.graphError(w, http.StatusNotFound, "Request_ResourceNotFound", "Resource '%s' does not exist.", ref)
	case g.Rule != "":
		s.graphError(w, http.StatusBadRequest, "Request_BadRequest", "The members of a dynamic group are chosen by its rule.")
	case slices.Contains(g.Members, u.ID):
		s.graphError(
			w,
			http.StatusBadRequest,
			"Request_BadRequest",
			"One or more added object references already exist for the following modified properties: 'members'.",
		)
	default:
		changed := *g
		changed.Members = append(slices.Clone(g.Members), u.ID)
		s.queue(&changed)
		w.WriteHeader(http.StatusNoContent)
	}
}

func (s *Server) removeMember(w http.ResponseWriter, r *http.Request) {
	g := s.group(w, r)
	if g == nil {
		return
	}
	changed := *g
	changed.Members = slices.DeleteFunc(slices.Clone(g.Members), func(id string) bool { return id == strings.ToLower(r.PathValue("user")) })
	s.queue(&changed)
	w.WriteHeader(http.StatusNoContent)
}

// assignGroup accepts what a group is to give, and leaves the members to
// later.
func (s *Server) assignGroup(w http.ResponseWriter, r *http.Request) {
	var b assignBody
	g := s.group(w, r)
	if g == nil || !s.decode(w, r, &b) {
		return
	}
	changed := *g
	changed.Licenses = slices.Clone(g.Licenses)
	if no := s.groupChange(&changed, b); no != "" {
		s.graphError(w, http.StatusBadRequest, "Request_BadRequest", "%s", string(no))
		return
	}
	s.queue(&changed)
	view, _ := s.groupView(w, r, &changed)
	w.Header().Set("Location", baseURL(r)+"/v1.0/groups/"+g.ID)
	reply(w, http.StatusAccepted, view)
}

func (s *Server) groupChange(g *Group, b assignBody) refusal {
	switch {
	case b.AddLicenses == nil:
		return missing("addLicenses")
	case b.RemoveLicenses == nil:
		return missing("removeLicenses")
	case len(*b.AddLicenses)+len(*b.RemoveLicenses) == 0:
		return "No license changes provided. At least one license to add or remove must be specified."
	case g.MailOnly:
		return "Licenses can be assigned to security-enabled groups only."
	}
	for _, id := range *b.RemoveLicenses {
		at := slices.IndexFunc(g.Licenses, func(l GroupLicense) bool { return l.SKU == strings.ToLower(id) })
		if at < 0 {
			return "Group does not have a corresponding license."
		}
		g.Licenses = slices.Delete(g.Licenses, at, at+1)
	}
	for _, add := range *b.AddLicenses {
		id := strings.ToLower(add.SKUID)
		if no := s.assignable(id); no != "" {
			return no
		}
		without, no := s.x.skus[id].switchedOff(add.DisabledPlans)
		if no != "" {
			return no
		}
		g.Licenses = slices.DeleteFunc(g.Licenses, func(l GroupLicense) bool { return l.SKU == id })
		g.Licenses = append(g.Licenses, GroupLicense{id, without})
	}
	return ""
}

// queue puts a changed group in line for the service.
func (s *Server) queue(g *Group) {
	due := s.now().Add(time.Duration(s.x.delays().Groups))
	g.Due = &due
	s.commit(change{Group: g})
}
