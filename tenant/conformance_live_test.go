//go:build live

package tenant_test

import (
	"os"
	"testing"
	"time"

	"github.com/usher-cli/usher/catalog"
	"github.com/usher-cli/usher/tenant"
	"github.com/usher-cli/usher/tenant/identity"
)

// TestConformanceLive holds a real tenant to it:
//
//	USHER_LIVE_TENANT=ID go test -tags live ./tenant -run ConformanceLive
//
// signs in as usher does, and reads only. With USHER_LIVE_PERSON, an object id,
// and USHER_LIVE_SKU, a skuId that costs nothing and that the person does not
// have, it also gives and takes that license. USHER_LIVE_CLOUD names the cloud.
func TestConformanceLive(t *testing.T) {
	id := os.Getenv("USHER_LIVE_TENANT")
	if id == "" {
		t.Skip("USHER_LIVE_TENANT names no tenant")
	}
	name := os.Getenv("USHER_LIVE_CLOUD")
	if name == "" {
		name = "public"
	}
	cloud, ok := catalog.CloudNamed(name)
	if !ok {
		t.Fatalf("there is no cloud %q", name)
	}
	transport := tenant.Network()
	who, err := identity.New(
		identity.Options{Tenant: id, Login: cloud.Login, Assertion: cloud.Assertion, Env: os.Getenv, ReadFile: os.ReadFile, Transport: transport},
	)
	if err != nil {
		t.Fatal(err)
	}
	cat, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	tn, err := tenant.Open(
		tenant.Settings{Directory: &tenant.Directory{ID: id, Cloud: cloud, Endpoints: cloud, Credential: who.Credential, Transport: transport},
			Writes: 5, Version: "0.0.0", Catalog: cat, Now: time.Now, Lag: 5 * time.Minute},
	)
	if err != nil {
		t.Fatal(err)
	}
	conformance(t, tn, scratch{os.Getenv("USHER_LIVE_PERSON"), os.Getenv("USHER_LIVE_SKU")})
}
