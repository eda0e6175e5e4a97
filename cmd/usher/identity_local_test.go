package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/usher-cli/usher/tenant/identity"
)

// TestLocalIdentities exchanges the two kinds of credential that ask something
// on the machine itself: the service of a managed identity, which the library
// finds in the process's own environment, and the Azure CLI.
func TestLocalIdentities(t *testing.T) {
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		if r.Header.Get("X-Identity-Header") != "local" || q.Get("client_id") != identityApp {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		fmt.Fprintf(
			w,
			`{"access_token":%q,"expires_on":"4102444800","resource":%q,"token_type":"Bearer"}`,
			"managed "+q.Get("resource"),
			q.Get("resource"),
		)
	}))
	t.Cleanup(service.Close)
	t.Setenv("IDENTITY_ENDPOINT", service.URL)
	t.Setenv("IDENTITY_HEADER", "local")
	bin := t.TempDir()
	put(t, filepath.Join(bin, "az"), `#!/bin/sh
[ "$1 $2" = "account get-access-token" ] || exit 1
while [ $# -gt 0 ]; do case $1 in --resource) resource=$2;; --tenant) tenant=$2;; esac; shift; done
echo "{\"accessToken\":\"cli $resource $tenant\",\"expires_on\":4102444800}"
`)
	if err := os.Chmod(filepath.Join(bin, "az"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))

	for kind, want := range map[string]string{
		"managed_identity": "managed https://graph.microsoft.com",
		"cli":              "cli https://graph.microsoft.com " + soakTenant,
	} {
		if kind == "cli" && runtime.GOOS == "windows" {
			continue // where the CLI that stands in cannot run
		}
		env := map[string]string{"USHER_CREDENTIAL": kind, "USHER_CLIENT_ID": identityApp}
		id, err := identity.New(
			identity.Options{
				Tenant:    soakTenant,
				Login:     "https://login.microsoftonline.com",
				Env:       func(k string) string { return env[k] },
				ReadFile:  os.ReadFile,
				Transport: http.DefaultClient,
			},
		)
		if err != nil {
			t.Fatal(err)
		}
		token, err := id.Credential.GetToken(
			context.Background(),
			policy.TokenRequestOptions{Scopes: []string{"https://graph.microsoft.com/.default"}},
		)
		if err != nil || token.Token != want {
			t.Errorf("%s: the token is %q, want %q: %v", kind, token.Token, want, err)
		}
	}
}
