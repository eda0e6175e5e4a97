package main

import (
	"fmt"
	"os"
	"slices"

	"github.com/usher-cli/usher/tenant"
	"github.com/usher-cli/usher/tenant/identity"
)

// skippable is the service that a run can leave unread.
const skippable = "powerplatform"

func (i *inputs) checkSkip() error {
	if at := slices.IndexFunc(i.skip, func(s string) bool { return s != skippable }); at >= 0 {
		return fmt.Errorf("-skip=%s names nothing that can be left unread: it can be %s", i.skip[at], skippable)
	}
	return nil
}

// openTenant opens the tenant that the configuration names. An embedded one
// logs its requests to the file that USHER_SANDBOX_LOG names.
func (s *session) openTenant() error {
	t := s.cfg.Tenant
	o := tenant.Settings{
		File:     t.File,
		Endpoint: t.Endpoint,
		Writes:   t.Writes,
		Version:  version,
		Catalog:  s.catalog,
		Now:      s.a.now,
		Wait:     s.wait,
		Timeout:  t.Timeout,
		Lag:      t.PeopleLag,
		Low:      s.low,
		Wire:     s.a.wire,
	}
	if s.a.verbose {
		o.Trace = s.a.trace
	}
	if s.lease != nil {
		o.Gate = s.lease.Check
	}
	var err error
	if path := s.a.env("USHER_SANDBOX_LOG"); path != "" && o.File != "" {
		if s.log, err = openLog(path); err != nil {
			return err
		}
		o.Log = s.log
	}
	if t.ID != "" {
		if o.Directory, _, err = s.signIn(); err != nil {
			return err
		}
	}
	s.tenant, err = tenant.Open(o)
	return err
}

// signIn finds out as whom usher speaks to a tenant of Microsoft's. Nothing is
// asked of anybody yet.
func (s *session) signIn() (*tenant.Directory, *identity.Identity, error) {
	t, transport := s.cfg.Tenant, tenant.Network()
	id, err := identity.New(identity.Options{Tenant: t.ID, Login: t.Endpoints.Login, Private: t.Endpoints.Login != t.Cloud.Login,
		Assertion: t.Cloud.Assertion, Env: s.a.env, ReadFile: os.ReadFile, Transport: transport})
	if err != nil {
		return nil, nil, err
	}
	if s.a.verbose {
		s.a.stderr().Line("Signing in to the tenant %s by %s%s.", t.ID, id.Kind, client(id))
	}
	return &tenant.Directory{ID: t.ID, Cloud: t.Cloud, Endpoints: t.Endpoints, Credential: id.Credential, Transport: transport}, id, nil
}

func client(id *identity.Identity) string {
	if id.Client == "" {
		return ""
	}
	return " as the application " + id.Client
}
