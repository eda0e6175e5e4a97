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
	Log      io.Writer // the embedded tenant's request log; nil for none
}

// Tenant is an open tenant.
type Tenant struct {
	graph   *graph.Client
	power   *powerplatform.Client
	catalog *catalog.Catalog
	server  *sandbox.Server // nil where the tenant runs elsewhere
}

// embeddedHost is what the clients believe to talk to when the tenant runs in
// this process.
const embeddedHost = "http://sandbox.invalid"

// Open opens a tenant. The clients are the same for every kind: only the
// transport differs.
func Open(s Settings) (*Tenant, error) {
	o := wire.Options{Base: s.Endpoint, Version: s.Version}
	t := &Tenant{catalog: s.Catalog}
	if s.File != "" {
		server, err := sandbox.Open(s.File, sandbox.Options{Now: s.Now, Log: s.Log})
		if err != nil {
			return nil, fmt.Errorf("the tenant cannot be opened: %w", err)
		}
		t.server = server
		o.Base, o.Transport = embeddedHost, inProcess{server}
	} else {
		o.Transport = &http.Client{Timeout: requestTimeout, Transport: &http.Transport{MaxIdleConnsPerHost: 16, ForceAttemptHTTP2: true}}
	}
	pipeline := wire.New(o)
	t.graph = graph.New(pipeline)
	t.power = powerplatform.New(pipeline, s.Catalog.CapacityName)
	return t, nil
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
// for people travel together; one for an environment travels alone.
func (t *Tenant) Run(ctx context.Context, calls []ledger.Call) []ledger.Result {
	results := make([]ledger.Result, len(calls))
	var people []ledger.Call
	var places []int
	for i, c := range calls {
		if c.Holder.Kind == ledger.Environment {
			results[i] = t.power.Allocate(ctx, c)
			continue
		}
		people, places = append(people, c), append(places, i)
	}
	for start := 0; start < len(people); start += Batch {
		end := min(start+Batch, len(people))
		for i, r := range t.graph.Assign(ctx, people[start:end]) {
			results[places[start+i]] = r
		}
	}
	return results
}

var _ policy.Transporter = inProcess{}
