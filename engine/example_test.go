package engine_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/usher-cli/usher/engine"
)

// A plan, and an apply under the state's lock.
func Example() {
	dir, err := exampleDirectory("ada@contoso.com")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := run(context.Background(), dir); err != nil {
		fmt.Println(err)
	}
	// Output:
	// + user/ada@contoso.com:POWERAUTOMATE_ATTENDED_RPA
	// 1 of 1 calls done
}

func run(ctx context.Context, dir string) (err error) {
	w := &engine.World{Version: "0.1.0", Dir: dir, Env: func(string) string { return "" }, Now: time.Now}
	l, diags, err := engine.Load(w, engine.Inputs{}, engine.Whole())
	if err != nil {
		return err
	}
	if diags.HasErrors() {
		return diags
	}
	lease, err := l.Lock(ctx, "apply", time.Minute)
	if err != nil {
		return err
	}
	defer l.Release(lease, &err)
	opened, err := l.Open(engine.Access{Lease: lease})
	if err != nil {
		return err
	}
	defer opened.Close(&err)
	present, err := opened.Read(ctx, engine.Scope{})
	if err != nil {
		return err
	}
	p := present.Plan(engine.Choices{})
	for _, s := range p.Steps() {
		fmt.Println(s.Op.Sign(), s.Address())
	}
	report, err := present.Apply(ctx, p, engine.RunOptions{})
	if err == nil {
		fmt.Println(report.Done, "of", report.All, "calls done")
	}
	return err
}

// exampleDirectory makes a configuration with a tenant that runs inside usher.
func exampleDirectory(users ...string) (string, error) {
	dir, err := os.MkdirTemp("", "usher")
	if err != nil {
		return "", err
	}
	text, err := os.ReadFile(smallTenant)
	if err != nil {
		return "", err
	}
	return dir, configure(dir, text, users...)
}

const smallTenant = "../cmd/usher/testdata/tenants/small.tenant.json"

// configure writes a tenant, and a configuration that gives some users a license.
func configure(dir string, tenant []byte, users ...string) error {
	quoted := strings.Join(users, `", "`)
	return errors.Join(
		os.WriteFile(filepath.Join(dir, "t.tenant.json"), tenant, 0o600),
		os.WriteFile(filepath.Join(dir, "main.hcl"), []byte(`tenant "sandbox" {
  file = "t.tenant.json"
}

license "premium" {
  sku       = "POWERAUTOMATE_ATTENDED_RPA"
  unmanaged = "ignore"
}

assignment "office" {
  users = ["`+quoted+`"]

  grant "premium" {}
}
`), 0o600))
}
