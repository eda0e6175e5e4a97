package engine

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// repository is a new Git repository with one commit of one file.
func repository(t *testing.T, text string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	write(t, dir, text)
	for _, args := range [][]string{{"init", "-q", "-b", "main"}, {"add", "."}, {"commit", "-q", "-m", "first"}} {
		cmd := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=ada", "-c", "user.email=ada@contoso.com"}, args...)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Skipf("git %s: %v: %s", args[0], err, out)
		}
	}
	return dir
}

func write(t *testing.T, dir, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, "main.hcl"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestHostsOfTheBase: a secret goes to a host that the base names, and to no other one that
// a branch writes.
func TestHostsOfTheBase(t *testing.T) {
	const sandbox = "tenant \"sandbox\" {\n file = \"a.json\"\n}\n"
	const china = "tenant \"microsoft\" {\n tenant_id = \"81db8ebb-bbc6-4c6c-aad4-a6aa92b76e0c\"\n cloud = \"china\"\n}\n"
	const public = "tenant \"microsoft\" {\n tenant_id = \"81db8ebb-bbc6-4c6c-aad4-a6aa92b76e0c\"\n}\n"
	backend := func(kind string, args ...string) string {
		return "usher {\n backend \"" + kind + "\" {\n  " + strings.Join(args, "\n  ") + "\n }\n}\n"
	}
	address := `address = "https://states.contoso.com/a"`
	lock, database := `lock_address = "https://evil.example/a"`, `connection = "postgres://evil.example/a?sslmode=verify-full"`
	for name, c := range map[string]struct{ base, branch, refused string }{
		"the same":         {sandbox + backend("http", address), sandbox + backend("http", address), ""},
		"another path":     {sandbox + backend("http", address), sandbox + backend("http", `address = "https://evil.example/a"`), "evil.example"},
		"one more address": {sandbox + backend("http", address), sandbox + backend("http", address, lock), "evil.example"},
		"another kind":     {sandbox + backend("http", address), sandbox + backend("postgres", database), "evil.example"},
		"another tenant":   {public + backend("http", address), china + backend("http", address), "states.contoso.com"},
		"a broken base":    {"tenant {\n" + backend("http", address), sandbox + backend("http", address), "states.contoso.com"},
	} {
		dir := repository(t, c.base)
		write(t, dir, c.branch)
		w := &World{Version: "0.1.0", Dir: dir, Now: time.Now, Env: func(name string) string {
			return map[string]string{"USHER_BACKEND_PASSWORD": "a secret"}[name]
		}}
		l, diags, err := Load(w, Inputs{Base: "main"}, Settings())
		switch {
		case diags.HasErrors():
			t.Errorf("%s: %v", name, diags)
		case c.refused == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case c.refused != "" && (err == nil || !strings.Contains(err.Error(), "would be sent to "+c.refused)):
			t.Errorf("%s: the password may go to %s: %v", name, c.refused, err)
		case len(l.Base.Commit) != 40:
			t.Errorf("%s: no commit: %q", name, l.Base.Commit)
		}
	}
}
