package crash_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/lease"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/sas"
)

// store is a place for a state: its backend block, and what it wants in the
// environment. Where it is a service, address is where that listens.
type store struct {
	name    string
	backend string
	address string
	env     []string
	reader  func(t *testing.T) []string // makes an identity that only reads, and returns what it wants in the environment
	ends    bool                        // a lock that nobody renews ends by itself
	restart func() error                // kills the service and starts it again; nil where that cannot be
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
		all = append(
			all,
			store{
				name:    "postgres",
				ends:    true,
				address: address,
				restart: restarting("USHER_TEST_POSTGRES_RESTART"),
				reader:  func(t *testing.T) []string { return readerRole(t, connection) },
				env:     []string{"PGUSER=" + words["user"], "PGDATABASE=" + words["dbname"]},
				backend: fmt.Sprintf(
					"backend \"postgres\" {\n connection = %q\n name = \"crash-%d\"\n}",
					"postgres://"+address+"/"+words["dbname"]+"?sslmode=disable",
					time.Now().UnixNano(),
				),
			},
		)
	}
	return all
}

// restarting is the command in a variable of the environment, which ends a
// service, as abruptly as it can be without losing what it has acknowledged, and
// starts it again.
func restarting(variable string) func() error {
	command := os.Getenv(variable)
	if command == "" {
		return nil
	}
	return func() error {
		out, err := exec.Command("sh", "-c", command).CombinedOutput()
		if err != nil {
			return fmt.Errorf("%w: %s", err, out)
		}
		return nil
	}
}

func protocolStore(t *testing.T) store {
	s := &server{dir: t.TempDir()}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err == nil {
		s.address = listener.Addr().String()
		err = errors.Join(listener.Close(), s.start())
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.kill() })
	return store{name: "http", address: s.address, restart: func() error { return errors.Join(s.kill(), s.start()) },
		env:     []string{"TF_HTTP_USERNAME=gitlab-ci-token", "TF_HTTP_PASSWORD=job"},
		reader:  func(*testing.T) []string { return []string{"TF_HTTP_USERNAME=developer"} },
		backend: fmt.Sprintf("backend \"http\" {\n address = %q\n}", "http://"+s.address+"/api/v4/projects/7/terraform/state/crash")}
}

// server is the state server in a process of its own.
type server struct {
	dir, address string
	cmd          *exec.Cmd
}

func (s *server) start() error {
	s.cmd = exec.Command(filepath.Join(programs, "serve"), s.address, s.dir)
	if err := s.cmd.Start(); err != nil {
		return err
	}
	return listens(s.address)
}

func (s *server) kill() error {
	err := s.cmd.Process.Kill()
	_ = s.cmd.Wait() // that it was killed
	return err
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
	signed := func(permissions sas.ContainerPermissions) []string {
		signature, err := sas.BlobSignatureValues{
			Protocol:      sas.ProtocolHTTPSandHTTP,
			ExpiryTime:    time.Now().Add(6 * time.Hour),
			ContainerName: name,
			Permissions:   permissions.String(),
		}.SignWithSharedKey(
			key,
		)
		if err != nil {
			t.Fatal(err)
		}
		return []string{"USHER_BACKEND_SAS_TOKEN=" + signature.Encode()}
	}
	free := func() {
		l, err := lease.NewBlobClient(c.NewBlobClient("usher.state.json"), nil)
		if err == nil {
			_, _ = l.BreakLease(context.Background(), &lease.BlobBreakOptions{BreakPeriod: to.Ptr(int32(0))})
		}
	}
	return store{
		name:    "azblob",
		ends:    true,
		free:    free,
		restart: restarting("USHER_TEST_AZBLOB_RESTART"),
		address: strings.TrimPrefix(strings.SplitN(endpoint, "/devstore", 2)[0], "http://"),
		env:     signed(sas.ContainerPermissions{Read: true, Add: true, Create: true, Write: true}),
		reader:  func(*testing.T) []string { return signed(sas.ContainerPermissions{Read: true}) },
		backend: fmt.Sprintf("backend \"azblob\" {\n endpoint = %q\n container = %q\n}", endpoint, name),
	}
}
