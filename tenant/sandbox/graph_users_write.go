package sandbox

import (
	"maps"
	"net/http"
	"strings"
)

// userWrite is the body of the requests with which a directory changes.
type userWrite struct {
	ID                *string `json:"id"` // lets a scenario choose it; the service does not
	UserPrincipalName *string `json:"userPrincipalName"`
	DisplayName       *string `json:"displayName"`
	AccountEnabled    *bool   `json:"accountEnabled"`
	UsageLocation     *string `json:"usageLocation"`
	MailNickname      *string `json:"mailNickname"`

	City       *string `json:"city"`
	Company    *string `json:"companyName"`
	Country    *string `json:"country"`
	Department *string `json:"department"`
	Employee   *string `json:"employeeType"`
	JobTitle   *string `json:"jobTitle"`
	Office     *string `json:"officeLocation"`

	Extensions map[string]string `json:"onPremisesExtensionAttributes"`
}

func (b userWrite) into(u *User) {
	if b.UserPrincipalName != nil {
		u.UPN = *b.UserPrincipalName
	}
	if b.DisplayName != nil {
		u.DisplayName = *b.DisplayName
	}
	if b.AccountEnabled != nil {
		u.Disabled = !*b.AccountEnabled
	}
	if b.UsageLocation != nil {
		u.UsageLocation = *b.UsageLocation
	}
	for name, text := range map[string]*string{"city": b.City, "companyName": b.Company, "country": b.Country, "department": b.Department,
		"employeeType": b.Employee, "jobTitle": b.JobTitle, "officeLocation": b.Office} {
		if text != nil {
			*u.attribute(name) = *text
		}
	}
	if len(b.Extensions) > 0 {
		u.Extensions = maps.Clone(u.Extensions)
		if u.Extensions == nil {
			u.Extensions = map[string]string{}
		}
		maps.Copy(u.Extensions, b.Extensions)
	}
}

func (s *Server) createUser(w http.ResponseWriter, r *http.Request) {
	var b userWrite
	if !s.decode(w, r, &b) {
		return
	}
	u := &User{ID: generatedID("user", len(s.x.Users)+s.calls)}
	if b.ID != nil {
		u.ID = strings.ToLower(*b.ID)
	}
	b.into(u)
	if u.UPN == "" {
		s.graphError(w, http.StatusBadRequest, "Request_BadRequest", "A value is required for property 'userPrincipalName' of resource 'User'.")
		return
	}
	if s.taken(u) || s.x.users[u.ID] != nil {
		s.graphError(
			w,
			http.StatusBadRequest,
			"Request_BadRequest",
			"Another object with the same value for property userPrincipalName already exists.",
		)
		return
	}
	s.commit(change{User: u})
	reply(w, http.StatusCreated, view(u, []string{"id", "userPrincipalName", "displayName"}))
}

// taken reports whether a user's name is empty or somebody else's.
func (s *Server) taken(u *User) bool {
	bearer := s.x.users[strings.ToLower(u.UPN)]
	return u.UPN == "" || bearer != nil && bearer.ID != u.ID
}

func (s *Server) patchUser(w http.ResponseWriter, r *http.Request) {
	var b userWrite
	u := s.user(w, r)
	if u == nil || !s.decode(w, r, &b) {
		return
	}
	changed := *u
	if b.into(&changed); s.taken(&changed) {
		s.graphError(
			w,
			http.StatusBadRequest,
			"Request_BadRequest",
			"Another object with the same value for property userPrincipalName already exists.",
		)
		return
	}
	s.commit(change{User: &changed})
	w.WriteHeader(http.StatusNoContent)
}

func (s *Server) deleteUser(w http.ResponseWriter, r *http.Request) {
	if u := s.user(w, r); u != nil {
		s.commit(change{DeletedUser: &DeletedUser{ID: u.ID, UPN: u.UPN, At: s.now().UTC()}})
		w.WriteHeader(http.StatusNoContent)
	}
}

// commit makes a change in memory and queues it for the journal.
func (s *Server) commit(c change) {
	if c.User != nil {
		s.rememberUser(c.User)
	}
	s.x.apply(c)
	s.store.add(c)
}
