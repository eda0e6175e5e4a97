package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"

	"github.com/natefinch/atomic"
	"github.com/spf13/cobra"

	"github.com/usher-cli/usher/catalog"
	"github.com/usher-cli/usher/engine"
	"github.com/usher-cli/usher/tenant/sandbox"
	"github.com/usher-cli/usher/view"
)

func newSandbox(a *app) *cobra.Command {
	cmd := parent("sandbox", "Make, serve and talk to a simulated tenant")
	cmd.AddCommand(newSandboxInit(a), newSandboxServe(a), newSandboxRequest(a))
	return cmd
}

type sandboxInitOptions struct {
	users   int
	out     string
	company bool
	seed    uint64
}

func newSandboxInit(a *app) *cobra.Command {
	o := &sandboxInitOptions{}
	cmd := &cobra.Command{Use: "init", Short: "Write a tenant file with generated people, groups, flows and machines", Args: noArgs,
		RunE: func(*cobra.Command, []string) error { return runSandboxInit(a, o) }}
	cmd.Flags().IntVar(&o.users, "users", 300, "how many `PEOPLE`")
	cmd.Flags().StringVar(&o.out, "out", "", "the tenant `FILE` to write")
	cmd.Flags().BoolVar(&o.company, "company", false, "with departments, leavers, guests and habits, as tenants that exist have")
	cmd.Flags().Uint64Var(&o.seed, "seed", 1, "with -company: another `NUMBER` gives another company")
	return cmd
}

func runSandboxInit(a *app, o *sandboxInitOptions) error {
	if o.out == "" || o.users < 0 {
		return errors.New("usher sandbox init needs -out=FILE, and a number of people that is not negative")
	}
	path := a.path(o.out)
	if _, err := os.Stat(path); err == nil {
		return fmt.Errorf("%s exists, and a tenant is not written over: remove it first", path)
	}
	cat, err := catalog.Load()
	if err != nil {
		return err
	}
	t := sandbox.Generate(o.users, products(cat), boughtUnits())
	sandbox.Furnish(t)
	if o.company {
		sandbox.Company(t, o.seed)
	}
	if err := writeTenant(path, t); err != nil {
		return err
	}
	a.stdout().Say("%s has %d people.", o.out, o.users)
	return nil
}

// writeTenant makes a tenant file.
func writeTenant(path string, t *sandbox.Tenant) error {
	var b bytes.Buffer
	if err := t.Encode(&b); err != nil {
		return err
	}
	if err := atomic.WriteFile(path, &b); err != nil {
		return fmt.Errorf("the tenant cannot be written: %w", err)
	}
	return nil
}

// boughtUnits are the units of capacity that a generated tenant has bought.
func boughtUnits() map[string]int64 {
	return map[string]int64{"PowerAutomatePerProcess": 12, "PAHostedRPA": 4, "AI": 100000}
}

// products are what a generated tenant owns, in the words of its file.
func products(cat *catalog.Catalog) []*sandbox.SKU {
	var skus []*sandbox.SKU
	for _, part := range []string{"POWERAUTOMATE_ATTENDED_RPA", "FLOW_FREE", "POWERAPPS_PER_USER", "SPE_E3", "SPE_E5",
		"Power_Automate_per_process"} {
		for _, p := range cat.Product(part) {
			sku := &sandbox.SKU{ID: p.ID, PartNumber: p.PartNumber, AppliesTo: "User"}
			if p.Kind == catalog.Units {
				sku.AppliesTo, sku.Enabled = "Company", 12
			}
			for _, plan := range p.Plans {
				sku.Plans = append(sku.Plans, sandbox.Plan{ID: plan.ID, Name: plan.Name})
			}
			skus = append(skus, sku)
		}
	}
	return skus
}

func (a *app) openSandbox(file, log string) (*sandbox.Server, func() error, error) {
	if file == "" {
		return nil, nil, errors.New("name the tenant file with -file=FILE; usher sandbox init writes one")
	}
	opts, done := sandbox.Options{Now: a.now, Wire: a.wire}, func() error { return nil }
	if log != "" {
		f, err := engine.OpenLog(a.path(log))
		if err != nil {
			return nil, nil, err
		}
		opts.Log, done = f, f.Close
	}
	server, err := sandbox.Open(a.path(file), opts)
	return server, done, err
}

type sandboxRequestOptions struct {
	file string
	by   string
}

func newSandboxRequest(a *app) *cobra.Command {
	o := &sandboxRequestOptions{}
	cmd := &cobra.Command{
		Use:   "request METHOD PATH [BODY]",
		Short: "Send one request to a tenant file, as somebody else would",
		Args:  argCount(2, 3),
		RunE:  func(_ *cobra.Command, args []string) error { return runSandboxRequest(a, o, append(args, "")) },
	}
	cmd.Flags().StringVar(&o.file, "file", "", "the tenant `FILE`")
	cmd.Flags().StringVar(&o.by, "as", "somebody", "the `NAME` of the person or application for the log of the tenant")
	return cmd
}

func runSandboxRequest(a *app, o *sandboxRequestOptions, args []string) (err error) {
	server, _, err := a.openSandbox(o.file, "")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	if !strings.HasPrefix(args[1], "/") {
		return fmt.Errorf("the path %q does not start with a slash, such as /v1.0/users", args[1])
	}
	r, err := http.NewRequest(strings.ToUpper(args[0]), "http://sandbox.invalid"+args[1], strings.NewReader(args[2]))
	if err != nil {
		return fmt.Errorf("that is not a request: %w", err)
	}
	r.Header.Set("Sandbox-By", o.by)
	w := httptest.NewRecorder()
	defer func() {
		if cause := recover(); cause != nil { // how a handler cuts a connection
			err = errors.Join(errors.New("the connection was cut before an answer came"), err)
		}
	}()
	server.ServeHTTP(w, r)
	body, _ := io.ReadAll(w.Result().Body)
	if len(body) > 0 {
		a.stdout().Show(view.Code{string(body)})
	}
	if w.Code >= 300 {
		return fmt.Errorf("the tenant answered %d %s", w.Code, http.StatusText(w.Code))
	}
	return nil
}
