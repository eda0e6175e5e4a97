package tenant

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/usher-cli/usher/ledger"
)

// Needs are what a configuration uses of a tenant, and what for.
type Needs struct {
	Apply        bool // it is to be applied, and not only planned
	Groups       bool
	Units        bool     // environments and their capacity
	Environments []string // whose flows and machines are declared, by name or id
	FlowCapacity bool     // usher itself writes the capacity of flows and machines
	Restarts     bool     // it turns flows off and on
	SelfService  bool
	Locations    bool // usage locations are set, or members of groups tried again
}

// doctor looks at what an identity may do.
type doctor struct {
	t      *Tenant
	needs  Needs
	checks []ledger.Check
	who    token
}

// token is what an access token says of its bearer. Only its own service can
// tell whether it is true; it serves for messages.
type token struct {
	App    string   `json:"appid"`
	Tenant string   `json:"tid"`
	Object string   `json:"oid"`
	User   string   `json:"upn"`
	Roles  []string `json:"roles"`
	Scopes string   `json:"scp"`
}

// Examine reads a little of everything that a configuration needs, and says
// what the identity lacks. It writes nothing.
func (t *Tenant) Examine(ctx context.Context, needs Needs) []ledger.Check {
	d := &doctor{t: t, needs: needs}
	if d.signIn(ctx) {
		d.directory(ctx)
		switch {
		case needs.Units:
			d.powerPlatform(ctx)
		case !needs.Apply: // it must not be an administrator all the same
			d.administrator(ctx)
		}
		if needs.SelfService {
			d.purchases(ctx)
		}
	}
	return d.checks
}

func (d *doctor) say(v ledger.Verdict, about, text, remedy string) {
	d.checks = append(d.checks, ledger.Check{Verdict: v, About: about, Text: text, Remedy: remedy})
}

// signIn gets a token for the directory and reads what it says.
func (d *doctor) signIn(ctx context.Context) bool {
	s := d.t.services
	if s.credential == nil {
		d.say(ledger.Fine, "sign-in", "the sandbox needs no sign-in", "")
		return true
	}
	got, err := s.credential.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{s.graphScope}})
	if err != nil {
		d.say(ledger.Missing, "sign-in", err.Error(), "")
		return false
	}
	d.who = read(got.Token)
	switch {
	case d.who.Tenant != "" && !strings.EqualFold(d.who.Tenant, d.t.id):
		d.say(
			ledger.Missing,
			"sign-in",
			"the identity is of the tenant "+d.who.Tenant,
			"sign in as an identity of "+d.t.id+", or correct tenant_id",
		)
		return false
	case d.who.User != "":
		d.say(ledger.Fine, "sign-in", d.who.User+", a person, through the application "+d.who.App, "")
	default:
		d.say(ledger.Fine, "sign-in", "the application "+d.who.App+" with "+orNothing(strings.Join(d.who.Roles, ", ")), "")
	}
	d.federation()
	return true
}

// federation says whose word lets a job in. What a pull request can say must not open the door to
// an identity that writes.
func (d *doctor) federation() {
	if d.t.services.federated == nil {
		return
	}
	f, ok := d.t.services.federated()
	switch text := "by the subject " + f.Subject + " of the issuer " + f.Issuer; {
	case !ok:
	case d.needs.Apply && f.PullRequest:
		d.say(ledger.Missing, "trusts no pull request", text+": everybody who opens a pull request can use this identity",
			"delete this federated credential from the application, and use another application for plans")
	default:
		d.say(ledger.Fine, "trusts this job", text, "")
	}
}

func orNothing(s string) string {
	if s == "" {
		return "no application permission at all"
	}
	return s
}

func read(jwt string) token {
	var t token
	if parts := strings.Split(jwt, "."); len(parts) == 3 {
		if text, err := base64.RawURLEncoding.DecodeString(parts[1]); err == nil {
			_ = json.Unmarshal(text, &t)
		}
	}
	return t
}

// directory asks Graph for one of everything, and for writes looks at what the
// token allows: nothing harmless can be written.
func (d *doctor) directory(ctx context.Context) {
	for _, c := range []struct {
		about, path, permission string
		wanted                  bool
	}{
		{"the tenant", "/v1.0/organization?$select=id", "User.Read.All", true},
		{"products and seats", "/v1.0/subscribedSkus", "LicenseAssignment.Read.All", true},
		{"people and their licenses", "/v1.0/users?$select=id,licenseAssignmentStates&$top=1", "User.Read.All", true},
		{"groups and their members", "/v1.0/groups?$select=id&$top=1", "GroupMember.Read.All", d.needs.Groups},
	} {
		if !c.wanted {
			continue
		}
		err := d.t.services.graph.Get(ctx, c.path, nil)
		d.report(err, "reads "+c.about, c.permission, grantPermission(c.permission))
	}
	d.optional(ctx, "reads when subscriptions lapse",
		"/v1.0/directory/subscriptions?$select=skuId,totalLicenses,isTrial,nextLifecycleDateTime",
		"Organization.Read.All", "a plan does not warn of subscriptions that end")
	d.optional(ctx, "reads who changed a license", "/v1.0/auditLogs/directoryAudits?$filter=category%20eq%20'UserManagement'&$top=1",
		"AuditLog.Read.All", "usher drift does not say who made a change")
	d.optional(ctx, "reads when people last signed in", "/v1.0/users?$select=id,signInActivity&$top=1",
		"AuditLog.Read.All", "usher reclaim finds disabled accounts only")
	if !d.needs.Apply {
		d.warnOfMore()
		return
	}
	d.mayWrite("writes seats of people and groups", "LicenseAssignment.ReadWrite.All", "Directory.ReadWrite.All")
	if d.needs.Locations {
		d.mayWrite("sets usage locations, and asks again for members of groups", "User.ReadWrite.All", "Directory.ReadWrite.All")
	}
}

func grantPermission(name string) string {
	return "Entra admin centre, App registrations, the application, API permissions: add the application " +
		"permission " + name + " of Microsoft Graph, and grant admin consent"
}

// optional says whether something can be read that no plan depends on.
func (d *doctor) optional(ctx context.Context, about, path, permission, without string) {
	switch err := d.t.services.graph.Get(ctx, path, nil); {
	case err == nil:
		d.say(ledger.Fine, about, "", "")
	case refused(err):
		d.say(ledger.Optional, about, "it lacks "+permission+", and "+without, "")
	default:
		d.say(ledger.Unclear, about, err.Error(), "")
	}
}

// report says how a harmless read went.
func (d *doctor) report(err error, about, permission, remedy string) {
	switch {
	case err == nil:
		d.say(ledger.Fine, about, "", "")
	case refused(err):
		d.say(ledger.Missing, about, "needs "+permission+": "+err.Error(), remedy)
	default:
		d.say(ledger.Missing, about, err.Error(), "")
	}
}

// mayWrite looks at the roles of the token. A person's rights are not in it.
func (d *doctor) mayWrite(about string, anyOf ...string) {
	switch {
	case d.t.services.credential == nil:
		d.say(ledger.Fine, about, "", "")
	case d.who.User != "":
		d.say(ledger.Unclear, about, "a person's token does not say: it takes the role License Administrator", "")
	case slices.ContainsFunc(anyOf, func(p string) bool { return slices.Contains(d.who.Roles, p) }):
		d.say(ledger.Fine, about, "", "")
	default:
		d.say(ledger.Missing, about, "needs "+anyOf[0], grantPermission(anyOf[0]))
	}
}

// warnOfMore finds rights to write in an identity that only plans.
func (d *doctor) warnOfMore() {
	for _, role := range d.who.Roles {
		if strings.Contains(role, "ReadWrite") {
			d.say(ledger.Unclear, "writes nothing", "it has "+role+", and a plan needs to read only",
				"use an application of its own for plans: anyone who can change the workflow of a pull request can use its permissions")
		}
	}
}
