// Package tenant is the one door from usher to the tenant: it reads what is
// there, gives names their ids, and runs calls.
//
// It never decides what should change, and never writes anything but the
// calls that it is handed.
package tenant

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/usher-cli/usher/catalog"
	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/tenant/commerce"
	"github.com/usher-cli/usher/tenant/dataverse"
	"github.com/usher-cli/usher/tenant/graph"
	"github.com/usher-cli/usher/tenant/powerplatform"
	"github.com/usher-cli/usher/tenant/sandbox"
	"github.com/usher-cli/usher/tenant/wire"
)

// Settings say which tenant to open. Exactly one of File and Endpoint is set.
type Settings struct {
	File     string // a tenant file, run in this process
	Endpoint string // the base URL of a served sandbox
	Version  string // of usher
	Catalog  *catalog.Catalog
	Now      func() time.Time
	Wait     time.Duration // how long a call waits for what the service does later
	Retry    time.Duration // before the first repetition of a request; 0 for the default
	Log      io.Writer     // the embedded tenant's request log; nil for none
}

// Tenant is an open tenant.
type Tenant struct {
	graph    *graph.Client
	power    *powerplatform.Client
	commerce *commerce.Client
	pipeline *wire.Client
	catalog  *catalog.Catalog
	urls     map[string]powerplatform.Environment // environments with a Dataverse organisation that was read, by id
	server   *sandbox.Server                      // nil where the tenant runs elsewhere
}

// embeddedHost is what the clients believe to talk to when the tenant runs in
// this process.
const embeddedHost = "http://sandbox.invalid"

// Open opens a tenant. The clients are the same for every kind: only the
// transport differs.
func Open(s Settings) (*Tenant, error) {
	o := wire.Options{Base: s.Endpoint, Version: s.Version, RetryDelay: s.Retry}
	t := &Tenant{catalog: s.Catalog, urls: map[string]powerplatform.Environment{}}
	if s.File != "" {
		server, err := sandbox.Open(s.File, sandbox.Options{Now: s.Now, Log: s.Log})
		if err != nil {
			return nil, fmt.Errorf("the tenant cannot be opened: %w", err)
		}
		t.server = server
		o.Base, o.Transport = embeddedHost, inProcess{server}
	} else {
		o.Transport = &http.Client{Timeout: requestTimeout, Transport: &http.Transport{MaxIdleConnsPerHost: 16, ForceAttemptHTTP2: true}, CheckRedirect: stay}
	}
	t.pipeline = wire.New(o)
	t.graph = graph.New(t.pipeline)
	t.graph.Wait = s.Wait
	t.commerce = commerce.New(t.pipeline)
	t.power = powerplatform.New(t.pipeline, s.Catalog.CapacityName)
	return t, nil
}

// stay keeps requests, and what is in them, on the host that they were meant
// for: a service that answers with another one has not answered.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// dataverse is a client of the organisation behind an environment. The address
// comes from the tenant: it is used only where it leads to the tenant's host.
func (t *Tenant) dataverse(e powerplatform.Environment) (*dataverse.Client, error) {
	if !t.pipeline.SameHost(e.URL) {
		return nil, fmt.Errorf("its Dataverse address leads to another host (%.100q): it is not followed", e.URL)
	}
	return dataverse.New(t.pipeline.At(e.URL), e.Holder, t.power.Item), nil
}

// requestTimeout bounds one request, so that an answer that never comes is
// known not to come.
const requestTimeout = 2 * time.Minute

// Close ends an embedded tenant and leaves a served one alone.
func (t *Tenant) Close() error {
	if t.server == nil {
		return nil
	}
	return t.server.Close()
}

// Batch is how many calls for people travel in one request.
const Batch = graph.MaxBatch

// Run sends calls and returns one result for each, in the same order. Calls
// for people travel together; any other travels alone.
func (t *Tenant) Run(ctx context.Context, calls []ledger.Call) []ledger.Result {
	results := make([]ledger.Result, len(calls))
	var people []ledger.Call
	var places []int
	for i, c := range calls {
		switch {
		case c.Holder.Kind == ledger.Environment:
			results[i] = t.power.Allocate(ctx, c)
		case c.Holder.Kind == ledger.Group:
			results[i] = t.graph.AssignGroup(ctx, c)
		case c.Holder.Kind == ledger.SelfService:
			results[i] = t.commerce.Set(ctx, c)
		case c.Holder.Kind.Inside():
			results[i] = t.runInside(ctx, c)
		case c.Steps[0].Op == ledger.Reprocess:
			results[i] = t.graph.Reprocess(ctx, c)
		default:
			people, places = append(people, c), append(places, i)
		}
	}
	for start := 0; start < len(people); start += Batch {
		end := min(start+Batch, len(people))
		for i, r := range t.graph.Assign(ctx, people[start:end]) {
			results[places[start+i]] = r
		}
	}
	return results
}

// Await waits, for a while, for groups that the service has not finished with,
// and reports whether it has now.
func (t *Tenant) Await(ctx context.Context, groups []ledger.Holder) bool {
	return t.graph.Await(ctx, groups) == nil
}

func (t *Tenant) runInside(ctx context.Context, c ledger.Call) ledger.Result {
	e, read := t.urls[c.Holder.Place()]
	if !read {
		return ledger.Result{Call: c, Outcome: ledger.Failed, Message: "its environment was not read"}
	}
	client, err := t.dataverse(e)
	if err != nil {
		return ledger.Result{Call: c, Outcome: ledger.Failed, Message: err.Error()}
	}
	if c.Steps[0].Op == ledger.Reprocess {
		return client.Refresh(ctx, c)
	}
	return client.Assign(ctx, c)
}

var _ policy.Transporter = inProcess{}
