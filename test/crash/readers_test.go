package crash_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// TestReaders: an identity that only reads plans, as the job of a pull request
// does, is told by init what it lacks, and its apply makes no call.
func TestReaders(t *testing.T) {
	for _, s := range stores(t) {
		if s.reader == nil {
			continue
		}
		t.Run(s.name, func(t *testing.T) {
			w := newWorld(t, s)
			w.write("want.hcl", wants[1])
			w.env = append(w.env, s.reader(t)...)
			before, state := w.written(), w.must("state", "pull")
			if code, out := w.run("plan", "-detailed-exitcode", "-out=reader.plan"); code != 2 {
				t.Errorf("planning exits with %d:\n%s", code, out)
			}
			if code, out := w.run("drift", "-undeclared=all"); code != 2 {
				t.Errorf("drift exits with %d:\n%s", code, out)
			}
			w.must("history", "-verify")
			w.must("init", "-for=plan")
			if code, out := w.run("init"); code != 1 || !strings.Contains(out, "missing  locking and writing the state") {
				t.Errorf("init exits with %d:\n%s", code, out)
			}
			for _, args := range [][]string{{"apply", "-auto-approve"}, {"apply", "reader.plan"}, {"state", "rm", "user/ada@contoso.com:SPE_E5"}} {
				if code, out := w.run(args...); code != 1 || !strings.Contains(out, "Error: the state ") {
					t.Errorf("%v exits with %d:\n%s", args, code, out)
				}
			}
			if after := w.written(); after != before {
				t.Errorf("who only reads the state made %d calls", after-before)
			}
			if now := w.must("state", "pull"); now != state {
				t.Error("who only reads the state wrote it")
			}
		})
	}
}

// TestReaderOfFile is TestReaders for a directory that cannot be written.
func TestReaderOfFile(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("nothing is read-only for root")
	}
	w := newWorld(t, store{name: "file", backend: `backend "file" {}`})
	w.write("want.hcl", wants[1])
	w.must("plan")
	files, err := filepath.Glob(filepath.Join(w.dir, "usher.state.json*"))
	for _, name := range append(files, w.dir) {
		if err == nil {
			err = os.Chmod(name, 0o500)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(w.dir, 0o700) })
	before := w.written()
	w.must("plan")
	w.must("init", "-for=plan")
	for _, args := range [][]string{{"init"}, {"apply", "-auto-approve"}} {
		if code, out := w.run(args...); code != 1 {
			t.Errorf("%v exits with %d:\n%s", args, code, out)
		}
	}
	if after := w.written(); after != before {
		t.Errorf("who only reads the state made %d calls", after-before)
	}
}

// readerRole makes a role of the database that may select.
func readerRole(t *testing.T, connection string) []string {
	ctx := context.Background()
	owner, err := pgx.Connect(ctx, connection)
	if err != nil {
		t.Fatal(err)
	}
	defer owner.Close(ctx)
	for _, statement := range []string{"DROP OWNED BY usher_reader", "DROP ROLE usher_reader"} {
		_, _ = owner.Exec(ctx, statement) // of an earlier test
	}
	for _, statement := range []string{"CREATE ROLE usher_reader " +
		"LOGIN", "GRANT USAGE ON SCHEMA usher TO usher_reader", "GRANT SELECT ON ALL TABLES IN SCHEMA usher TO usher_reader"} {
		if _, err := owner.Exec(ctx, statement); err != nil {
			t.Fatal(err)
		}
	}
	return []string{"PGUSER=usher_reader"}
}
