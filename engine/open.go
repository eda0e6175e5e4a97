package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/usher-cli/usher/catalog"
	"github.com/usher-cli/usher/state"
	"github.com/usher-cli/usher/tenant"
	"github.com/usher-cli/usher/tenant/identity"
)

// Access says how a tenant is used.
type Access struct {
	Wait  time.Duration // for what the tenant accepts first and does later
	Low   bool          // readings give way to the requests of others
	Lease *state.Lease  // of a run that changes the tenant; nil for others
}

// Opened is a configuration whose tenant can be asked.
type Opened struct {
	*Loaded
	Tenant *tenant.Tenant
	lease  *state.Lease
	log    io.WriteCloser // of an embedded tenant; nil for none
}

// Open opens the tenant that the configuration names. An embedded one logs its
// requests to the file that USHER_SANDBOX_LOG names. Close ends it.
//
// The lease is asked before every write whether the lock is still held, so that a run that
// slept too long writes nothing more. Without one, Apply refuses.
func (l *Loaded) Open(a Access) (opened *Opened, err error) {
	t := l.Config.Tenant
	o := tenant.Settings{
		File: t.File, Endpoint: t.Endpoint, Writes: t.Writes, Version: l.Version, Catalog: l.Catalog, Now: l.Now,
		Wait: a.Wait, Timeout: t.Timeout, Lag: t.PeopleLag, Low: a.Low, Wire: l.Wire, Trace: l.Requests, Room: l.Room,
		Waiting: func(host string, err error) {
			l.warn(fmt.Sprintf("%s cannot be reached (%v): usher tries for a few seconds more", host, err))
		},
	}
	if a.Lease != nil {
		o.Gate = a.Lease.Check
	}
	opened = &Opened{Loaded: l, lease: a.Lease}
	if t.ID != "" {
		if o.Directory, err = l.directory(); err != nil {
			return nil, err
		}
	}
	if path := l.Env("USHER_SANDBOX_LOG"); path != "" && o.File != "" {
		if opened.log, err = OpenLog(path); err != nil {
			return nil, err
		}
		o.Log = opened.log
	}
	if opened.Tenant, err = tenant.Open(o); err != nil {
		if errors.Is(err, fs.ErrNotExist) && t.File != "" {
			err = fmt.Errorf("%s names the tenant file %s, and there is none: make one with usher sandbox init -out=%s, or correct the name",
				t.Origin, t.File, filepath.Base(t.File))
		}
		l.sweep()
		return nil, errors.Join(err, opened.closeLog())
	}
	return opened, nil
}

// Close ends the tenant. What goes wrong is added to err.
func (o *Opened) Close(err *error) {
	problem := errors.Join(o.Tenant.Close(), o.closeLog())
	o.sweep()
	if problem != nil {
		*err = errors.Join(*err, problem)
	}
}

func (o *Opened) closeLog() error {
	if o.log == nil {
		return nil
	}
	return o.log.Close()
}

// Await waits, for a while, for groups that the service has not finished with, and
// reports whether it has now.
func (p *Present) Await(ctx context.Context) bool { return p.Tenant.Await(ctx, p.Reading.Working) }

// OpenLog opens a log of requests, and adds to what is there.
func OpenLog(path string) (io.WriteCloser, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("the request log cannot be opened: %w", err)
	}
	return f, nil
}

// directory is a tenant of Microsoft's, with the identity that speaks to it.
func (l *Loaded) directory() (*tenant.Directory, error) {
	t := l.Config.Tenant
	who, err := l.signIn("the tenant "+t.ID, t.ID, t.Endpoints.Login, t.Cloud)
	if err != nil {
		return nil, err
	}
	return &tenant.Directory{ID: t.ID, Cloud: t.Cloud, Endpoints: t.Endpoints, Credential: who.Credential, Transport: tenant.Network(),
		Federated: func() (tenant.Federation, bool) {
			said, ok := who.Statement()
			return tenant.Federation{Issuer: said.Issuer, Subject: said.Subject, PullRequest: said.PullRequest()}, ok
		}}, nil
}

// signIn finds the identity of a directory that is to speak to a tenant or a store.
// Login is the address to sign in at. Nothing is asked of anybody yet.
func (l *Loaded) signIn(to, directory, login string, cloud catalog.Cloud) (*identity.Identity, error) {
	who, err := identity.New(identity.Options{Tenant: directory, Login: login, Private: login != cloud.Login,
		Assertion: cloud.Assertion, Env: l.Env, ReadFile: os.ReadFile, Transport: tenant.Network(),
		ShouldRetry: tenant.SignInAgain()}) //nolint:bodyclose // it answers no request
	if err != nil {
		return nil, err
	}
	l.explain(fmt.Sprintf("Signing in to %s by %s%s.", to, who.Kind, client(who)))
	return who, nil
}

// client names the application of an identity, behind its kind.
func client(id *identity.Identity) string {
	if id.Client == "" {
		return ""
	}
	return " as the application " + id.Client
}
