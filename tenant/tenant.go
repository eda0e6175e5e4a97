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

// Settings say which tenant to open: exactly one of File, Endpoint and
// Directory is set.
type Settings struct {
	File      string // a tenant file, run in this process
	Endpoint  string // the base URL of a served sandbox
	Directory *Directory
	Writes    float64 // writes a second that the directory allows; 0 for as many as come
	Version   string  // of usher
	Catalog   *catalog.Catalog
	Now       func() time.Time
	Wait      time.Duration                // how long a call waits for what the service does later
	Retry     time.Duration                // before the first repetition of a request; 0 for the default
	Timeout   time.Duration                // of one request; 0 for the default
	Lag       time.Duration                // how old readings of people may be
	Low       bool                         // readings give way to the requests of others
	Log       io.Writer                    // the embedded tenant's request log; nil for none
	Wire      io.Writer                    // the same with its answers
	Trace     func(Exchange)               // is told of every request; nil for nobody
	Waiting   func(host string, err error) // is told of a host that cannot be reached; nil for nobody
	// Room waits until so many requests may leave, and returns why they cannot; nil for no limit.
	Room func(ctx context.Context, requests int) error
	// Gate is asked before every try of a request that changes something, and
	// forbids it by an error; nil for no gate.
	Gate func(context.Context) error
}

// Exchange is one request and its answer, without anything of what they say.
type Exchange = wire.Exchange

// Tenant is an open tenant.
type Tenant struct {
	id       string // that it has to have; "" for any
	services services
	graph    *graph.Client
	power    *powerplatform.Client
	commerce *commerce.Client // nil where the cloud has no such service
	catalog  *catalog.Catalog
	urls     map[string]powerplatform.Environment // environments with a Dataverse organisation that was read, by id
	server   *sandbox.Server                      // nil where the tenant runs elsewhere
}

// embeddedHost is what the clients believe to talk to when the tenant runs in
// this process.
const embeddedHost = "http://sandbox.invalid"

// Open opens a tenant. The clients are the same for every kind: only the
// hosts, the tokens and the transport differ.
func Open(s Settings) (*Tenant, error) {
	o := wire.Options{Version: s.Version, RetryDelay: s.Retry, Timeout: s.Timeout, Low: s.Low, Trace: s.Trace, Waiting: s.Waiting,
		Room: s.Room, Gate: s.Gate, Now: s.Now}
	t := &Tenant{catalog: s.Catalog, urls: map[string]powerplatform.Environment{}}
	if s.Writes > 0 {
		o.Pace = wire.NewPace(s.Writes, s.Now)
	}
	switch {
	case s.File != "":
		server, err := sandbox.Open(s.File, sandbox.Options{Now: s.Now, Log: s.Log, Wire: s.Wire, Open: true})
		if err != nil {
			return nil, fmt.Errorf("the tenant cannot be opened: %w", err)
		}
		t.server = server
		o.Transport = inProcess{server}
		t.services = oneHost(embeddedHost, o)
	case s.Endpoint != "":
		o.Transport = Network()
		t.services = oneHost(s.Endpoint, o)
	default:
		o.Transport, o.Credential, t.id = s.Directory.Transport, s.Directory.Credential, s.Directory.ID
		t.services = s.Directory.services(o)
	}
	t.graph = graph.New(t.services.graph)
	t.graph.Wait, t.graph.Lag = s.Wait, s.Lag
	if s.Retry > 0 {
		t.graph.Pause = s.Retry
	}
	t.power = powerplatform.New(t.services.power, s.Catalog.CapacityName)
	if t.services.purchase != nil {
		t.commerce = commerce.New(t.services.purchase)
	}
	return t, nil
}

// dataverse is a client of the organisation behind an environment. The address
// comes from the tenant: it is used only where an organisation can be.
func (t *Tenant) dataverse(e powerplatform.Environment) (*dataverse.Client, error) {
	w, ok := t.services.organisation(e.URL)
	if !ok {
		return nil, fmt.Errorf("its Dataverse address leads to another host (%.100q): it is not followed", e.URL)
	}
	return dataverse.New(w, e.Holder, t.power.Item), nil
}

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
	var name string
	results := t.runCalls(wire.WithName(ctx, &name), calls)
	for i := range results {
		results[i].Request = name
	}
	return results
}

func (t *Tenant) runCalls(ctx context.Context, calls []ledger.Call) []ledger.Result {
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
		case c.Steps[0].Op == ledger.Retry:
			results[i] = t.graph.Retry(ctx, c)
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

// Audits lists who changed licenses of people since a moment, the oldest first. It reads the
// log of the directory, where entries come up to an hour late.
func (t *Tenant) Audits(ctx context.Context, since time.Time) ([]ledger.Audit, error) {
	return t.graph.Audits(ctx, since)
}

// Await waits, for a while, for groups that the service has not finished with,
// and reports whether it has now.
func (t *Tenant) Await(ctx context.Context, groups []ledger.Holder) bool {
	return t.graph.Await(ctx, groups) == nil
}

func (t *Tenant) runInside(ctx context.Context, c ledger.Call) ledger.Result {
	e, read := t.urls[c.Holder.EnvironmentID()]
	if !read {
		return ledger.Result{Call: c, Outcome: ledger.Failed, Message: "its environment was not read"}
	}
	client, err := t.dataverse(e)
	if err != nil {
		return ledger.Result{Call: c, Outcome: ledger.Failed, Message: err.Error()}
	}
	if c.Steps[0].Op == ledger.Restart {
		return client.Restart(ctx, c)
	}
	return client.Assign(ctx, c)
}

var _ policy.Transporter = inProcess{}
