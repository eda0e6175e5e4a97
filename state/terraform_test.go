package state_test

import (
	"context"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/usher-cli/usher/state"
	"github.com/usher-cli/usher/state/httpstate"
	"github.com/usher-cli/usher/test/stateserver"
)

// TestTerraformSpeaksTheSame lets Terraform itself, where it is installed,
// write and lock through the server of these tests, and find usher's lock there
// as usher finds its: the protocol is not only ours.
func TestTerraformSpeaksTheSame(t *testing.T) {
	if _, err := exec.LookPath("terraform"); err != nil {
		t.Skip("terraform is not installed")
	}
	for name, lock := range map[string]string{
		"protocol": "lock_address = \"SERVER/state\"\n unlock_address = \"SERVER/state\"",
		"gitlab": "lock_address = \"SERVER/state/lock\"\n unlock_address = \"SERVER/state/lock\"\n lock_method = \"POST\"\n " +
			"unlock_method = \"DELETE\"",
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(stateserver.New(t.TempDir()))
			t.Cleanup(server.Close)
			dir := t.TempDir()
			text := strings.ReplaceAll(
				"terraform {\n backend \"http\" {\n address = "+
					"\"SERVER/state\"\n "+lock+"\n }\n}\nresource \"terraform_data\" \"x\" {\n input = \"x\"\n}\n",
				"SERVER",
				server.URL,
			)
			if err := os.WriteFile(filepath.Join(dir, "main.tf"), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			terraform := func(args ...string) (string, error) {
				cmd := exec.Command("terraform", args...)
				cmd.Dir, cmd.Env = dir, append(os.Environ(), "TF_CLI_CONFIG_FILE=", "CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1")
				out, err := cmd.CombinedOutput()
				return string(out), err
			}
			for _, args := range [][]string{{"init", "-input=false"}, {"apply", "-auto-approve", "-input=false"}} {
				if out, err := terraform(args...); err != nil {
					t.Fatalf("terraform %v: %v\n%s", args, err, out)
				}
			}
			o := httpstate.Options{Address: server.URL + "/state", Version: "0.1.0"}
			if name == "gitlab" {
				o.LockAddress, o.LockMethod, o.UnlockMethod = server.URL+"/state/lock", "POST", "DELETE"
			}
			ours := must(httpstate.New(o))(t)
			written, _, err := ours.Get(context.Background())
			if err != nil || !strings.Contains(string(written), "terraform_version") {
				t.Fatalf("what terraform wrote is read as %s, %v", written, err)
			}
			lease, err := state.NewStore(ours, state.Options{Now: time.Now}).Lock(context.Background(), lockInfo(lockOne), 0)
			if err != nil {
				t.Fatal(err)
			}
			if out, err := terraform("apply", "-auto-approve", "-input=false", "-no-color"); err == nil ||
				!strings.Contains(out, lockOne) { // and shows its own data beside the id
				t.Errorf("under usher's lock terraform says %v\n%s", err, out)
			}
			if err := lease.Release(); err != nil {
				t.Fatal(err)
			}
			if out, err := terraform("apply", "-auto-approve", "-input=false"); err != nil {
				t.Errorf("after usher's release terraform says %v\n%s", err, out)
			}
			if h, err := ours.LockedBy(context.Background()); h != nil || err != nil {
				t.Errorf("after terraform the holder is %v, %v", h, err)
			}
		})
	}
}
