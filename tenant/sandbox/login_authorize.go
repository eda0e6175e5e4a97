package sandbox

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// authorize decides whether a request may be answered at all, and answers it
// itself where not, as the service would.
func (s *Server) authorize(w http.ResponseWriter, r *http.Request, at service) bool {
	if s.opts.Open || len(s.x.Applications) == 0 || at == login || at == own || at == reports || at == nobody {
		return true
	}
	if r.URL.Path == "/metadata/endpoints" {
		return true
	}
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		s.unauthorized(w, at, "Access token is empty.")
		return false
	}
	c, err := s.verify(token)
	app := s.x.application(c.AppID)
	switch {
	case err != nil || app == nil || c.RefreshOnly:
		s.unauthorized(w, at, "Lifetime validation failed, the token is expired or not one of this tenant's.")
		return false
	case !s.meantFor(r, at, c.For):
		s.unauthorized(w, at, "Access token validation failure. Invalid audience.")
		return false
	}
	b := bearer{app: app}
	if c.UPN != "" {
		if b.user = s.x.users[strings.ToLower(c.UPN)]; b.user == nil {
			s.unauthorized(w, at, "The user of the token is gone.")
			return false
		}
	}
	return s.permitted(w, r, at, b)
}

// meantFor reports whether a token is for the service that it was sent to.
func (s *Server) meantFor(r *http.Request, at service, audience string) bool {
	audience = strings.TrimSuffix(audience, "/")
	if at == dataverseS {
		return audience == baseURL(r) || audience == "https://"+strings.ToLower(r.Host)
	}
	return slices.Contains(audiences(at), audience)
}

// permitted asks the service's own kind of permission.
func (s *Server) permitted(w http.ResponseWriter, r *http.Request, at service, b bearer) bool {
	reads := r.Method == http.MethodGet
	switch at {
	case graph:
		needs, known := s.graphPermissions(r)
		if known && !b.may(needs) || asksForSignIns(r) && !b.may([]string{"AuditLog.Read.All"}) {
			s.graphError(w, http.StatusForbidden, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
			return false
		}
	case power, admin:
		if b.administers(at, reads) {
			return true
		}
		s.notAdministrator(w, r, at, b)
		return false
	case dataverseS:
		return s.memberOf(w, r, b, reads)
	case purchase:
		if !b.bills(reads) {
			reply(
				w,
				http.StatusForbidden,
				map[string]string{"errorCode": "Forbidden", "reason": "The caller lacks the permission for this operation."},
			)
			return false
		}
	}
	return true
}

// administers reports whether somebody may use the Power Platform's APIs.
func (b bearer) administers(at service, reads bool) bool {
	if b.app.Management || at == power && (b.app.Role == "Contributor" || b.app.Role == "Owner" || b.app.Role == "Reader" && reads) {
		return true
	}
	return b.user != nil && (b.is("Power Platform Administrator") || b.is("Global Administrator"))
}

func (b bearer) bills(reads bool) bool {
	if b.user == nil && (slices.Contains(b.app.Purchase, "Policy.ReadWrite.AllowSelfServicePurchase") ||
		reads && slices.Contains(b.app.Purchase, "Policy.Read.AllowSelfServicePurchase")) {
		return true
	}
	return b.is("Billing Administrator") || b.is("Global Administrator") || reads && b.is("Global Reader")
}

// notAdministrator is how the Power Platform refuses a program that nobody
// registered: the licensing routes with nothing at all.
func (s *Server) notAdministrator(w http.ResponseWriter, r *http.Request, at service, b bearer) {
	switch {
	case at == admin:
		reply(w, http.StatusForbidden, map[string]any{"error": map[string]string{"code": "Forbidden",
			"message": "The service principal for application " + b.app.ID +
				" does not have permission to access the path '" + r.URL.Path + "' in tenant " + s.x.ID + "."}})
	case strings.HasPrefix(r.URL.Path, "/licensing/"):
		w.WriteHeader(http.StatusForbidden)
	default:
		reply(w, http.StatusForbidden, map[string]string{"code": "ForbiddenAccess", "message": "Caller is not an authorized app."})
	}
}

// memberOf asks whether somebody is a user of a Dataverse organisation, and
// has a role that lets them read or write there.
func (s *Server) memberOf(w http.ResponseWriter, r *http.Request, b bearer, reads bool) bool {
	id := strings.SplitN(strings.TrimPrefix(r.URL.Path, "/dataverse/"), "/", 2)[0]
	role := b.app.Dataverse[strings.ToLower(id)]
	switch {
	case role == "":
		s.graphError(w, http.StatusForbidden, "0x80072560", "The user is not a member of the organization.")
	case role == "write" || reads && role != "none":
		return true
	default:
		privilege := map[bool]string{true: "prvRead", false: "prvWrite"}[reads] + "flowcapacityassignment"
		if strings.Contains(r.URL.Path, "/workflows") {
			privilege = strings.TrimSuffix(privilege, "flowcapacityassignment") + "Workflow"
		}
		s.graphError(w, http.StatusForbidden, "0x80040220", "Principal user (Id=%s, type=8) is missing %s privilege.", b.app.ID, privilege)
	}
	return false
}

// challenge is how a service asks for another token.
const challenge = `Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", error="invalid_token"`

// unauthorized asks for another token.
func (s *Server) unauthorized(w http.ResponseWriter, at service, message string) {
	w.Header().Set("WWW-Authenticate", challenge)
	if at == power {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	s.graphError(w, http.StatusUnauthorized, "InvalidAuthenticationToken", "%s", message)
}

// graphRight is what a request to Graph needs: one of the permissions, of which
// the first is the least.
type graphRight struct {
	path  *regexp.Regexp // below the version
	reads bool           // for GET; otherwise for all that writes
	anyOf string
}

// graphRights are asked in this order, and the first that fits counts. The parts
// of a batch are asked each for itself. Source: the permission tables of
// Microsoft Graph's reference.
func graphRights() []graphRight {
	return []graphRight{
		{
			regexp.MustCompile(`^organization`),
			true,
			"Organization.Read.All User.Read.All Directory.Read.All Organization.ReadWrite.All User.ReadWrite.All Directory.ReadWrite.All",
		},
		{
			regexp.MustCompile(`^subscribedSkus`),
			true,
			"LicenseAssignment.Read.All Organization.Read.All Directory.Read.All Organization.ReadWrite.All Directory.ReadWrite.All",
		},
		{regexp.MustCompile(`^auditLogs/directoryAudits$`), true, "AuditLog.Read.All"},
		{regexp.MustCompile(`^reports/`), true, "Reports.Read.All"},
		{regexp.MustCompile(`^directory/subscriptions`), true, "Organization.Read.All Directory.Read.All Organization.ReadWrite.All"},
		{
			regexp.MustCompile(`/licenseDetails$`),
			true,
			"LicenseAssignment.Read.All User.Read.All Directory.Read.All User.ReadWrite.All Directory.ReadWrite.All",
		},
		{regexp.MustCompile(`^users/.*/assignLicense$`), false, "LicenseAssignment.ReadWrite.All User.ReadWrite.All Directory.ReadWrite.All"},
		{regexp.MustCompile(`^groups/.*/assignLicense$`), false, "LicenseAssignment.ReadWrite.All Group.ReadWrite.All Directory.ReadWrite.All"},
		{regexp.MustCompile(`^groups/.*/members/`), false, "GroupMember.ReadWrite.All Group.ReadWrite.All Directory.ReadWrite.All"},
		{
			regexp.MustCompile(`^groups`),
			true,
			"GroupMember.Read.All Group.Read.All Directory.Read.All GroupMember.ReadWrite.All Group.ReadWrite.All Directory.ReadWrite.All",
		},
		{regexp.MustCompile(`^groups`), false, "Group.ReadWrite.All Directory.ReadWrite.All"},
		{
			regexp.MustCompile(`^users/.*/memberOf/`),
			true,
			"User.Read.All GroupMember.Read.All Group.Read.All Directory.Read.All Directory.ReadWrite.All",
		},
		{
			regexp.MustCompile(`^(users|me|directory/deletedItems/microsoft\.graph\.user)`),
			true,
			"User.Read.All Directory.Read.All User.ReadWrite.All Directory.ReadWrite.All",
		},
		{regexp.MustCompile(`^users`), false, "User.ReadWrite.All Directory.ReadWrite.All"},
	}
}

// graphPermissions lists the permissions of which one is enough for a request.
func (s *Server) graphPermissions(r *http.Request) (anyOf []string, known bool) {
	path := strings.TrimPrefix(r.URL.Path, "/v1.0/")
	for _, right := range s.rights {
		if right.reads == (r.Method == http.MethodGet) && right.path.MatchString(path) {
			return strings.Fields(right.anyOf), true
		}
	}
	return nil, false
}
