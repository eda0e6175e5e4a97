package state_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/sas"

	"github.com/usher-cli/usher/state"
	"github.com/usher-cli/usher/state/azblob"
	"github.com/usher-cli/usher/state/httpstate"
	"github.com/usher-cli/usher/state/postgres"
	"github.com/usher-cli/usher/test/stateserver"
)

// place opens one state again and again, each time as another process would.
type place func(t *testing.T) state.Backend

// places are the kinds of store: file and http always, the others where a
// service of theirs is named in the environment, as make test-services does.
func places(t *testing.T) map[string]func(t *testing.T) place {
	all := map[string]func(t *testing.T) place{"file": filePlace, "http": protocolPlace, "gitlab": gitlabPlace, "gitea": giteaPlace}
	if endpoint := os.Getenv("USHER_TEST_AZBLOB"); endpoint != "" {
		all["azblob"] = func(t *testing.T) place { return blobPlace(t, endpoint) }
	}
	if connection := os.Getenv("USHER_TEST_POSTGRES"); connection != "" {
		all["postgres"] = func(*testing.T) place { return postgresPlace(connection) }
	}
	if connection := os.Getenv("USHER_TEST_POSTGRES_POOLED"); connection != "" {
		all["postgres behind a pooler"] = func(*testing.T) place { return postgresPlace(connection) }
	}
	for name, variable := range map[string]string{"azblob": "USHER_TEST_AZBLOB", "postgres": "USHER_TEST_POSTGRES"} {
		if all[name] == nil && os.Getenv("USHER_TEST_SERVICES") != "" {
			t.Fatalf("%s names no service", variable)
		}
	}
	return all
}

func filePlace(t *testing.T) place {
	path := filepath.Join(t.TempDir(), "usher.state.json")
	return func(*testing.T) state.Backend { return state.NewFile(path) }
}

func protocolPlace(t *testing.T) place {
	server := httptest.NewServer(stateserver.New(t.TempDir()))
	t.Cleanup(server.Close)
	return func(t *testing.T) state.Backend {
		return must(httpstate.New(httpstate.Options{Address: server.URL + "/state", Version: "0.1.0"}))(t)
	}
}

func gitlabPlace(t *testing.T) place {
	handler := stateserver.New(t.TempDir())
	handler.User, handler.Password = "gitlab-ci-token", "job"
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	o := strictOptions(server.URL + "/api/v4/projects/1/terraform/state/usher")
	o.Username, o.Password = "gitlab-ci-token", "job"
	return func(t *testing.T) state.Backend { return must(httpstate.New(o))(t) }
}

func giteaPlace(t *testing.T) place {
	server := httptest.NewServer(stateserver.New(t.TempDir()))
	t.Cleanup(server.Close)
	o := strictOptions(server.URL + "/api/packages/contoso/terraform/state/usher")
	return func(t *testing.T) state.Backend { return must(httpstate.New(o))(t) }
}

// strictOptions are those of GitLab and Gitea, for a state at an address.
func strictOptions(address string) httpstate.Options {
	return httpstate.Options{Address: address, LockAddress: address + "/lock", LockMethod: "POST", UnlockMethod: "DELETE",
		Strict: true, HistoryPart: 20, Version: "0.1.0"}
}

// The account that the blob service of the tests has by itself.
const (
	testAccount = "devstoreaccount1"
	testKey     = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)

func blobPlace(t *testing.T, endpoint string) place {
	o := blobOptions(t, endpoint)
	o.TTL, o.MostBlocks = 15*time.Second, 2
	return func(t *testing.T) state.Backend { return must(azblob.New(o))(t) }
}

// blobOptions make a container.
func blobOptions(t *testing.T, endpoint string) azblob.Options {
	name := fmt.Sprintf("states-%d", time.Now().UnixNano())
	key := must(container.NewSharedKeyCredential(testAccount, testKey))(t)
	c := must(container.NewClientWithSharedKeyCredential(endpoint+"/"+name, key, nil))(t)
	if _, err := c.Create(context.Background(), nil); err != nil {
		t.Fatal(err)
	}
	all := sas.ContainerPermissions{Read: true, Add: true, Create: true, Write: true, Delete: true}
	return azblob.Options{Endpoint: endpoint, Container: name, Key: "contoso//a%20b/usher.state.json", SAS: signed(t, name, all)}
}

// signed makes a signature for what is in a container.
func signed(t *testing.T, name string, permissions sas.ContainerPermissions) string {
	key := must(container.NewSharedKeyCredential(testAccount, testKey))(t)
	signature := must(sas.BlobSignatureValues{Protocol: sas.ProtocolHTTPSandHTTP, ExpiryTime: time.Now().Add(time.Hour), ContainerName: name,
		Permissions: permissions.String()}.SignWithSharedKey(key))(t)
	return signature.Encode()
}

func postgresPlace(connection string) place {
	name := fmt.Sprintf("state %d", time.Now().UnixNano())
	o := postgres.Options{Connection: connection, Schema: "usher", Name: name, TTL: 3 * time.Second}
	return func(t *testing.T) state.Backend {
		b := must(postgres.New(context.Background(), o))(t)
		t.Cleanup(b.Close)
		if err := b.Prepare(context.Background()); err != nil {
			t.Fatal(err)
		}
		return b
	}
}

func must[T any](v T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func store(t *testing.T, at place) *state.Store {
	return state.NewStore(at(t), state.Options{Now: time.Now})
}
