// Package schemas_test runs usher as a program, and holds all that it writes against the schemas
// that others rely on.
package schemas_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"filippo.io/age"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/usher-cli/usher/state"
	"github.com/usher-cli/usher/test/program"
)

// programs is where usher is built, once for all tests.
var programs string

func TestMain(m *testing.M) { os.Exit(program.Run(m, &programs, "../../cmd/usher")) }

// TestDocumentsMatchTheirSchemas validates what usher writes, in all its
// variety, against the schemas that others rely on.
func TestDocumentsMatchTheirSchemas(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"contoso", "over-capacity", "rpa"} {
		if err := os.CopyFS(filepath.Join(dir, name), os.DirFS("../../examples/"+name)); err != nil {
			t.Fatal(err)
		}
	}
	contoso, over := filepath.Join(dir, "contoso"), filepath.Join(dir, "over-capacity")
	run := func(in string, code int, args ...string) []byte {
		t.Helper()
		var out, errs bytes.Buffer
		c := exec.Command(filepath.Join(programs, "usher"), append(args, "-chdir="+in)...)
		c.Env, c.Stdout, c.Stderr = []string{}, &out, &errs
		if err := c.Run(); err != nil && c.ProcessState == nil {
			t.Fatal(err)
		}
		if got := c.ProcessState.ExitCode(); got != code {
			t.Fatalf("usher %v: exit %d\n%s%s", args, got, out.String(), errs.String())
		}
		return out.Bytes()
	}
	read := func(path string) []byte {
		t.Helper()
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	conforms(t, "tenant", read(filepath.Join(contoso, "contoso.tenant.json")))
	conforms(t, "plan", run(contoso, 0, "plan", "-json", "-out=one.plan.json"))
	conforms(t, "plan", read(filepath.Join(contoso, "one.plan.json")))
	conforms(t, "plan", run(contoso, 0, "show", "-json", "one.plan.json"))
	conforms(t, "plan", run(over, 3, "plan", "-json"))
	conforms(t, "validation", run(over, 1, "validate", "-json"))
	conforms(t, "run", run(contoso, 0, "apply", "-json", "one.plan.json"))
	conforms(t, "state", read(filepath.Join(contoso, "usher.state.json")))
	conforms(t, "version", run(contoso, 0, "version", "-json"))
	conforms(t, "history", run(contoso, 0, "history", "-json"))
	conforms(t, "history", run(contoso, 0, "history", "-json", "-verify"))
	for line := range bytes.Lines(read(filepath.Join(contoso, "usher.state.json.history"))) {
		conforms(t, "history", line)
		if first := regexp.MustCompile(`"run":"([^"]+)"`).FindSubmatch(line); first != nil {
			conforms(t, "history", run(contoso, 0, "history", "-json", string(first[1])))
		}
	}
	conforms(t, "usage", run(contoso, 0, "usage", "-json"))
	conforms(t, "usage", run(contoso, 0, "usage", "-json", "-users"))
	conforms(t, "drift", run(contoso, 2, "drift", "-json", "-undeclared=all"))
	conforms(t, "state", read("../../state/testdata/v1.json"))

	robots := filepath.Join(dir, "rpa")
	run(robots, 0, "apply", "-auto-approve")
	if err := os.Rename(filepath.Join(robots, "changes/environments.hcl"), filepath.Join(robots, "environments.hcl")); err != nil {
		t.Fatal(err)
	}
	conforms(t, "plan", run(robots, 0, "plan", "-json"))
	conforms(t, "run", run(robots, 0, "apply", "-json", "-auto-approve"))
	conforms(t, "state", read(filepath.Join(robots, "usher.state.json")))
	conforms(t, "tenant", read(filepath.Join(robots, "robots.tenant.json")))
	runs := regexp.MustCompile(`"run":"([^"]+)"`).FindAllSubmatch(read(filepath.Join(robots, "usher.state.json.history")), -1)
	undo := run(robots, 0, "undo", "-json", string(runs[len(runs)-1][1]))
	if !bytes.Contains(undo, []byte(`"edits": [`)) {
		t.Errorf("the files ask for what is undone, and it has no edits: %s", undo)
	}
	conforms(t, "plan", undo)

	small := filepath.Join(dir, "small")
	if err := os.CopyFS(small, os.DirFS("../../cmd/usher/testdata/tenants")); err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(small, "main.hcl"), "tenant \"sandbox\" {\n  file = \"small.tenant.json\"\n}\n")
	conforms(t, "export", run(small, 4, "export", "-json", "-out=exported"))
	put(t, filepath.Join(small, "main.hcl"), everything)
	conforms(t, "tenant", read(filepath.Join(small, "small.tenant.json")))
	conforms(t, "tenant", read(filepath.Join(small, "microsoft.tenant.json")))
	conforms(t, "doctor", run(small, 0, "doctor", "-json"))
	conforms(t, "doctor", run(small, 0, "init", "-json"))
	conforms(t, "plan", run(small, 0, "plan", "-json", "-allow-gaps=3", "-allow-stopping-flows"))
	conforms(t, "run", run(small, 5, "apply", "-json", "-auto-approve"))
	conforms(t, "state", read(filepath.Join(small, "usher.state.json")))
	conforms(t, "drift", run(small, 2, "drift", "-json", "-undeclared=all"))
	conforms(t, "usage", run(small, 0, "usage", "-json", "-users"))
	for _, who := range []string{"ada@contoso.com", "donald@contoso.com", "makers", "production", "user/barbara@contoso.com"} {
		conforms(t, "explanation", run(small, 0, "explain", "-json", who))
	}
	company := filepath.Join(dir, "company")
	run(".", 0, "sandbox", "init", "-company", "-users=200", "-out="+filepath.Join(dir, "company.tenant.json"))
	if err := os.Mkdir(company, 0o700); err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(company, "main.hcl"), "tenant \"sandbox\" {\n  file = \"../company.tenant.json\"\n}\n")
	run(company, 0, "export")
	conforms(t, "reclaim", run(company, 0, "reclaim", "-json"))
	run(company, 0, "apply", "-auto-approve")
	conforms(t, "tenant", read(filepath.Join(dir, "company.tenant.json")))
	conforms(t, "reclaim", run(company, 0, "reclaim", "-json"))
	for _, day := range []string{"2099-01-01", "2098-01-01"} { // the second is asked for already
		conforms(t, "request", run(contoso, 0, "request", "-json", "-user=frances.wilson@contoso.com", "-license=e5", "-reason=x", "-until="+day))
	}
}

// TestSealedDocumentsMatchTheirSchema does the same for what is encrypted.
func TestSealedDocumentsMatchTheirSchema(t *testing.T) {
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	seal, err := state.NewSeal([]string{key.Recipient().String()}, key.String())
	if err != nil {
		t.Fatal(err)
	}
	text, err := seal.Encode(state.New("tenant"))
	if err != nil {
		t.Fatal(err)
	}
	conforms(t, "sealed", text)
	plan, err := seal.Wrap(state.Header{Kind: state.PlanKind, Tenant: "tenant"}, []byte("{}"))
	if err != nil {
		t.Fatal(err)
	}
	conforms(t, "sealed", plan)
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func conforms(t *testing.T, schema string, document []byte) {
	t.Helper()
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	s, err := compiler.Compile("../../docs/schema/" + schema + ".schema.json")
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
	if err != nil {
		t.Fatalf("%s: %v\n%s", schema, err, document)
	}
	if err := s.Validate(v); err != nil {
		t.Errorf("%s: %v", schema, err)
	}
	if !json.Valid(document) {
		t.Errorf("%s: more than one document", schema)
	}
}

// everything is a configuration whose plan has something of each kind.
const everything = `tenant "sandbox" {
  file = "small.tenant.json"
}

license "e3" {
  sku      = "SPE_E3"
  quantity = 6
}

license "e5" {
  sku      = "SPE_E5"
  quantity = 4
}

license "premium" {
  sku = "POWERAUTOMATE_ATTENDED_RPA"
}

assignment "people" {
  users = ["ada@contoso.com", "grace@contoso.com", "linus@contoso.com"]
  until = "2099-12-31"

  grant "e5" {}
}

assignment "makers" {
  groups = ["makers"]

  grant "e3" {}
}

environment "production" {
  hosted_serves_process = true

  capacity {
    process        = 4
    hosted_process = 1
  }
}
`
