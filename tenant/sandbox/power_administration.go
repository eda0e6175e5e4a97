package sandbox

import (
	"net/http"
	"strings"
)

const administration = "/providers/Microsoft.BusinessAppPlatform/"

func (s *Server) administrationRoutes() {
	s.mux.HandleFunc("GET "+administration+"adminApplications", s.listManagementApplications)
	s.mux.HandleFunc("PUT "+administration+"adminApplications/{id}", s.registerApplication)
	s.mux.HandleFunc("GET "+administration+"scopes/admin/environments", s.listAdministered)
	s.mux.HandleFunc("GET "+administration+"environments", s.listAdministered)
	s.mux.HandleFunc("GET /providers/PowerPlatform.Governance/v2/policies", s.listPolicies)
	s.mux.HandleFunc("GET /subscriptions", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, http.StatusOK, map[string]any{"value": []any{}})
	})
	s.mux.HandleFunc("GET /tenants", func(w http.ResponseWriter, _ *http.Request) {
		reply(
			w,
			http.StatusOK,
			map[string]any{"value": []any{map[string]string{"id": "/tenants/" + s.x.ID, "tenantId": s.x.ID, "displayName": s.x.Name}}},
		)
	})
	s.mux.HandleFunc("GET /metadata/endpoints", s.cloudMetadata)
}

// administered refuses versions and queries that these routes do not model.
func (s *Server) administered(w http.ResponseWriter, r *http.Request) bool {
	if r.URL.Query().Get("api-version") == "" {
		reply(
			w,
			http.StatusBadRequest,
			map[string]any{
				"error": map[string]string{
					"code":    "MissingApiVersionParameter",
					"message": "The api-version query parameter (?api-version=) is required for all requests.",
				},
			},
		)
		return false
	}
	return s.onlyQuery(w, r, "api-version", "$expand", "$top", "$select")
}

func (s *Server) listManagementApplications(w http.ResponseWriter, r *http.Request) {
	if !s.administered(w, r) {
		return
	}
	rows := []any{}
	for _, a := range s.x.Applications {
		if a.Management {
			rows = append(rows, map[string]string{"applicationId": a.ID})
		}
	}
	reply(w, http.StatusOK, map[string]any{"value": rows})
}

// registerApplication makes a program an administrator of the Power Platform,
// which only a person who is one can do.
func (s *Server) registerApplication(w http.ResponseWriter, r *http.Request) {
	app := s.x.application(r.PathValue("id"))
	if !s.administered(w, r) {
		return
	}
	if app == nil {
		reply(
			w,
			http.StatusNotFound,
			map[string]any{"error": map[string]string{"code": "ApplicationNotFound", "message": "The application was not found in the tenant."}},
		)
		return
	}
	changed := *app
	changed.Management = true
	s.commit(change{Application: &changed})
	reply(w, http.StatusOK, map[string]string{"applicationId": app.ID})
}

func (s *Server) listAdministered(w http.ResponseWriter, r *http.Request) {
	if !s.administered(w, r) {
		return
	}
	rows := []any{}
	for _, e := range s.x.Environments {
		properties := map[string]any{
			"displayName":    e.Name,
			"environmentSku": e.Type,
			"isDefault":      false,
			"states":         map[string]any{"management": map[string]string{"id": "Ready"}},
		}
		if !e.NoDataverse {
			properties["linkedEnvironmentMetadata"] = map[string]string{
				"friendlyName":   e.Name,
				"instanceUrl":    organisationURL(r, e),
				"instanceApiUrl": organisationURL(r, e),
			}
		}
		rows = append(
			rows,
			map[string]any{
				"id":         strings.TrimSuffix(administration, "/") + "/environments/" + e.ID,
				"name":       e.ID,
				"location":   "europe",
				"type":       "Microsoft.BusinessAppPlatform/environments",
				"properties": properties,
			},
		)
	}
	reply(w, http.StatusOK, map[string]any{"value": rows})
}

// cloudMetadata tells clients of Azure where the services of this cloud are.
func (s *Server) cloudMetadata(w http.ResponseWriter, r *http.Request) {
	at := func(real string) string {
		if atHost(r.Host) != nobody {
			return "https://" + real
		}
		return baseURL(r)
	}
	reply(w, http.StatusOK, map[string]any{
		"name": "AzureCloud", "portal": at("portal.azure.com"), "resourceManager": at("management.azure.com") + "/",
		"microsoftGraphResourceId": at("graph.microsoft.com") + "/", "graph": at("graph.windows.net") + "/",
		"authentication": map[string]any{
			"loginEndpoint":    at("login.microsoftonline.com") + "/",
			"audiences":        []string{"https://management.core.windows.net/", "https://management.azure.com/"},
			"tenant":           "common",
			"identityProvider": "AAD",
		},
		"suffixes": map[string]string{},
	})
}
