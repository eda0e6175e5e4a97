package sandbox

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Audit is the log of the directory: who changed the licenses of whom. A tenant keeps one
// where its file has it, also an empty one.
type Audit struct {
	// Shape is how an entry tells of licenses: "properties" of the person, a "sibling"
	// entry of the same moment, or "chunks" of details. The service has all three.
	Shape        string   `json:"shape,omitempty"`
	NoDateFilter bool     `json:"noDateFilter,omitempty"` // a filter by date is refused, as in some tenants
	Delay        Duration `json:"delay,omitempty"`        // until an entry can be read
	Days         int      `json:"days,omitempty"`         // that entries are kept; 30 unless written
	Entries      []*Entry `json:"entries,omitempty"`
}

// Entry is one change of somebody's licenses.
type Entry struct {
	Number int       `json:"number"` // from 1
	At     time.Time `json:"at,omitzero"`
	Ago    Duration  `json:"ago,omitempty"` // how long ago it was, in the place of a moment, so that a file does not grow old
	By     string    `json:"by"`            // a user principal name, or the name of an application
	User   string    `json:"user"`
	Before []License `json:"before,omitempty"` // direct ones
	After  []License `json:"after,omitempty"`
}

// moment is when an entry was made.
func (e *Entry) moment(now time.Time) time.Time {
	if e.Ago > 0 {
		return now.Add(-time.Duration(e.Ago)).UTC()
	}
	return e.At
}

// byHeader names who sends a request to a tenant that asks for no sign-in.
const byHeader = "Sandbox-By"

// audited is the entry of a change of a user; nil where the tenant keeps no log.
func (s *Server) audited(r *http.Request, before, after *User) *Entry {
	if s.x.Audit == nil {
		return nil
	}
	direct := func(u *User) []License {
		return slices.DeleteFunc(slices.Clone(u.Licenses), func(l License) bool { return l.Group != "" })
	}
	by := r.Header.Get(byHeader)
	if by == "" {
		by = "usher"
	}
	if token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		if c, err := s.verify(token); err == nil {
			if by = c.AppName; c.UPN != "" {
				by = c.UPN
			}
		}
	}
	return &Entry{Number: len(s.x.Audit.Entries) + 1, At: s.now().UTC(), By: by, User: after.ID, Before: direct(before), After: direct(after)}
}

// listAudits answers with the newest first.
func (s *Server) listAudits(w http.ResponseWriter, r *http.Request) {
	if !s.onlyQuery(w, r, "$filter", "$top", "$skiptoken") {
		return
	}
	q := r.URL.Query()
	since, problem := s.auditFilter(q.Get("$filter"))
	if problem != "" {
		s.graphError(w, http.StatusBadRequest, "BadRequest", "%s", problem)
		return
	}
	rows := s.auditRows(since)
	from, top := 0, len(rows)
	if text, err := base64.RawURLEncoding.DecodeString(q.Get("$skiptoken")); err == nil && len(text) > 0 {
		from, _ = strconv.Atoi(string(text))
	}
	if n, err := strconv.Atoi(q.Get("$top")); err == nil && n > 0 {
		top = n
	}
	end := min(from+top, len(rows))
	body := map[string]any{"@odata.context": "$metadata#auditLogs/directoryAudits", "value": rows[min(from, end):end]}
	if end < len(rows) {
		q.Set("$skiptoken", base64.RawURLEncoding.EncodeToString([]byte(strconv.Itoa(end))))
		body["@odata.nextLink"] = baseURL(r) + r.URL.Path + "?" + q.Encode()
	}
	reply(w, http.StatusOK, body)
}

// auditFilter reads a filter: by category, by date, or by both.
func (s *Server) auditFilter(filter string) (since time.Time, problem string) {
	for _, part := range strings.Split(filter, " and ") {
		date, dated := strings.CutPrefix(part, "activityDateTime ge ")
		at, err := time.Parse(time.RFC3339, date)
		switch {
		case part == "category eq 'UserManagement'":
		case dated && err == nil && (s.x.Audit == nil || !s.x.Audit.NoDateFilter):
			since = at
		default:
			return since, "Invalid filter clause"
		}
	}
	return since, ""
}

// auditRows are the entries since a moment, in the shape of the wire.
func (s *Server) auditRows(since time.Time) []any {
	rows := []any{}
	if s.x.Audit == nil {
		return rows
	}
	days := s.x.Audit.Days
	if days == 0 {
		days = 30
	}
	if kept := s.now().AddDate(0, 0, -days); since.Before(kept) {
		since = kept
	}
	until := s.now().Add(-time.Duration(s.x.Audit.Delay))
	for i, e := range slices.Backward(s.x.Audit.Entries) {
		if at := e.moment(s.now()); !at.Before(since) && !at.After(until) {
			rows = append(rows, s.auditRow(i, e)...)
		}
	}
	return rows
}

// auditRow is an entry as the service writes it: one row or several.
func (s *Server) auditRow(i int, e *Entry) []any {
	row := func(n int, activity string, properties []any, details []any) any {
		var user, app any
		if strings.Contains(e.By, "@") {
			user = map[string]any{"id": generatedID("actor "+e.By, 0), "userPrincipalName": e.By}
		} else {
			app = map[string]any{"displayName": e.By, "appId": nil, "servicePrincipalId": generatedID("principal "+e.By, 0)}
		}
		upn := ""
		if u := s.x.users[e.User]; u != nil {
			upn = u.UPN
		}
		return map[string]any{
			"id": fmt.Sprintf("Directory_%d_%d", i, n), "category": "UserManagement", "correlationId": generatedID("correlation", i),
			"result": "success", "activityDisplayName": activity, "activityDateTime": e.moment(s.now()).Format(time.RFC3339),
			"loggedByService": "Core Directory", "initiatedBy": map[string]any{"user": user, "app": app},
			"targetResources":   []any{map[string]any{"id": e.User, "type": "User", "userPrincipalName": upn, "modifiedProperties": properties}},
			"additionalDetails": details,
		}
	}
	before, after := s.licenseTexts(e.Before), s.licenseTexts(e.After)
	properties := []any{map[string]any{"displayName": "AssignedLicense", "oldValue": string(compact(before)),
		"newValue": string(compact(after))}}
	switch s.x.Audit.Shape {
	case "sibling":
		return []any{row(0, "Change user license", []any{}, []any{}), row(1, "Update user", properties, []any{})}
	case "chunks":
		text := string(compact([]any{map[string]any{"Name": "AssignedLicense", "OldValue": before, "NewValue": after}}))
		var rows []any
		const size = 200
		for n := 0; n*size < len(text); n++ {
			rows = append(rows, row(n, "Change user license", []any{}, []any{
				map[string]any{"key": "id", "value": generatedID("chunks", i)},
				map[string]any{"key": "seq", "value": strconv.Itoa(n)},
				map[string]any{"key": "b", "value": text[n*size : min((n+1)*size, len(text))]},
			}))
		}
		slices.Reverse(rows)
		return rows
	}
	return []any{row(0, "Change user license", properties, []any{})}
}

// licenseTexts are licenses as the log writes them.
func (s *Server) licenseTexts(all []License) []string {
	texts := []string{}
	for _, l := range all {
		name := ""
		if sku := s.x.skus[strings.ToLower(l.SKU)]; sku != nil {
			name = sku.PartNumber
		}
		texts = append(texts, fmt.Sprintf("[SkuName=%s, AccountId=%s, SkuId=%s, DisabledPlans=[%s]]",
			name, s.x.ID, l.SKU, strings.Join(l.Without, ", ")))
	}
	return texts
}
