package sandbox

import (
	"net/http"
	"strings"
)

// DataPolicy is a data policy of the Power Platform. The sandbox suspends nothing by it: a flow has
// the state that its file says.
type DataPolicy struct {
	ID           string   `json:"id"`
	Name         string   `json:"name"`
	Where        string   `json:"where"` // AllEnvironments, OnlyEnvironments or ExceptEnvironments
	Environments []string `json:"environments,omitempty"`
}

func (s *Server) listPolicies(w http.ResponseWriter, r *http.Request) {
	if !s.onlyQuery(w, r) {
		return
	}
	rows := []any{}
	for _, p := range s.x.Policies {
		environments := []any{}
		for _, id := range p.Environments {
			environments = append(environments, map[string]string{
				"name": id, "id": strings.TrimSuffix(administration, "/") + "/scopes/admin/environments/" + id,
				"type": "Microsoft.BusinessAppPlatform/scopes/environments",
			})
		}
		rows = append(rows, map[string]any{"policyDefinition": map[string]any{
			"name": p.ID, "displayName": p.Name, "defaultConnectorsClassification": "General", "environmentType": p.Where,
			"environments": environments, "connectorGroups": []any{},
		}})
	}
	reply(w, http.StatusOK, map[string]any{"value": rows})
}
