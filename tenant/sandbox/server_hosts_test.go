package sandbox_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/usher-cli/usher/tenant/sandbox"
)

// behindProxy is a client that knows Microsoft's hosts only, and a tenant with
// one application behind a proxy.
func behindProxy(t *testing.T) *http.Client {
	t.Helper()
	s := sandbox.New(&sandbox.Tenant{Format: 1, ID: "81db8ebb-bbc6-4c6c-aad4-a6aa92b76e0c", Name: "Contoso",
		Environments: []*sandbox.Environment{{ID: "52a57ebf-cbb3-47e0-a58a-5f135db7d291", Name: "production"}},
		Applications: []*sandbox.Application{
			{ID: "app", Name: "app", Secret: "s", Permissions: []string{"User.Read.All"}, Role: "Reader"},
		}}, sandbox.Options{Now: time.Now})
	authority, err := sandbox.NewAuthority(time.Now)
	if err != nil {
		t.Fatal(err)
	}
	proxy := sandbox.NewProxy(s, authority)
	front := httptest.NewServer(proxy)
	t.Cleanup(func() { _ = proxy.Close(); front.Close() })
	address, err := url.Parse(front.URL)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authority.PEM())
	return &http.Client{
		Transport: &http.Transport{Proxy: http.ProxyURL(address), TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}},
	}
}

func ask(t *testing.T, c *http.Client, method, address, token, form string) (int, string) {
	t.Helper()
	r, err := http.NewRequest(method, address, strings.NewReader(form))
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	if form != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp, err := c.Do(r)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

func tokenFor(t *testing.T, c *http.Client, scope string) string {
	t.Helper()
	_, body := ask(t, c, http.MethodPost, "https://login.microsoftonline.com/81db8ebb-bbc6-4c6c-aad4-a6aa92b76e0c/oauth2/v2.0/token", "",
		url.Values{"grant_type": {"client_credentials"}, "client_id": {"app"}, "client_secret": {"s"}, "scope": {scope}}.Encode())
	var answer struct {
		Token string `json:"access_token"`
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil || answer.Token == "" {
		t.Fatalf("no token for %s: %s", scope, body)
	}
	return answer.Token
}

// TestHostsAndAudiences: each service answers at its own host, for its own
// routes, to tokens that are for it and have the permission.
func TestHostsAndAudiences(t *testing.T) {
	c := behindProxy(t)
	graph, power := tokenFor(t, c, "https://graph.microsoft.com/.default"), tokenFor(t, c, "https://api.powerplatform.com/.default")
	const organisation = "https://org52a57ebf.crm4.dynamics.com"
	dataverse := tokenFor(t, c, organisation+"/.default")
	for _, x := range []struct {
		method, address, token string
		status                 int
		says                   string
	}{
		{"GET", "https://graph.microsoft.com/v1.0/users", graph, 200, `"value":[]`},
		{"GET", "https://graph.microsoft.com/v1.0/users", "", 401, "Access token is empty"},
		{"GET", "https://graph.microsoft.com/v1.0/users", power, 401, "Invalid audience"},
		{"GET", "https://graph.microsoft.com/v1.0/users", graph + "x", 401, "expired or not one of this tenant's"},
		{"GET", "https://graph.microsoft.com/v1.0/groups", graph, 403, "Insufficient privileges"},
		{"DELETE", "https://graph.microsoft.com/v1.0/users/x", graph, 403, "Insufficient privileges"},
		{"GET", "https://graph.microsoft.com/licensing/allocationsByEnvironment?api-version=2024-10-01", power, 400, "Resource not found"},
		{"GET", "https://api.powerplatform.com/licensing/allocationsByEnvironment?api-version=2024-10-01", power, 200, "52a57ebf"},
		{"PATCH", "https://api.powerplatform.com/licensing/environments/52a57ebf-cbb3-47e0-a58a-5f135db7d291" +
			"/allocations?api-version=2024-10-01", power, 403, ""},
		{"GET", "https://api.powerplatform.com/environmentmanagement/environments?api-version=2024-10-01", power, 200, organisation},
		{"GET", organisation + "/api/data/v9.2/WhoAmI", dataverse, 403, "not a member of the organization"},
		{"GET", organisation + "/api/data/v9.2/WhoAmI", graph, 401, "Invalid audience"},
		{"GET", "https://org00000000.crm4.dynamics.com/api/data/v9.2/WhoAmI", dataverse, 400, "Resource not found"},
		{"GET", "https://example.com/", "", 0, "Bad Gateway"},
	} {
		status, body := ask(t, c, x.method, x.address, x.token, "")
		if status != x.status || !strings.Contains(body, x.says) {
			t.Errorf("%s %s answers %d %s, want %d with %q", x.method, x.address, status, body, x.status, x.says)
		}
	}
}
