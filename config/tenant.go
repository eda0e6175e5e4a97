package config

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/usher-cli/usher/catalog"
	"github.com/usher-cli/usher/ledger"
)

// Readings of Microsoft's are known to be behind what was written by as much as
// this. Sources: for environments one community tool; for people what other
// tools tell their users; Microsoft gives neither.
const (
	microsoftLag       = 15 * time.Minute
	microsoftPeopleLag = 5 * time.Minute
)

// length reads a length of time, where one is written.
//
// A length is written as Go writes it: "90s", "15m", "1h30m".
func (l *lowering) length(attr *hclsyntax.Attribute, into *time.Duration) {
	text, ok := l.eval.text(attr)
	if !ok {
		return
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		l.fail(attr.Expr.Range(), "Not a length of time", "%q is not a length of time such as \"15m\".", text)
		return
	}
	*into = d
}

// tenant lowers the tenant block.
//
//	tenant "microsoft" {
//	  tenant_id = "3f2c1a90-0000-4000-8000-000000000000"
//	}
//
// There is exactly one tenant, because a state is about one. lag says for how long a reading
// can be behind a write, and so for how long usher believes its own records instead.
func (l *lowering) tenant(body *hclsyntax.Body) {
	blocks := ofType(body, "tenant", 1)
	if len(blocks) == 0 {
		l.diags = append(l.diags, broken(l.cfg.Dir, "No tenant",
			"The configuration names no tenant: add tenant \"microsoft\" { tenant_id = \"ID\" }, or tenant \"sandbox\" { file = \"FILE\" }."))
		return
	}
	b := blocks[0] // a second one is reported by checkShape
	l.cfg.Tenant.Origin = origin(b)
	attrs := b.Body.Attributes
	if b.Labels[0] == "microsoft" {
		l.cfg.Tenant.Lag, l.cfg.Tenant.PeopleLag = microsoftLag, microsoftPeopleLag
	}
	l.length(attrs["lag"], &l.cfg.Tenant.Lag)
	l.length(attrs["people_lag"], &l.cfg.Tenant.PeopleLag)
	l.length(attrs["timeout"], &l.cfg.Tenant.Timeout)
	if n, ok := l.eval.countArgument(attrs["writes_per_second"]); ok {
		l.cfg.Tenant.Writes = float64(n)
	}
	switch kind := b.Labels[0]; kind {
	case "sandbox":
		l.sandbox(b)
	case "microsoft":
		l.microsoft(b)
	default:
		l.fail(b.LabelRanges[0], "Unknown tenant", "There is no tenant %q; there are \"microsoft\" and \"sandbox\".", kind)
	}
}

// foreign refuses what belongs to the other kind of tenant.
func (l *lowering) foreign(b *hclsyntax.Block, names ...string) {
	for _, name := range names {
		if a := b.Body.Attributes[name]; a != nil {
			l.fail(a.NameRange, "Not an argument of this tenant", "A tenant %q has no %s.", b.Labels[0], name)
		}
	}
}

// sandbox lowers a simulated tenant.
//
//	tenant "sandbox" {
//	  file = "contoso.tenant.json"
//	}
//
// It speaks plain HTTP, and knows no secrets; so it is reached on this machine only.
func (l *lowering) sandbox(b *hclsyntax.Block) {
	l.foreign(b, "tenant_id", "cloud")
	for _, inner := range b.Body.Blocks {
		l.fail(inner.DefRange(), "Not a block of this tenant", "A tenant \"sandbox\" has one endpoint, and no endpoints.")
	}
	attrs := b.Body.Attributes
	file, hasFile := l.eval.text(attrs["file"])
	endpoint, hasEndpoint := l.eval.text(attrs["endpoint"])
	if hasFile == hasEndpoint {
		l.fail(b.DefRange(), "Tenant not named",
			"Give tenant \"sandbox\" either a file for usher to run, or the endpoint of a sandbox that is served.")
		return
	}
	if hasFile {
		l.cfg.Tenant.File = l.path(file)
	}
	if l.cfg.Tenant.Endpoint = strings.TrimSuffix(endpoint, "/"); hasEndpoint && !onThisMachine(endpoint, "http") {
		l.fail(attrs["endpoint"].Expr.Range(), "Endpoint not on this machine",
			"A sandbox is reached at http://127.0.0.1:PORT or http://localhost:PORT, and this is %q.", endpoint)
	}
}

var tenantID = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

// microsoft lowers a tenant of Microsoft's.
//
// A tenant is named by its id and never by a domain: somebody who takes over a domain that
// was given up would get the plan of another organisation.
func (l *lowering) microsoft(b *hclsyntax.Block) {
	l.foreign(b, "file", "endpoint")
	attrs, t := b.Body.Attributes, &l.cfg.Tenant
	id, ok := l.eval.text(attrs["tenant_id"])
	switch {
	case attrs["tenant_id"] == nil:
		l.fail(b.DefRange(), "Tenant not named", "Give tenant \"microsoft\" its tenant_id: the Entra admin centre shows it under Overview.")
	case ok && !tenantID.MatchString(id):
		l.fail(
			attrs["tenant_id"].Expr.Range(),
			"Not a tenant id",
			"%q is not an id such as \"3f2c1a90-0000-4000-8000-000000000000\"; a domain name is not enough, because it can move to another tenant.",
			id,
		)
	}
	t.ID = strings.ToLower(id)
	name, given := l.eval.text(attrs["cloud"])
	if !given {
		name = catalog.CloudNames()[0]
	}
	if t.Cloud, ok = catalog.CloudNamed(name); !ok {
		l.fail(
			attrs["cloud"].Expr.Range(),
			"Unknown cloud",
			"There is no cloud %q; there are %s.%s",
			name,
			strings.Join(catalog.CloudNames(), ", "),
			didYouMean(name, catalog.CloudNames()),
		)
	}
	if attrs["writes_per_second"] == nil {
		t.Writes = microsoftWrites
	} else if t.Writes < 1 || t.Writes > microsoftWrites {
		l.fail(attrs["writes_per_second"].Expr.Range(), "Number out of range", "The directory allows an application 20 writes "+
			"a second, and with none nothing would ever be written: this is %g.", t.Writes)
	}
	t.Endpoints = t.Cloud
	for _, inner := range b.Body.Blocks {
		l.endpoints(inner)
	}
}

// microsoftWrites is what the directory allows an application in a tenant:
// 3,000 writes in 150 seconds. Source: Microsoft Graph throttling limits.
const microsoftWrites = 20

// endpoints puts other addresses in the place of the cloud's. Tokens travel
// there, so that they have to be on this machine unless somebody says otherwise.
func (l *lowering) endpoints(b *hclsyntax.Block) {
	e := &l.cfg.Tenant.Endpoints
	for name, field := range map[string]*string{"login": &e.Login, "graph": &e.Graph,
		"power_platform": &e.PowerPlatform, "admin": &e.Admin, "purchase": &e.Purchase} {
		text, ok := l.eval.text(b.Body.Attributes[name])
		if !ok {
			continue
		}
		at := b.Body.Attributes[name].Expr.Range()
		schemes := []string{"https", "http"}
		if name == "login" {
			schemes = schemes[:1] // the library signs in over TLS only
		}
		u, err := url.Parse(text)
		switch {
		case err != nil || u.Host == "" || !slices.Contains(schemes, u.Scheme) || u.RawQuery != "" || u.User != nil:
			l.fail(at, "Not an endpoint", "%q is not an address such as \"%s://127.0.0.1:8443\".", text, schemes[0])
			continue
		case !onThisMachine(text, schemes...) && (!l.remote || u.Scheme != "https"):
			l.fail(
				at,
				"Endpoint not on this machine",
				"%q is on another machine, and tokens would be sent there. If that is meant, it starts with https:// and usher is "+
					"run with -remote-endpoints.",
				text,
			)
			continue
		}
		*field = strings.TrimSuffix(text, "/")
	}
}

// onThisMachine reports whether a URL leads to this machine itself.
func onThisMachine(text string, schemes ...string) bool {
	u, err := url.Parse(text)
	if err != nil || !slices.Contains(schemes, u.Scheme) {
		return false
	}
	return ledger.OnThisMachine(u.Hostname())
}
