package sandbox

import (
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
)

// Page sizes of the service.
const (
	defaultPage = 100
	maxPage     = 999
)

func (s *Server) listUsers(w http.ResponseWriter, r *http.Request) {
	if !s.onlyQuery(w, r, "$select", "$top", "$skiptoken", "$filter") {
		return
	}
	names, ok := s.selected(w, r)
	if !ok || !s.maySeeSignIns(w, r) {
		return
	}
	q := r.URL.Query()
	if filter := q.Get("$filter"); filter != "" {
		s.findUser(w, filter, names)
		return
	}
	top, ok := s.pageSize(w, r)
	if !ok {
		return
	}
	start, ok := s.skip(q.Get("$skiptoken"))
	if !ok {
		s.graphError(
			w,
			http.StatusBadRequest,
			"Directory_ExpiredPageToken",
			"The specified page token value has expired and can no longer be included in your request.",
		)
		return
	}
	end := min(start+top, len(s.x.Users))
	page := make([]map[string]any, 0, end-start)
	for _, u := range s.x.Users[start:end] {
		if shown := s.shownUser(u); shown != nil {
			row := view(shown, names)
			s.addActivity(row, u, names)
			page = append(page, row)
		}
	}
	body := map[string]any{"@odata.context": "$metadata#users", "value": page}
	if end < len(s.x.Users) {
		q.Set("$skiptoken", base64.RawURLEncoding.EncodeToString([]byte(s.x.Users[end-1].ID)))
		body["@odata.nextLink"] = baseURL(r) + r.URL.Path + "?" + q.Encode()
	}
	reply(w, http.StatusOK, body)
}

// pageSize is how many users a page has, or an answer that refuses another size.
func (s *Server) pageSize(w http.ResponseWriter, r *http.Request) (top int, ok bool) {
	top = defaultPage
	if text := r.URL.Query().Get("$top"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > maxPage {
			s.graphError(
				w,
				http.StatusBadRequest,
				"Request_BadRequest",
				"Invalid page size specified: '%s'. Must be between 1 and 999 inclusive.",
				text,
			)
			return 0, false
		}
		top = n
	}
	if asksForSignIns(r) {
		top = min(top, activityPage)
	}
	return top, true
}

// skip finds where the page after a token starts: behind the user it names.
func (s *Server) skip(token string) (int, bool) {
	if token == "" {
		return 0, true
	}
	id, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || s.x.users[string(id)] == nil {
		return 0, false
	}
	return s.x.place[string(id)] + 1, true
}

// findUser answers a filter that names one user by name or id; others are not
// modelled.
func (s *Server) findUser(w http.ResponseWriter, filter string, names []string) {
	value, ok := equality(filter, "userPrincipalName")
	if !ok {
		value, ok = equality(filter, "id")
	}
	if !ok {
		s.graphError(
			w,
			http.StatusBadRequest,
			"Request_UnsupportedQuery",
			"Unsupported or invalid query filter clause specified for property of resource 'User'.",
		)
		return
	}
	page := []map[string]any{}
	if u := s.x.users[strings.ToLower(value)]; u != nil {
		if shown := s.shownUser(u); shown != nil {
			page = append(page, view(shown, names))
		}
	}
	reply(w, http.StatusOK, map[string]any{"@odata.context": "$metadata#users", "value": page})
}

// equality takes the value out of a filter "property eq 'value'", where a quote
// is doubled.
func equality(filter, property string) (string, bool) {
	rest, ok := strings.CutPrefix(filter, property+" eq '")
	quoted, closed := strings.CutSuffix(rest, "'")
	return strings.ReplaceAll(quoted, "''", "'"), ok && closed
}
