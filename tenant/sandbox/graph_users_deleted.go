package sandbox

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// keptDeleted is how long the service keeps a deleted account. Source: Microsoft Graph, "Delete
// a user".
const keptDeleted = 30 * 24 * time.Hour

// listDeletedUsers lists the accounts that can still be restored, with the id before the name.
func (s *Server) listDeletedUsers(w http.ResponseWriter, r *http.Request) {
	if !s.onlyQuery(w, r, "$select", "$top", "$skiptoken") {
		return
	}
	q := r.URL.Query()
	names := strings.Split(cmp.Or(q.Get("$select"), "id,userPrincipalName,deletedDateTime"), ",")
	rows := []map[string]any{}
	for _, d := range s.x.Deleted {
		if d.At.Before(s.now().Add(-keptDeleted)) {
			continue
		}
		all := map[string]any{"id": d.ID, "userPrincipalName": strings.ReplaceAll(d.ID, "-", "") + d.UPN,
			"deletedDateTime": d.At.Format(time.RFC3339)}
		row := map[string]any{}
		for _, name := range names {
			value, known := all[name]
			if !known {
				s.graphError(w, http.StatusBadRequest, "BadRequest", "Could not find a property named '%s' on type 'microsoft.graph.user'.", name)
				return
			}
			row[name] = value
		}
		rows = append(rows, row)
	}
	top, err := strconv.Atoi(cmp.Or(q.Get("$top"), strconv.Itoa(defaultPage)))
	from, wrong := strconv.Atoi(cmp.Or(q.Get("$skiptoken"), "0"))
	if err != nil || wrong != nil || top < 1 || top > maxPage || from < 0 || from > len(rows) {
		s.graphError(w, http.StatusBadRequest, "Request_BadRequest", "Invalid page size or page token specified.")
		return
	}
	end := min(from+top, len(rows))
	body := map[string]any{"@odata.context": "$metadata#users", "value": slices.Clone(rows[from:end])}
	if end < len(rows) {
		q.Set("$skiptoken", strconv.Itoa(end))
		next := url.URL{Path: r.URL.Path, RawQuery: q.Encode()}
		body["@odata.nextLink"] = baseURL(r) + next.String()
	}
	reply(w, http.StatusOK, body)
}
