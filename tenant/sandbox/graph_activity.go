package sandbox

import (
	"encoding/csv"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Activity is what the tenant tells of the use of accounts. Without it, the tenant lacks the
// license for sign-ins, and its report has nobody.
type Activity struct {
	SignIns   bool `json:"signIns,omitempty"`   // it has Microsoft Entra ID P1
	Older     bool `json:"older,omitempty"`     // accounts lack the property of successful sign-ins
	Concealed bool `json:"concealed,omitempty"` // the names in reports are pseudonyms
}

// activityPage is the largest page of a list with sign-ins. Source: Microsoft Graph, "List users".
const activityPage = 500

// asksForSignIns reports whether a request selects what needs a right of its own.
func asksForSignIns(r *http.Request) bool {
	return slices.Contains(strings.Split(r.URL.Query().Get("$select"), ","), "signInActivity")
}

// maySeeSignIns refuses a tenant without the license for sign-ins.
func (s *Server) maySeeSignIns(w http.ResponseWriter, r *http.Request) bool {
	if !asksForSignIns(r) || s.x.Activity != nil && s.x.Activity.SignIns {
		return true
	}
	s.graphError(w, http.StatusForbidden, "Authentication_RequestFromNonPremiumTenantOrB2CTenant",
		"Neither tenant is B2C or tenant doesn't have premium license")
	return false
}

// addActivity puts what depends on the clock into the view of a user.
func (s *Server) addActivity(row map[string]any, u *User, names []string) {
	ago := func(d Duration) string { return s.now().Add(-time.Duration(d)).UTC().Format(time.RFC3339) }
	if slices.Contains(names, "createdDateTime") {
		if row["createdDateTime"] = "2019-04-01T08:00:00Z"; u.Created != 0 {
			row["createdDateTime"] = ago(u.Created)
		}
	}
	if !slices.Contains(names, "signInActivity") {
		return
	}
	delete(row, "signInActivity") // an account that nobody ever used has none
	last := u.Attempted
	if u.SignedIn != 0 && (last == 0 || u.SignedIn < last) {
		last = u.SignedIn
	}
	if last == 0 {
		return
	}
	activity := map[string]any{"lastSignInDateTime": ago(last), "lastNonInteractiveSignInDateTime": "0001-01-01T00:00:00Z"}
	if u.SignedIn != 0 && !s.x.Activity.Older {
		activity["lastSuccessfulSignInDateTime"] = ago(u.SignedIn)
	}
	row["signInActivity"] = activity
}

// reportUsers leads to the report, as the service does: at another host, where a link is enough.
func (s *Server) reportUsers(w http.ResponseWriter, r *http.Request) {
	if !s.onlyQuery(w, r) {
		return
	}
	host := baseURL(r)
	if atHost(r.Host) != nobody {
		host = "https://" + hosts()[reports][0]
	}
	w.Header().Set("Location", host+"/data/download/"+generatedID("report "+s.x.ID, 0))
	w.WriteHeader(http.StatusFound)
}

// reportServices are the services of the report.
func reportServices() []string {
	return []string{"Exchange", "OneDrive", "SharePoint", "Skype For Business", "Yammer", "Teams"}
}

// downloadReport writes the report as CSV, with the byte order mark that the service writes.
func (s *Server) downloadReport(w http.ResponseWriter, r *http.Request) {
	if r.PathValue("report") != generatedID("report "+s.x.ID, 0) || r.Header.Get("Authorization") != "" {
		w.WriteHeader(http.StatusBadRequest) // a link is signed, and whoever sends a token with it gives that away
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	out := csv.NewWriter(w)
	head := []string{"\ufeffReport Refresh Date", "User Principal Name", "Display Name", "Is Deleted", "Deleted Date"}
	for _, service := range reportServices() {
		head = append(head, service+" Last Activity Date")
	}
	rows := [][]string{append(head, "Assigned Products")}
	day := func(at time.Time) string { return at.UTC().Format(time.DateOnly) }
	refreshed := s.now().AddDate(0, 0, -2) // it is late by two days
	for _, u := range s.x.Users {
		if s.x.Activity == nil {
			break
		}
		name := u.UPN
		if s.x.Activity.Concealed {
			name = strings.ToUpper(strings.ReplaceAll(generatedID("concealed "+u.ID, 0), "-", ""))
		}
		row := []string{day(refreshed), name, name, "False", ""}
		for _, service := range reportServices() {
			text := ""
			if ago, used := u.Used[service]; used && time.Duration(ago) < 180*24*time.Hour {
				text = day(s.now().Add(-time.Duration(ago)))
			}
			row = append(row, text)
		}
		rows = append(rows, append(row, ""))
	}
	_ = out.WriteAll(rows) // whoever asked is gone
}

// updated is when a license is given or changed; nil where the tenant tells of no activity.
func (s *Server) updated() *time.Time {
	if s.x.Activity == nil {
		return nil
	}
	now := s.now().UTC().Truncate(time.Second)
	return &now
}
