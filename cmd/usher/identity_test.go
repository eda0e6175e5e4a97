package main

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/usher-cli/usher/tenant/identity"
	"github.com/usher-cli/usher/tenant/sandbox"
)

const (
	identityApp = "aaaaaaaa-0000-4000-8000-000000000009"
)

// TestIdentities signs in by every kind of credential that a pipeline can
// have, under each of the names that it can have, and is told what is missing
// from the others.
func TestIdentities(t *testing.T) {
	dir := t.TempDir()
	certificate, key := newCertificate(t)
	put(t, filepath.Join(dir, "app.pem"), certificate+key)
	put(t, filepath.Join(dir, "not.pem"), "nothing")
	address, transport := signInService(t, certificate)
	assertion := issued(t, transport, address+"/sandbox/oidc?subject=job&issuer=https://issuer.example&audience=api://AzureADTokenExchange")
	put(t, filepath.Join(dir, "token"), assertion+"\n")

	for name, c := range map[string]struct {
		env  map[string]string
		kind string
		says string // of the error, where there is one
	}{
		"secret":              {map[string]string{"USHER_CLIENT_ID": identityApp, "USHER_CLIENT_SECRET": "s"}, "client secret", ""},
		"secret as azure":     {map[string]string{"AZURE_CLIENT_ID": identityApp, "AZURE_CLIENT_SECRET": "s"}, "client secret", ""},
		"secret as terraform": {map[string]string{"ARM_CLIENT_ID": identityApp, "ARM_CLIENT_SECRET": "s"}, "client secret", ""},
		"a secret alone":      {map[string]string{"USHER_CLIENT_SECRET": "s"}, "", "needs the application's id in USHER_CLIENT_ID"},
		"wrong secret": {map[string]string{"USHER_CLIENT_ID": identityApp, "USHER_CLIENT_SECRET": "w"},
			"client secret", "give usher the value of the secret, not its id"},
		"nobody": {map[string]string{"USHER_CLIENT_ID": "aaaaaaaa-0000-4000-8000-0000000000ff",
			"USHER_CLIENT_SECRET": "w"}, "client secret", "register the application in this tenant"},
		"certificate": {map[string]string{"USHER_CLIENT_ID": identityApp,
			"ARM_CLIENT_CERTIFICATE_PATH": filepath.Join(dir, "app.pem")}, "client certificate", ""},
		"no certificate": {map[string]string{"USHER_CLIENT_ID": identityApp,
			"USHER_CLIENT_CERTIFICATE_PATH": filepath.Join(dir, "not.pem")}, "", "holds no certificate with its key"},
		"token": {map[string]string{"USHER_CLIENT_ID": identityApp, "USHER_OIDC_TOKEN": assertion}, "federated token", ""},
		"somebody's token": {map[string]string{"USHER_CLIENT_ID": identityApp, "USHER_OIDC_TOKEN": "a.b.c"},
			"federated token", "the identity token is damaged"},
		"another job's token": {map[string]string{"USHER_CLIENT_ID": identityApp, "USHER_OIDC_TOKEN": issued(t, transport,
			address+"/sandbox/oidc?subject=repo:o@1/r@2:pull_request&issuer=https://issuer.example&audience=api://AzureADTokenExchange")},
			"federated token", `"subject":"repo:o@1/r@2:pull_request","audiences":["api://AzureADTokenExchange"]} into credential.json, and run ` +
				"az ad app federated-credential create --id " + identityApp + " --parameters credential.json. The subject has ids because " +
				"the repository was created, renamed or transferred after 2026-07-15. Do so only for the application that plans"},
		"another issuer's token": {map[string]string{"USHER_CLIENT_ID": identityApp, "USHER_OIDC_TOKEN": issued(t, transport,
			address+"/sandbox/oidc?subject=job&issuer=https://other.example&audience=api://AzureADTokenExchange")},
			"federated token", "AADSTS700211"},
		"a token for others": {map[string]string{"USHER_CLIENT_ID": identityApp, "USHER_OIDC_TOKEN": issued(t, transport,
			address+"/sandbox/oidc?subject=job&issuer=https://issuer.example&audience=other")},
			"federated token", "AADSTS700212"},
		"token file": {map[string]string{"AZURE_CLIENT_ID": identityApp,
			"AZURE_FEDERATED_TOKEN_FILE": filepath.Join(dir, "token")}, "workload identity", ""},
		"github": {map[string]string{"USHER_CLIENT_ID": identityApp, "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "r",
			"ACTIONS_ID_TOKEN_REQUEST_URL": address + "/sandbox/oidc?subject=job&issuer=https://issuer.example"},
			"GitHub Actions OIDC", ""},
		"github without permission": {map[string]string{"USHER_CLIENT_ID": identityApp, "USHER_CREDENTIAL": "github"}, "", "id-token: write"},
		"azure pipelines": {map[string]string{"AZURESUBSCRIPTION_CLIENT_ID": identityApp,
			"AZURESUBSCRIPTION_SERVICE_CONNECTION_ID": "connection", "SYSTEM_ACCESSTOKEN": "r", "SYSTEM_OIDCREQUESTURI": address + "/pipelines"},
			"Azure Pipelines service connection", ""},
		"azure pipelines without a token": {map[string]string{"USHER_CLIENT_ID": identityApp,
			"USHER_SERVICE_CONNECTION_ID": "c", "SYSTEM_OIDCREQUESTURI": address}, "", "SYSTEM_ACCESSTOKEN: $(System.AccessToken)"},
		"no such kind": {map[string]string{"USHER_CREDENTIAL": "magic"}, "", `USHER_CREDENTIAL is "magic", ` +
			`and it can be secret, certificate`},
	} {
		t.Run(name, func(t *testing.T) {
			if uri := c.env["SYSTEM_OIDCREQUESTURI"]; uri != "" {
				t.Setenv("SYSTEM_OIDCREQUESTURI", uri) // which the library reads by itself
			}
			id, err := identity.New(identity.Options{Tenant: soakTenant, Login: address, Private: true, Assertion: "api://AzureADTokenExchange",
				Env: func(k string) string { return c.env[k] }, ReadFile: os.ReadFile, Transport: transport})
			kind := ""
			if err == nil {
				kind = id.Kind
				_, err = id.Credential.GetToken(
					context.Background(),
					policy.TokenRequestOptions{Scopes: []string{"https://graph.microsoft.com/.default"}},
				)
			}
			if kind != c.kind || (err != nil) != (c.says != "") || err != nil && !strings.Contains(err.Error(), c.says) {
				t.Errorf("the kind is %q, want %q; the error is %v, want %q", kind, c.kind, err, c.says)
			}
		})
	}
}

// signInService is a login service over TLS, with one application in its
// tenant, and the service that a pipeline's agent asks.
func signInService(t *testing.T, certificate string) (address string, transport *http.Client) {
	t.Helper()
	trusts := []sandbox.Federated{{Issuer: "https://issuer.example", Subject: "job", Audience: "api://AzureADTokenExchange"}}
	server := sandbox.New(&sandbox.Tenant{Format: 1, ID: soakTenant, Applications: []*sandbox.Application{
		{ID: identityApp, Name: "usher", Secret: "s", Certificates: []string{certificate}, Federated: trusts}}}, sandbox.Options{Now: time.Now})
	address, transport = serveTLS(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, "/pipelines") {
			server.ServeHTTP(w, r)
			return
		}
		if r.URL.Query().Get("serviceConnectionId") != "connection" || r.Header.Get("Authorization") != "Bearer r" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		fmt.Fprintf(
			w,
			`{"oidcToken":%q}`,
			issued(t, transport, address+"/sandbox/oidc?subject=job&issuer=https://issuer.example&audience=api://AzureADTokenExchange"),
		)
	}))
	return address, transport
}

// issued gets an assertion from the issuer that stands in for a pipeline's.
func issued(t *testing.T, transport *http.Client, address string) string {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer r")
	resp, err := transport.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	var answer struct{ Value string }
	if err != nil || json.Unmarshal(body, &answer) != nil || answer.Value == "" {
		t.Fatalf("no assertion: %v %s", err, body)
	}
	return answer.Value
}

func newCertificate(t *testing.T) (certificate, key string) {
	t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "usher"},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}))
}
