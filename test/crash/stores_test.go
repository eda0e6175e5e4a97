package crash_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/lease"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/sas"

	"github.com/usher-cli/usher/test/stateserver"
)

// store is a place for a state: its backend block, and what it wants in the
// environment. Where it is a service, address is where that listens.
type store struct {
	name    string
	backend string
	address string
	env     []string
	restart string // a command that kills the service and starts it again
	// free ends a lock whose holder died before it could say who it was, which
	// nobody can name; it would end by itself in a minute. nil where there are none.
	free func()
}

// stores are those that this machine has, as the suite of the stores has them.
func stores(t *testing.T) []store {
	all := []store{{name: "file", backend: `backend "file" {}`}, protocolStore(t)}
	if endpoint := os.Getenv("USHER_TEST_AZBLOB"); endpoint != "" {
		all = append(all, blobStore(t, endpoint))
	}
	if connection := os.Getenv("USHER_TEST_POSTGRES"); connection != "" {
		words := map[string]string{}
		for _, w := range strings.Fields(connection) {
			name, value, _ := strings.Cut(w, "=")
			words[name] = value
		}
		address := words["host"] + ":" + words["port"]
		all = append(all, store{name: "postgres", address: address, restart: os.Getenv("USHER_TEST_POSTGRES_RESTART"), env: []string{"PGUSER=" + words["user"], "PGDATABASE=" + words["dbname"]},
			backend: fmt.Sprintf("backend \"postgres\" {\n connection = %q\n name = \"crash-%d\"\n}", "postgres://"+address+"/"+words["dbname"]+"?sslmode=disable", time.Now().UnixNano())})
	}
	return all
}

func protocolStore(t *testing.T) store {
	handler := stateserver.New(t.TempDir())
	handler.User, handler.Password = "gitlab-ci-token", "job"
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: handler}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	address := listener.Addr().String()
	return store{name: "http", address: address, env: []string{"TF_HTTP_USERNAME=gitlab-ci-token", "TF_HTTP_PASSWORD=job"},
		backend: fmt.Sprintf("backend \"http\" {\n address = %q\n}", "http://"+address+"/api/v4/projects/7/terraform/state/crash")}
}

// The account that the blob service of the tests has by itself.
const (
	testAccount = "devstoreaccount1"
	testKey     = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)

func blobStore(t *testing.T, endpoint string) store {
	name := fmt.Sprintf("crash-%d", time.Now().UnixNano())
	key, err := container.NewSharedKeyCredential(testAccount, testKey)
	if err != nil {
		t.Fatal(err)
	}
	c, err := container.NewClientWithSharedKeyCredential(endpoint+"/"+name, key, nil)
	if err == nil {
		_, err = c.Create(context.Background(), nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	signature, err := sas.BlobSignatureValues{Protocol: sas.ProtocolHTTPSandHTTP, ExpiryTime: time.Now().Add(6 * time.Hour), ContainerName: name,
		Permissions: (&sas.ContainerPermissions{Read: true, Add: true, Create: true, Write: true}).String()}.SignWithSharedKey(key)
	if err != nil {
		t.Fatal(err)
	}
	free := func() {
		l, err := lease.NewBlobClient(c.NewBlobClient("usher.state.json"), nil)
		if err == nil {
			_, _ = l.BreakLease(context.Background(), &lease.BlobBreakOptions{BreakPeriod: to.Ptr(int32(0))})
		}
	}
	return store{name: "azblob", free: free, address: strings.TrimPrefix(strings.SplitN(endpoint, "/devstore", 2)[0], "http://"),
		env:     []string{"USHER_BACKEND_SAS_TOKEN=" + signature.Encode()},
		backend: fmt.Sprintf("backend \"azblob\" {\n endpoint = %q\n container = %q\n}", endpoint, name)}
}
