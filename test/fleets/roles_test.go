//go:build !nofleet

package fleets_test

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// TestRoles: a reader sees the tenants with their labels and changes nothing, an approver approves
// plans of those alone, and a worker works and approves nothing.
func TestRoles(t *testing.T) {
	w := newWorld(t, 6)
	for range 2 { // it can be run again
		w.must("fleet", "init", "-roles")
	}
	w.sql("DO $$ BEGIN CREATE ROLE some_worker LOGIN IN ROLE usher_worker; CREATE ROLE large_reader LOGIN IN ROLE usher_reader; " +
		"CREATE ROLE large_approver LOGIN IN ROLE usher_approver; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
	w.sql("INSERT INTO usher_sight VALUES ('large_reader', 'size', 'large'), ('large_approver', 'size', 'large')")
	worker := w.as("some_worker")
	w.sql("REVOKE ALL ON usher_pause FROM usher_worker") // as if the table came with a new version
	out, err := worker.command("fleet", "work").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "run usher fleet init -roles") {
		t.Errorf("a worker starts without a right, or does not say what to do: %v, %s", err, out)
	}
	w.must("fleet", "init", "-roles")
	process := worker.worker(0)
	worker.must("fleet", "plan", "-json")
	_ = process.Process.Signal(syscall.SIGTERM)
	_ = process.Wait()
	if n := len(w.report().Results); n != 6 {
		t.Fatalf("the owner sees %d of 6 tenants", n)
	}
	for _, role := range []string{"large_reader", "large_approver"} {
		seen := w.as(role)
		for _, x := range seen.report().Results {
			if !strings.HasSuffix(x.Tenant, "1") && !strings.HasSuffix(x.Tenant, "3") && !strings.HasSuffix(x.Tenant, "5") {
				t.Errorf("%s sees %s", role, x.Tenant)
			}
		}
		if n := len(seen.report().Results); n != 3 {
			t.Errorf("%s sees %d tenants, and 3 are large", role, n)
		}
		if out, err := seen.command("fleet", "show", "customer-0000", "plan").CombinedOutput(); err == nil {
			t.Errorf("%s sees a document: %s", role, out)
		}
		if out, err := seen.command("fleet", "plan", "-detach").CombinedOutput(); err == nil {
			t.Errorf("%s puts jobs into the queue: %s", role, out)
		}
		w.refused(role, "UPDATE usher_sight SET value = '*'")
		w.refused(role, "SELECT * FROM usher_sight")
		w.refused(role, "UPDATE usher_result SET digest = 'x'")
		tricked, err := seen.psql(role, "CREATE TEMP TABLE usher_sight (role text, label text, value text); "+
			"INSERT INTO usher_sight VALUES ('"+role+"', '*', '*'); GRANT SELECT ON usher_sight TO PUBLIC; "+
			"SELECT count(DISTINCT tenant) FROM usher_result")
		if err != nil || strings.TrimSpace(tricked) != "3" {
			t.Errorf("with a table of its own, %s sees %s tenants, %v", role, tricked, err)
		}
	}
	var plan, digest string
	for _, x := range w.report().Results {
		if x.Tenant == "customer-0000" {
			digest = x.Digest
		}
	}
	plan = strings.TrimSpace(w.sql("SELECT job FROM usher_result WHERE tenant = 'customer-0000'"))
	w.refused("large_approver", "INSERT INTO usher_approval VALUES ("+plan+", 'customer-0000', '"+digest+"', 'me', '', '')")
	w.refused("large_approver", "INSERT INTO usher_approval VALUES ("+plan+", 'customer-0001', '"+digest+"', 'me', '', '')")
	own := strings.TrimSpace(w.sql("SELECT job || ', ' || quote_literal(tenant) || ', ' || quote_literal(digest) FROM usher_result " +
		"WHERE tenant = 'customer-0001'"))
	w.refused("large_approver", "INSERT INTO usher_approval VALUES ("+own+", 'the boss', '', '')")
	w.refused("large_reader", "INSERT INTO usher_approval VALUES ("+plan+", 'customer-0000', '"+digest+"', 'me', '', '')")
	w.refused("some_worker", "INSERT INTO usher_approval VALUES ("+plan+", 'customer-0000', '"+digest+"', 'me', '', '')")
	said := w.as("large_approver").must("fleet", "approve", "-as-of=1000000", "-cause=add POWERAUTOMATE_ATTENDED_RPA by assignment.makers",
		"-cause=adopt POWERAUTOMATE_ATTENDED_RPA by assignment.makers")
	if !strings.Contains(said, "Approved 3 of 3 plans that wait.") {
		t.Error(said)
	}
	if by := w.sql("SELECT count(*) FROM usher_approval WHERE approver LIKE '% (large_approver)'"); strings.TrimSpace(by) != "3" {
		t.Errorf("%s of 3 approvals say who signed in", by)
	}
	w.refused("some_worker", "UPDATE usher_approval SET plan = "+plan+", tenant = 'customer-0000', digest = '"+digest+"'")
	w.refused("large_approver", "UPDATE usher_approval SET approver = 'the boss'")
	w.sql("UPDATE usher_result SET document = replace(document, '" + digest + "', 'sha256:" + strings.Repeat("0", 64) + "') " +
		"WHERE tenant = 'customer-0005' AND operation = 'plan'") // another plan in the place of the one that was approved
	process = worker.worker(1)
	if err := worker.command("fleet", "apply", "-now", "-json").Run(); err == nil {
		t.Error("a plan that was changed after its approval is applied")
	}
	worker.must("fleet", "export", "-out="+t.TempDir()+"/exported")
	for _, role := range []string{"large_reader", "large_approver"} {
		if seen, err := w.psql(role, "SELECT count(DISTINCT job) FROM usher_file"); err != nil || strings.TrimSpace(seen) != "3" {
			t.Errorf("%s sees exported files of %s tenants, %v", role, seen, err)
		}
	}
	w.pages("large_reader")
	_ = process.Process.Signal(syscall.SIGTERM)
	_ = process.Wait()
	applied := 0
	for _, x := range w.report().Results {
		if x.Operation == "apply" && x.Outcome == "clean" {
			applied++
		}
	}
	if applied != 2 {
		text, _ := json.Marshal(w.report())
		t.Errorf("%d of 2 plans were applied, and one is not what was approved:\n%s", applied, text)
	}
}

// as is the same fleet for somebody else.
func (w *world) as(role string) *world {
	return &world{t: w.t, dir: w.dir, env: append(slices.Clone(w.env), "USHER_FLEET_DATABASE_URL="+w.address(role))}
}

// address is that of the database, for a role.
func (w *world) address(role string) string {
	address := w.env[len(w.env)-1]
	_, address, _ = strings.Cut(address, "=")
	scheme, rest, _ := strings.Cut(address, "://")
	_, rest, _ = strings.Cut(rest, "@")
	return scheme + "://" + role + "@" + rest
}

// sql runs a statement as the owner.
func (w *world) sql(statement string) string {
	w.t.Helper()
	out, err := w.psql("postgres", statement)
	if err != nil {
		w.t.Fatalf("%v\n%s", err, out)
	}
	return out
}

// refused checks that a role may not do something.
func (w *world) refused(role, statement string) {
	w.t.Helper()
	if out, err := w.psql(role, statement); err == nil {
		w.t.Errorf("%s may do %s: %s", role, statement, out)
	}
}

func (w *world) psql(role, statement string) (string, error) {
	program := filepath.Join(postgresPrograms(), "psql")
	out, err := exec.Command(program, w.address(role), "-v", "ON_ERROR_STOP=1", "-qAtc", statement).CombinedOutput()
	return string(out), err
}
