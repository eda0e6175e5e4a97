package crash_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
)

// TestSignedIn keeps a state in a storage account that takes tokens: as the
// same application that the tenant knows, signed in by a secret.
func TestSignedIn(t *testing.T) {
	endpoint := os.Getenv("USHER_TEST_AZBLOB_TLS")
	if endpoint == "" && os.Getenv("USHER_TEST_SERVICES") != "" {
		t.Fatal("USHER_TEST_AZBLOB_TLS names no service")
	}
	if endpoint == "" {
		t.Skip("it takes a blob service that speaks TLS")
	}
	certificate, err := os.ReadFile(os.Getenv("USHER_TEST_AZBLOB_CERT"))
	if err != nil {
		t.Fatal(err)
	}
	makeContainer(t, endpoint, certificate)

	w := &world{t: t, dir: t.TempDir(), env: os.Environ()}
	text, err := os.ReadFile("../../cmd/usher/testdata/tenants/microsoft.tenant.json")
	if err != nil {
		t.Fatal(err)
	}
	w.write("tenant.json", string(text))
	address := regexp.MustCompile(`https://[0-9.:]+`).
		FindString(w.serving("-tls=127.0.0.1:0", "-authority="+filepath.Join(w.dir, "authority.pem")))
	var authority []byte
	for n := 0; !strings.Contains(string(authority), "-----END"); n++ { // it is written last
		if authority, err = os.ReadFile(filepath.Join(w.dir, "authority.pem")); n > 500 {
			t.Fatalf("no authority comes: %v", err)
		}
		time.Sleep(10 * time.Millisecond)
	}
	w.write("trusted.pem", string(certificate)+string(authority))
	w.write("main.hcl", fmt.Sprintf(signedIn, endpoint, address, address))
	w.env = append(
		w.env,
		"SSL_CERT_FILE="+filepath.Join(w.dir, "trusted.pem"),
		"USHER_CLIENT_ID=aaaaaaaa-0000-4000-8000-000000000002",
		"USHER_CLIENT_SECRET=apply~secret~never~shown",
	)
	w.must("init")
	w.must("apply", "-auto-approve")
	w.must("history", "-verify")
	if out := w.must("state", "list"); !strings.Contains(out, "ada@contoso.com") {
		t.Errorf("the state has\n%s", out)
	}
	w.env = append(w.env, "USHER_CLIENT_SECRET=wrong")
	if code, out := w.run("init"); code != 1 || !strings.Contains(out, "AADSTS7000215") {
		t.Errorf("with a wrong secret init exits with %d:\n%s", code, out)
	}
}

const signedIn = `usher {
  backend "azblob" {
    endpoint  = %q
    container = "usher"
  }
}
tenant "microsoft" {
  tenant_id = "81db8ebb-bbc6-4c6c-aad4-a6aa92b76e0c"
  endpoints {
    login = %q
    graph = %q
  }
}
license "premium" {
  sku = "POWERAUTOMATE_ATTENDED_RPA"
}
assignment "finance" {
  users = ["ada@contoso.com"]
  grant "premium" {}
}
`

// makeContainer makes what an account's administrator makes.
func makeContainer(t *testing.T, endpoint string, certificate []byte) {
	t.Helper()
	trusted := x509.NewCertPool()
	trusted.AppendCertsFromPEM(certificate)
	transport := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trusted}}}
	key, err := container.NewSharedKeyCredential(testAccount, testKey)
	if err != nil {
		t.Fatal(err)
	}
	c, err := container.NewClientWithSharedKeyCredential(
		endpoint+"/usher",
		key,
		&container.ClientOptions{ClientOptions: azcore.ClientOptions{Transport: transport}},
	)
	if err == nil {
		_, err = c.Create(context.Background(), nil)
	}
	if err != nil {
		t.Fatal(err)
	}
}
