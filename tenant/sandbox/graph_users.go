package sandbox

import (
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

func (s *Server) graphRoutes() {
	s.mux.HandleFunc("GET /v1.0/organization", s.getOrganization)
	s.mux.HandleFunc("GET /v1.0/subscribedSkus", s.getSKUs)
	s.mux.HandleFunc("GET /v1.0/subscribedSkus/{id}", s.getSKU)
	s.mux.HandleFunc("GET /v1.0/directory/subscriptions", s.listSubscriptions)
	s.mux.HandleFunc("GET /v1.0/directory/deletedItems/microsoft.graph.user", s.listDeletedUsers)
	s.mux.HandleFunc("GET /v1.0/auditLogs/directoryAudits", s.listAudits)
	s.mux.HandleFunc("GET /v1.0/reports/getOffice365ActiveUserDetail(period='D180')", s.reportUsers)
	s.mux.HandleFunc("GET /data/download/{report}", s.downloadReport)
	s.mux.HandleFunc("GET /v1.0/users", s.listUsers)
	s.mux.HandleFunc("POST /v1.0/users", s.createUser)
	s.mux.HandleFunc("GET /v1.0/users/{id}", s.getUser)
	s.mux.HandleFunc("GET /v1.0/users/{id}/licenseDetails", s.licenseDetails)
	s.mux.HandleFunc("PATCH /v1.0/users/{id}", s.patchUser)
	s.mux.HandleFunc("DELETE /v1.0/users/{id}", s.deleteUser)
	s.mux.HandleFunc("POST /v1.0/users/{id}/assignLicense", s.assignLicense)
	s.mux.HandleFunc("POST /v1.0/$batch", s.batch)
}

func (s *Server) getOrganization(w http.ResponseWriter, r *http.Request) {
	if s.onlyQuery(w, r, "$select") {
		reply(w, http.StatusOK, map[string]any{"value": []any{map[string]string{"id": s.x.ID, "displayName": s.x.Name}}})
	}
}

// userProperty gives every property of a user that this tenant models, in the
// shape of the wire.
func userProperty(u *User, name string) (any, bool) {
	switch name {
	case "id":
		return u.ID, true
	case "userPrincipalName":
		return u.UPN, true
	case "displayName":
		return u.DisplayName, true
	case "accountEnabled":
		return !u.Disabled, true
	case "usageLocation":
		return nullable(u.UsageLocation), true
	case "userType":
		if u.UserType == "" {
			return "Member", true
		}
		return u.UserType, true
	case "onPremisesExtensionAttributes":
		return extensionAttributes(u), true
	case "createdDateTime", "signInActivity":
		return nil, true // which depend on the clock
	case "assignedLicenses":
		return assignedLicenses(u), true
	case "licenseAssignmentStates":
		return assignmentStates(u), true
	}
	if text := u.attribute(name); text != nil {
		return nullable(*text), true
	}
	return nil, false
}

// attribute is what a user has under one of the names of Microsoft Graph for texts; nil for others.
func (u *User) attribute(name string) *string {
	return map[string]*string{"city": &u.City, "companyName": &u.Company, "country": &u.Country, "department": &u.Department,
		"employeeType": &u.Employee, "jobTitle": &u.JobTitle, "officeLocation": &u.Office}[name]
}

// extensionAttributes are all fifteen, with null for those that nobody wrote.
func extensionAttributes(u *User) map[string]any {
	all := map[string]any{}
	for n := range 15 {
		name := fmt.Sprintf("extensionAttribute%d", n+1)
		all[name] = nullable(u.Extensions[name])
	}
	return all
}

func nullable(s string) any {
	if s == "" {
		return nil
	}
	return s
}

type assignedLicense struct {
	SKUID         string   `json:"skuId"`
	DisabledPlans []string `json:"disabledPlans"`
}

// assignedLicenses is the merged view: a plan is disabled where every source
// disables it.
func assignedLicenses(u *User) []assignedLicense {
	merged := []assignedLicense{}
	for _, id := range slices.Sorted(maps.Keys(covered(u))) {
		var without []string
		first := true
		for _, l := range u.Licenses {
			if strings.ToLower(l.SKU) != id || l.Error != "" {
				continue
			}
			if first {
				without = slices.Clone(l.Without)
			}
			without = slices.DeleteFunc(without, func(p string) bool { return !slices.Contains(l.Without, p) })
			first = false
		}
		merged = append(merged, assignedLicense{id, notNull(without)})
	}
	return merged
}

type assignmentState struct {
	SKUID           string   `json:"skuId"`
	AssignedByGroup any      `json:"assignedByGroup"`
	DisabledPlans   []string `json:"disabledPlans"`
	State           string   `json:"state"`
	Error           string   `json:"error"`
	Updated         string   `json:"lastUpdatedDateTime,omitempty"`
}

func assignmentStates(u *User) []assignmentState {
	states := []assignmentState{}
	for _, l := range u.Licenses {
		state := assignmentState{l.SKU, nullable(l.Group), notNull(l.Without), "Active", "None", ""}
		if l.Updated != nil {
			state.Updated = l.Updated.UTC().Format(time.RFC3339)
		}
		if l.Error != "" {
			state.State, state.Error = "Error", l.Error
		}
		states = append(states, state)
	}
	return states
}

func notNull(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// selected returns the properties that $select names, or the defaults, which
// include nothing about licenses.
func (s *Server) selected(w http.ResponseWriter, r *http.Request) ([]string, bool) {
	text := r.URL.Query().Get("$select")
	if text == "" {
		return []string{"id", "userPrincipalName", "displayName"}, true
	}
	names := strings.Split(text, ",")
	for _, name := range names {
		if _, ok := userProperty(&User{}, name); !ok {
			s.graphError(w, http.StatusBadRequest, "BadRequest", "Could not find a property named '%s' on type 'microsoft.graph.user'.", name)
			return nil, false
		}
	}
	return names, true
}

func view(u *User, names []string) map[string]any {
	m := make(map[string]any, len(names))
	for _, name := range names {
		m[name], _ = userProperty(u, name)
	}
	return m
}

func baseURL(r *http.Request) string {
	u := url.URL{Scheme: "http", Host: r.Host}
	if r.TLS != nil {
		u.Scheme = "https"
	}
	return u.String()
}

// user finds the user of the path by id or UPN, or answers 404.
func (s *Server) user(w http.ResponseWriter, r *http.Request) *User {
	id := r.PathValue("id")
	u := s.x.users[strings.ToLower(id)]
	if u == nil || s.shownUser(u) == nil { // or not seen everywhere yet
		s.graphError(w, http.StatusNotFound, "Request_ResourceNotFound",
			"Resource '%s' does not exist or one of its queried reference-property objects are not present.", id)
		return nil
	}
	return u
}

func (s *Server) getUser(w http.ResponseWriter, r *http.Request) {
	if !s.onlyQuery(w, r, "$select") {
		return
	}
	names, ok := s.selected(w, r)
	if !ok || !s.maySeeSignIns(w, r) {
		return
	}
	u := s.user(w, r)
	switch {
	case u == nil:
	case asksForSignIns(r) && r.PathValue("id") != u.ID: // sign-ins are found by id only
		s.graphError(w, http.StatusBadRequest, "BadRequest", "Get By Key only supports UserId and the key has to be a valid Guid")
	default:
		row := view(s.shownUser(u), names)
		s.addActivity(row, u, names)
		reply(w, http.StatusOK, row)
	}
}

// licenseDetails shows what a user has by any source, with the service plans
// as they are switched.
func (s *Server) licenseDetails(w http.ResponseWriter, r *http.Request) {
	u := s.user(w, r)
	if u == nil || !s.onlyQuery(w, r, "$select") {
		return
	}
	rows := []any{}
	for _, l := range assignedLicenses(s.shownUser(u)) {
		sku := s.x.skus[l.SKUID]
		plans := []any{}
		for _, p := range sku.Plans {
			status, applies := "Success", p.AppliesTo
			if slices.Contains(l.DisabledPlans, p.ID) {
				status = "Disabled"
			}
			if applies == "" {
				applies = "User"
			}
			plans = append(
				plans,
				map[string]string{"servicePlanId": p.ID, "servicePlanName": p.Name, "provisioningStatus": status, "appliesTo": applies},
			)
		}
		rows = append(
			rows,
			map[string]any{
				"id":            base64.RawURLEncoding.EncodeToString([]byte(u.ID + l.SKUID)),
				"skuId":         sku.ID,
				"skuPartNumber": sku.PartNumber,
				"servicePlans":  plans,
			},
		)
	}
	reply(w, http.StatusOK, map[string]any{"@odata.context": "$metadata#users('" + u.ID + "')/licenseDetails", "value": rows})
}
