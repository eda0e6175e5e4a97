package sandbox

import (
	"net"
	"net/http"
	"slices"
	"strings"
)

// service is one of the services that the tenant answers for.
type service string

const (
	login      service = "login"
	graph      service = "graph"
	power      service = "power platform"
	admin      service = "administration of the power platform"
	purchase   service = "purchase"
	dataverseS service = "dataverse"
	resources  service = "azure resource manager"
	storage    service = "azure storage" // which others answer for; its tokens are issued here
	reports    service = "reports"       // where links lead that need no token
	own        service = "sandbox"
	nobody     service = ""
)

// hosts says which service answers at each of Microsoft's hosts, in all of its
// clouds.
func hosts() map[service][]string {
	return map[service][]string{
		login: {
			"login.microsoftonline.com",
			"login.windows.net",
			"login.microsoft.com",
			"sts.windows.net",
			"login.microsoftonline.us",
			"login.chinacloudapi.cn",
		},
		graph: {"graph.microsoft.com", "graph.microsoft.us", "dod-graph.microsoft.us", "microsoftgraph.chinacloudapi.cn"},
		power: {
			"api.powerplatform.com",
			"api.gov.powerplatform.microsoft.us",
			"api.high.powerplatform.microsoft.us",
			"api.appsplatform.us",
			"api.powerplatform.partner.microsoftonline.cn",
		},
		admin: {
			"api.bap.microsoft.com",
			"gov.api.bap.microsoft.us",
			"high.api.bap.microsoft.us",
			"api.bap.appsplatform.us",
			"api.bap.partner.microsoftonline.cn",
		},
		purchase:  {"licensing.m365.microsoft.com"},
		resources: {"management.azure.com"},
		reports:   {"reportsncu.office.com"},
	}
}

// organisationHosts is what hosts of Dataverse organisations end in.
func organisationHosts() []string {
	return []string{".dynamics.com", ".microsoftdynamics.us", ".crm.appsplatform.us", ".dynamics.cn"}
}

// Known reports whether the tenant answers for a host.
func Known(host string) bool { return atHost(host) != nobody }

func atHost(host string) service {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.ToLower(host)
	for s, names := range hosts() {
		if slices.Contains(names, host) {
			return s
		}
	}
	if slices.ContainsFunc(organisationHosts(), func(suffix string) bool { return strings.HasSuffix(host, suffix) }) {
		return dataverseS
	}
	return nobody
}

// atPath is the service that a path belongs to. Where all services share one
// host, it alone decides.
func atPath(path string) service {
	for _, p := range []struct {
		prefix string
		s      service
	}{
		{"/v1.0/policies/AllowSelfServicePurchase", purchase}, {"/v1.0/", graph}, {"/licensing/", power},
		{"/environmentmanagement/", power}, {"/powerautomate/", power}, {"/authorization/", power},
		{"/providers/Microsoft.BusinessAppPlatform/", admin}, {"/providers/PowerPlatform.Governance/", admin},
		{"/dataverse/", dataverseS}, {"/sandbox/", own}, {"/data/download/", reports},
		{"/subscriptions", resources}, {"/metadata/", resources}, {"/tenants", resources},
	} {
		if strings.HasPrefix(path, p.prefix) {
			return p.s
		}
	}
	for _, word := range []string{"/oauth2/", "/.well-known/", "/discovery/", "/userrealm/"} {
		if strings.Contains(strings.ToLower(path), word) {
			return login
		}
	}
	return nobody
}

// route finds the service of a request, and brings the path of a Dataverse
// organisation with a host of its own into the form that the routes have.
func (s *Server) route(r *http.Request) service {
	at := atHost(r.Host)
	if at == dataverseS {
		for _, e := range s.x.Environments {
			if strings.HasPrefix(strings.ToLower(r.Host), organisationName(e)+".") {
				r.URL.Path, r.URL.RawPath = "/dataverse/"+e.ID+r.URL.Path, ""
				return dataverseS
			}
		}
		return nobody
	}
	path := atPath(r.URL.Path)
	if at != nobody && at != path {
		return nobody // a service knows only what is its own
	}
	return path
}

// organisationName is the first part of the host of an environment's
// organisation.
func organisationName(e *Environment) string {
	return "org" + strings.ReplaceAll(e.ID, "-", "")[:min(8, len(strings.ReplaceAll(e.ID, "-", "")))]
}

// organisationURL is the address of an environment's organisation, for somebody
// who sent a request.
func organisationURL(r *http.Request, e *Environment) string {
	if atHost(r.Host) != nobody {
		return "https://" + organisationName(e) + ".crm4.dynamics.com"
	}
	return baseURL(r) + "/dataverse/" + e.ID
}

// audiences are what tokens for a service are issued for.
func audiences(at service) []string {
	switch at {
	case graph:
		return append(urls(graph), "00000003-0000-0000-c000-000000000000")
	case power:
		return append(urls(power), "8578e004-a5c6-46e7-913e-12f58912df43")
	case admin:
		return append(
			urls(admin),
			"https://service.powerapps.com",
			"https://service.powerapps.us",
			"https://gov.service.powerapps.us",
			"https://high.service.powerapps.us",
			"https://high.service.apps.appsplatform.us",
			"https://service.apps.appsplatform.us",
			"https://service.powerapps.cn",
		)
	case purchase:
		return []string{"aeb86249-8ea3-49e2-900b-54cc8e308f85"}
	case resources:
		return []string{"https://management.azure.com", "https://management.core.windows.net"}
	case storage:
		return []string{"https://storage.azure.com"}
	}
	return nil
}

func urls(at service) []string {
	var all []string
	for _, host := range hosts()[at] {
		all = append(all, "https://"+host)
	}
	return all
}

// audienceOf finds what a token for a resource is for: a service of the tenant,
// or a Dataverse organisation.
func (s *Server) audienceOf(r *http.Request, resource string) (service, bool) {
	resource = strings.TrimSuffix(resource, "/")
	if slices.Contains(s.x.Unknown, resource) {
		return nobody, false
	}
	for _, at := range []service{graph, power, admin, purchase, resources, storage} {
		if slices.Contains(audiences(at), resource) {
			return at, true
		}
	}
	if resource == baseURL(r) {
		return dataverseS, true
	}
	host, ok := strings.CutPrefix(resource, "https://")
	return dataverseS, ok && atHost(host) == dataverseS
}
