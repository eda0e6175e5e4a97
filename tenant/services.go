package tenant

import (
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/usher-cli/usher/catalog"
	"github.com/usher-cli/usher/tenant/wire"
)

// Directory is a tenant of Microsoft's.
type Directory struct {
	ID         string // of the tenant that is meant
	Cloud      catalog.Cloud
	Endpoints  catalog.Cloud // where the services answer: the cloud's own, or elsewhere for tests
	Credential azcore.TokenCredential
	Transport  policy.Transporter
	// Federated tells whose word let the job in; nil or false for nobody's.
	Federated func() (Federation, bool)
}

// Federation is whose word lets a job in, in the place of a secret.
type Federation struct {
	Issuer, Subject string
	PullRequest     bool // every pull request of the repository can get the same word
}

// services are the roads to the services of one tenant, each with tokens of
// its own.
type services struct {
	credential   azcore.TokenCredential // nil where nobody signs in
	federated    func() (Federation, bool)
	graphScope   string
	graph, power *wire.Client
	purchase     *wire.Client // nil where there is no such service
	admin        []administration
	// organisation is the road to a Dataverse organisation, whose address is the
	// tenant's to say; false where it leads to where none can be.
	organisation func(address string) (*wire.Client, bool)
}

// administration is the road to the older administration API of the Power Platform by a scope.
// Sources disagree about its scope in some clouds, so that there can be several.
type administration struct {
	scope  string
	client *wire.Client
}

// oneHost is all services at one address, where nobody signs in.
func oneHost(base string, o wire.Options) services {
	o.Base = base
	w := wire.New(o)
	return services{graph: w, power: w, purchase: w, admin: []administration{{client: w}},
		organisation: func(address string) (*wire.Client, bool) { return w.At(address), w.SameHost(address) }}
}

// services signs in to each service for itself. Only the directory's own
// writes are paced: the others publish no allowance.
func (d *Directory) services(o wire.Options) services {
	road := func(base, scope string, pace *wire.Pace) *wire.Client {
		to := o
		to.Base, to.Scope, to.Pace = base, scope, pace
		return wire.New(to)
	}
	s := services{
		credential: d.Credential, federated: d.Federated, graphScope: d.Cloud.Graph + "/.default",
		graph: road(d.Endpoints.Graph, d.Cloud.Graph+"/.default", o.Pace),
		power: road(d.Endpoints.PowerPlatform, d.Cloud.PowerPlatform+"/.default", nil),
	}
	for _, scope := range d.Cloud.AdminScopes {
		s.admin = append(s.admin, administration{scope, road(d.Endpoints.Admin, scope, nil)})
	}
	if d.Endpoints.Purchase != "" {
		s.purchase = road(d.Endpoints.Purchase, catalog.PurchaseScope, nil)
	}
	s.organisation = func(address string) (*wire.Client, bool) {
		u, err := url.Parse(address)
		if err != nil || !d.isOrganisation(u) && !s.power.SameHost(address) {
			return nil, false
		}
		return road(address, u.Scheme+"://"+u.Host+"/.default", nil), true
	}
	return s
}

// isOrganisation reports whether a Dataverse organisation of the cloud can be
// at an address.
func (d *Directory) isOrganisation(u *url.URL) bool {
	under := func(suffix string) bool { return strings.HasSuffix(strings.ToLower(u.Host), suffix) }
	return u.Scheme == "https" && slices.ContainsFunc(d.Cloud.Dataverse, under)
}

// Network is the transport to other processes and machines. It heeds the usual
// variables for a proxy.
func Network() *http.Client {
	return &http.Client{CheckRedirect: stay, Transport: &http.Transport{
		DialContext: (&net.Dialer{Timeout: wire.DialTimeout, KeepAlive: 30 * time.Second}).DialContext,
		Proxy:       http.ProxyFromEnvironment, MaxIdleConnsPerHost: 16, IdleConnTimeout: time.Minute,
		TLSHandshakeTimeout: 20 * time.Second, ForceAttemptHTTP2: true}}
}

// stay keeps requests, and what is in them, on the host that they were meant
// for: a service that answers with another one has not answered.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// SignInAgain decides whether a request to the login service is tried again.
func SignInAgain() func(*http.Response, error) bool {
	return wire.SignInAgain() //nolint:bodyclose // it answers no request
}
