package sandbox

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

func (s *Server) loginRoutes() {
	s.mux.HandleFunc("POST /{tenant}/oauth2/v2.0/token", s.token)
	s.mux.HandleFunc("POST /{tenant}/oauth2/token", s.token)
	s.mux.HandleFunc("GET /{tenant}/v2.0/.well-known/openid-configuration", s.openID)
	s.mux.HandleFunc("GET /{tenant}/.well-known/openid-configuration", s.openID)
	s.mux.HandleFunc("GET /{tenant}/discovery/instance", s.discovery)
	s.mux.HandleFunc("GET /{tenant}/userrealm/{user}", s.userRealm)
	s.mux.HandleFunc("GET /sandbox/oidc", s.issueAssertion)
}

// denied is how the directory refuses to sign somebody in.
type denied struct {
	status int
	code   string // of OAuth
	number string // of the directory
	text   string
}

// Error implements error.
func (d *denied) Error() string { return d.number + ": " + d.text }

// token signs an application or a person in.
func (s *Server) token(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		s.deny(w, &denied{http.StatusBadRequest, "invalid_request", "AADSTS900144", "The request body is not a form."})
		return
	}
	tenant := strings.ToLower(r.PathValue("tenant"))
	if tenant != strings.ToLower(s.x.ID) && tenant != "organizations" && tenant != "common" {
		s.deny(w, &denied{http.StatusBadRequest, "invalid_request", "AADSTS90002", "Tenant '" + tenant + "' not found."})
		return
	}
	c, err := s.signIn(r)
	if err != nil {
		s.deny(w, err)
		return
	}
	resource, scopes := resourceOf(r.PostForm)
	if _, known := s.audienceOf(r, resource); !known {
		s.deny(
			w,
			&denied{
				http.StatusBadRequest,
				"invalid_resource",
				"AADSTS500011",
				"The resource principal named " + resource + " was not found in the tenant.",
			},
		)
		return
	}
	app := s.x.application(c.AppID)
	now := s.opts.Now()
	c.For, c.Issuer, c.Tenant, c.AppName, c.Version = resource, "https://sts.windows.net/"+s.x.ID+"/", s.x.ID, app.Name, "1.0"
	c.IssuedAt, c.NotBefore = jwt.NewNumericDate(now), jwt.NewNumericDate(now.Add(-5*time.Minute))
	c.ExpiresAt = jwt.NewNumericDate(now.Add(s.tokenLife()))
	seconds := int(s.tokenLife().Seconds())
	out := map[string]any{"token_type": "Bearer", "expires_in": seconds, "ext_expires_in": seconds}
	if c.UPN == "" {
		c.Type, c.Object, c.Subject, c.Roles = "app", generatedID("principal "+app.ID, 0), generatedID("principal "+app.ID, 0), app.Permissions
		if slices.Contains(audiences(purchase), resource) {
			c.Roles = app.Purchase
		}
	} else {
		s.describePerson(&c, app, scopes, out)
	}
	out["access_token"] = s.sign(c)
	reply(w, http.StatusOK, out)
}

// describePerson adds what a token says of a person, and what a program gets
// with it: a statement of who it is, and a token for further tokens.
func (s *Server) describePerson(c *claims, app *Application, scopes []string, out map[string]any) {
	u := s.x.users[strings.ToLower(c.UPN)]
	c.Type, c.Object, c.Subject, c.Name, c.UPN = "user", u.ID, u.ID, u.DisplayName, u.UPN
	c.Scopes = strings.Join(app.Scopes, " ")
	if c.Scopes == "" {
		c.Scopes = "user_impersonation Directory.AccessAsUser.All"
	}
	statement := *c
	statement.For, statement.Preferred, statement.Version = app.ID, u.UPN, "2.0"
	further := *c
	further.RefreshOnly, further.ExpiresAt = true, jwt.NewNumericDate(s.opts.Now().Add(24*time.Hour))
	out["id_token"], out["refresh_token"] = s.sign(statement), s.sign(further)
	out["client_info"] = base64.RawURLEncoding.EncodeToString(compact(map[string]string{"uid": u.ID, "utid": s.x.ID}))
	out["scope"] = strings.Join(scopes, " ")
}

// signIn checks who asks for a token, by any of the grants.
func (s *Server) signIn(r *http.Request) (claims, *denied) {
	f := r.PostForm
	c := claims{AppID: f.Get("client_id")}
	app := s.x.application(c.AppID)
	if app == nil {
		return c, &denied{
			http.StatusBadRequest,
			"unauthorized_client",
			"AADSTS700016",
			"Application with identifier '" + c.AppID + "' was not found in the directory.",
		}
	}
	if err := s.proves(app, f); err != nil {
		return c, err
	}
	switch f.Get("grant_type") {
	case "client_credentials":
		if f.Get("client_secret")+f.Get("client_assertion") == "" {
			return c, &denied{
				http.StatusUnauthorized,
				"invalid_client",
				"AADSTS7000216",
				"'client_assertion' or 'client_secret' is required for the 'client_credentials' grant type.",
			}
		}
		return c, nil
	case "password":
		u := s.x.users[strings.ToLower(f.Get("username"))]
		if u == nil || u.Password == "" || u.Password != f.Get("password") {
			return c, &denied{http.StatusBadRequest, "invalid_grant", "AADSTS50126",
				"Error validating credentials due to invalid username or password."}
		}
		c.UPN = u.UPN
		return c, nil
	case "refresh_token":
		further, err := s.verify(f.Get("refresh_token"))
		if err != nil || !further.RefreshOnly || further.AppID != c.AppID || s.x.users[strings.ToLower(further.UPN)] == nil {
			return c, &denied{http.StatusBadRequest, "invalid_grant", "AADSTS70000", "The provided grant is invalid or has expired."}
		}
		c.UPN = further.UPN
		return c, nil
	}
	return c, &denied{
		http.StatusBadRequest,
		"unsupported_grant_type",
		"AADSTS70003",
		"The app requested an unsupported grant type '" + f.Get("grant_type") + "'.",
	}
}

// proves checks that a program is the application that it says it is. A public
// one proves nothing.
func (s *Server) proves(app *Application, f url.Values) *denied {
	secret, assertion := f.Get("client_secret"), f.Get("client_assertion")
	switch {
	case secret != "" && (app.Secret == "" || secret != app.Secret):
		return &denied{
			http.StatusUnauthorized,
			"invalid_client",
			"AADSTS7000215",
			"Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the " +
				"client secret ID, for a secret added to app '" + app.ID + "'.",
		}
	case assertion != "":
		return s.trusts(app, assertion)
	case secret == "" && !app.Public && f.Get("grant_type") != "client_credentials":
		return &denied{
			http.StatusUnauthorized,
			"invalid_client",
			"AADSTS7000218",
			"The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
		}
	}
	return nil
}

// trusts checks an assertion: signed with a certificate of the application, or
// by the issuer of a federated identity, for which the tenant's own issuer
// stands in.
func (s *Server) trusts(app *Application, assertion string) *denied {
	clock := jwt.WithTimeFunc(s.opts.Now)
	if _, _, err := jwt.NewParser().ParseUnverified(assertion, &claims{}); err != nil {
		return distrust("AADSTS50027", "JWT token is invalid or malformed.")
	}
	var foreign claims
	if _, err := jwt.ParseWithClaims(assertion, &foreign, func(*jwt.Token) (any, error) { return s.key, nil },
		jwt.WithValidMethods([]string{"HS256"}), clock); err == nil {
		return app.federated(foreign)
	}
	for _, text := range app.Certificates {
		block, _ := pem.Decode([]byte(text))
		if block == nil {
			continue
		}
		certificate, problem := x509.ParseCertificate(block.Bytes)
		if problem != nil {
			continue
		}
		if _, err := jwt.Parse(assertion, func(*jwt.Token) (any, error) { return certificate.PublicKey, nil },
			jwt.WithValidMethods([]string{"RS256", "PS256"}), clock); err == nil {
			return nil
		}
	}
	return distrust("AADSTS700027", "The key was not found that signed the presented assertion.")
}

// federated looks for a federated identity that matches a statement. The directory tells the first
// part that matches none: the issuer, the subject, the audience.
func (a *Application) federated(foreign claims) *denied {
	rest := a.Federated
	for _, part := range []struct {
		number, name, value string
		of                  func(Federated) string
	}{
		{"AADSTS700211", "issuer", foreign.Issuer, func(f Federated) string { return f.Issuer }},
		{"AADSTS700213", "subject", foreign.Subject, func(f Federated) string { return f.Subject }},
		{"AADSTS700212", "audience", foreign.For, func(f Federated) string { return f.Audience }},
	} {
		rest = slices.DeleteFunc(slices.Clone(rest), func(f Federated) bool { return part.of(f) != part.value })
		if len(rest) == 0 {
			return distrust(part.number, "No matching federated identity record found for presented assertion "+part.name+" '"+part.value+"'.")
		}
	}
	return nil
}

func distrust(number, text string) *denied {
	return &denied{http.StatusUnauthorized, "invalid_client", number, text}
}

// resourceOf is what a token is asked for: in the older form by its name, in
// the newer one as the front of its scopes.
func resourceOf(f url.Values) (string, []string) {
	if name := f.Get("resource"); name != "" {
		return strings.TrimSuffix(name, "/"), nil
	}
	scopes := strings.Fields(f.Get("scope"))
	for _, scope := range scopes {
		if at := strings.LastIndexByte(scope, '/'); at > 0 && scope != "https://graph.microsoft.com/" {
			return strings.TrimSuffix(scope[:at], "/"), scopes
		}
	}
	return "https://graph.microsoft.com", scopes // names without a resource are of Graph
}

func (s *Server) deny(w http.ResponseWriter, d *denied) {
	reply(
		w,
		d.status,
		map[string]any{
			"error":             d.code,
			"error_description": d.Error() + " Trace ID: " + s.requestID(),
			"error_codes":       []int{},
			"trace_id":          s.requestID(),
			"correlation_id":    s.requestID(),
		},
	)
}

func (s *Server) openID(w http.ResponseWriter, r *http.Request) {
	base := baseURL(r) + "/" + r.PathValue("tenant")
	reply(
		w,
		http.StatusOK,
		map[string]any{
			"issuer":                        baseURL(r) + "/" + s.x.ID + "/v2.0",
			"token_endpoint":                base + "/oauth2/v2.0/token",
			"authorization_endpoint":        base + "/oauth2/v2.0/authorize",
			"jwks_uri":                      base + "/discovery/v2.0/keys",
			"device_authorization_endpoint": base + "/oauth2/v2.0/devicecode",
			"tenant_region_scope":           "EU",
			"cloud_instance_name":           "microsoftonline.com",
		},
	)
}

func (s *Server) discovery(w http.ResponseWriter, r *http.Request) {
	reply(
		w,
		http.StatusOK,
		map[string]any{"tenant_discovery_endpoint": baseURL(r) + "/" + s.x.ID + "/v2.0/.well-known/openid-configuration", "api-version": "1.1",
			"metadata": []any{map[string]any{"preferred_network": r.Host, "preferred_cache": r.Host, "aliases": []string{r.Host}}}},
	)
}

func (s *Server) userRealm(w http.ResponseWriter, _ *http.Request) {
	reply(
		w,
		http.StatusOK,
		map[string]any{
			"account_type":        "Managed",
			"ver":                 "1.0",
			"domain_name":         "contoso.com",
			"cloud_instance_name": "microsoftonline.com",
			"cloud_audience_urn":  "urn:federation:MicrosoftOnline",
		},
	)
}

// issueAssertion stands in for the issuer of a pipeline's identity tokens, such
// as the one that a runner of GitHub Actions asks.
func (s *Server) issueAssertion(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if !strings.HasPrefix(r.Header.Get("Authorization"), "Bearer ") || q.Get("subject") == "" {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	issuer := q.Get("issuer")
	if issuer == "" {
		issuer = "https://token.actions.githubusercontent.com"
	}
	now := s.opts.Now()
	reply(
		w,
		http.StatusOK,
		map[string]string{"value": s.sign(claims{RegisteredClaims: jwt.RegisteredClaims{Issuer: issuer, Subject: q.Get("subject"),
			IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(5 * time.Minute))}, For: q.Get("audience")})},
	)
}
