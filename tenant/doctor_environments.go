package tenant

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/usher-cli/usher/catalog"
	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/tenant/commerce"
	"github.com/usher-cli/usher/tenant/dataverse"
	"github.com/usher-cli/usher/tenant/powerplatform"
	"github.com/usher-cli/usher/tenant/wire"
)

// powerPlatform finds out whether the identity is an administrator of the Power
// Platform: one that plans must not be, and one that applies has to be.
func (d *doctor) powerPlatform(ctx context.Context) {
	listed, problem := d.t.power.Environments(ctx)
	d.report(problem, "reads environments", "a role in the Power Platform", d.register())
	_, err := d.t.power.Supply(ctx)
	d.report(err, "reads purchased capacity", "a role in the Power Platform", d.register())
	_, unread := d.t.power.Allocations(ctx, listed)
	for _, u := range unread {
		d.say(ledger.Missing, "reads the capacity of "+u.Holder.Address(), u.Reason, d.register())
	}
	d.administrator(ctx)
	for _, e := range listed {
		if mentioned(d.needs.Environments, e.Holder) {
			d.organisation(ctx, e)
		}
	}
}

// register is how the identity gets at environments.
func (d *doctor) register() string {
	switch {
	case !d.needs.Apply:
		return "give it the Reader role of the Power Platform (preview), or plan with -skip=powerplatform and leave environments unread"
	case d.who.User != "":
		return "give this person the role Power Platform Administrator in the Entra admin centre"
	}
	return "have a Power Platform administrator register it (it cannot do that itself): in PowerShell, " +
		"New-PowerAppManagementApp -ApplicationId " + d.application() +
		", or with the Power Platform CLI, pac admin application register --application-id " + d.application()
}

func (d *doctor) application() string {
	if d.who.App == "" {
		return "APPLICATION"
	}
	return d.who.App
}

// administrator asks for what only administrators see. An application is one
// where it is registered, a person by a role.
func (d *doctor) administrator(ctx context.Context) {
	var list struct {
		Value []struct {
			ID string `json:"applicationId"`
		} `json:"value"`
	}
	if d.t.services.credential == nil {
		return
	}
	err := d.askAdministration(ctx, "/providers/Microsoft.BusinessAppPlatform/adminApplications?api-version=2020-10-01", &list)
	power := err == nil && d.who.User != ""
	for _, a := range list.Value {
		power = power || d.who.User == "" && strings.EqualFold(a.ID, d.who.App)
	}
	kind := "a management application"
	if d.who.User != "" {
		kind = "a Power Platform administrator"
	}
	roles, unknown := d.t.power.Roles(ctx, d.who.Object)
	if d.needs.Apply {
		d.mayAllocate(power, kind, roles, err, unknown)
		return
	}
	about := "is no administrator of the Power Platform"
	switch {
	case power:
		d.say(
			ledger.Missing,
			about,
			"it is "+kind+" and can change all environments",
			"plan as another application with the Reader role of the Power Platform (preview), or with -skip=powerplatform and "+
				"one that is not registered",
		)
	case !refused(err):
		d.say(ledger.Unclear, about, "nothing tells", "")
	default:
		d.say(ledger.Fine, about, "", "")
		if d.needs.Units {
			d.onlyReads(roles, unknown)
		}
	}
}

// askAdministration asks the administration API, and says by which scope where there are several.
func (d *doctor) askAdministration(ctx context.Context, path string, answer any) error {
	scope, err := d.t.administration(func(w *wire.Client) error { return w.Get(ctx, path, answer) })
	if scope != "" && len(d.t.services.admin) > 1 {
		d.say(ledger.Fine, "signs in to the administration API", "by the scope "+scope, "")
	}
	return err
}

// onlyReads looks at the roles of an identity that only plans.
func (d *doctor) onlyReads(roles []powerplatform.Role, unknown error) {
	about := "writes no environment"
	for _, r := range roles {
		if r.Writes() {
			d.say(ledger.Missing, about, "it has the role "+r.Name+" of the Power Platform in "+r.Scope+", and can change environments",
				"give it the role Reader in the place of that one")
			return
		}
	}
	switch {
	case unknown != nil:
		d.say(ledger.Unclear, about, "its roles in the Power Platform cannot be read: "+unknown.Error(),
			"check that it is Reader, and neither Contributor nor Owner")
	default:
		d.say(ledger.Fine, about, "", "")
	}
}

// mayAllocate looks whether an identity may write what environments have: as an administrator,
// or by a role for the whole tenant.
func (d *doctor) mayAllocate(power bool, kind string, roles []powerplatform.Role, problems ...error) {
	about, partly := "writes the capacity of environments", ""
	for _, r := range roles {
		switch {
		case r.Allocates():
			d.say(ledger.Fine, about, "by the role "+r.Name+" in "+r.Scope, "")
			return
		case r.Writes():
			partly = "it has the role " + r.Name + " in " + r.Scope + ", and nothing tells whether that is enough"
		}
	}
	switch {
	case power:
		d.say(ledger.Fine, about, "", "")
	case partly != "":
		d.say(ledger.Unclear, about, partly, "give it the role Contributor for the whole tenant, or "+d.register())
	default:
		text := "it is not " + kind
		if err := errors.Join(problems...); err != nil {
			text += ": " + strings.ReplaceAll(err.Error(), "\n", "; ")
		}
		d.say(ledger.Missing, about, text, d.register())
	}
}

// refused reports whether a service answered that somebody may not ask.
func refused(err error) bool {
	var e *wire.Error
	return errors.As(err, &e) && (e.Status == http.StatusForbidden || e.Status == http.StatusUnauthorized)
}

// organisation looks into the Dataverse organisation of an environment whose
// flows or machines are declared.
func (d *doctor) organisation(ctx context.Context, e powerplatform.Environment) {
	if e.URL == "" {
		return
	}
	about := "reads flows and machines of " + e.Address()
	place := "Power Platform admin centre, Environments, " + e.Name + ", Settings, Users + permissions, "
	addUser, giveRole := "add it as an application user: "+place+"Application users",
		"give its application user a role that does so in the whole organization; Environment Maker does not"
	if d.who.User != "" {
		addUser = "add this person: " + place + "Users"
		giveRole = "give this person a role that does so in the whole organization; Environment Maker does not"
	}
	client, err := d.t.dataverse(e)
	if err != nil {
		d.say(ledger.Missing, about, err.Error(), "")
		return
	}
	user, err := client.Me(ctx)
	if err != nil {
		d.report(err, about, "a user of the environment", addUser)
		return
	}
	_, err = client.Read(ctx)
	if d.report(err, about, "a role that reads Flow Capacity Assignment, Process and Flow Machine", giveRole); err != nil || !d.needs.Apply {
		return
	}
	d.privileges(ctx, client, e, user, giveRole)
}

// privileges looks whether a user of an environment may write what is asked for.
func (d *doctor) privileges(ctx context.Context, client *dataverse.Client, e powerplatform.Environment, user, giveRole string) {
	for _, p := range []struct {
		name, what, table string
		wanted            bool
	}{
		{"prvWriteflowcapacityassignment", "writes units of flows and machines of ", "Flow Capacity Assignment", d.needs.FlowCapacity},
		{"prvWriteWorkflow", "turns flows off and on in ", "Process", d.needs.Restarts},
	} {
		if !p.wanted {
			continue
		}
		about, err := p.what+e.Address(), client.Reaches(ctx, user, p.name, "writes", p.table)
		if lacks := (*dataverse.RoleError)(nil); errors.As(err, &lacks) {
			d.say(ledger.Missing, about, lacks.Error(), giveRole)
			continue
		}
		d.report(err, about, "a role that writes "+p.table, giveRole)
	}
}

// purchases looks at the rules of self-service purchases: whether they can be read, and by the
// token of that service, whether they can be changed.
func (d *doctor) purchases(ctx context.Context) {
	about := "reads the rules of self-service purchases"
	if d.t.commerce == nil {
		d.say(ledger.Missing, about, "this cloud has no purchases by self-service", "")
		return
	}
	if _, err := d.t.commerce.Policies(ctx); err != nil {
		d.say(ledger.Missing, about, err.Error(), d.purchaseRight(commerce.ReadPermission, "Global Reader"))
		return
	}
	d.say(ledger.Fine, about, "", "")
	if !d.needs.Apply || d.t.services.credential == nil {
		return
	}
	about = "writes the rules of self-service purchases"
	got, err := d.t.services.credential.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{catalog.PurchaseScope}})
	switch {
	case d.who.User != "":
		d.say(ledger.Unclear, about, "a person's token does not say: it takes the role Billing Administrator", "")
	case err != nil:
		d.say(ledger.Missing, about, err.Error(), "")
	case slices.Contains(read(got.Token).Roles, commerce.WritePermission):
		d.say(ledger.Fine, about, "", "")
	default:
		d.say(ledger.Missing, about, "needs "+commerce.WritePermission, d.purchaseRight(commerce.WritePermission, ""))
	}
}

// purchaseRight is how an identity gets at the rules of self-service purchases.
func (d *doctor) purchaseRight(permission, role string) string {
	if d.who.User != "" {
		return "give this person the role " + role
	}
	return "Entra admin centre, App registrations, the application, API permissions, APIs my organization uses, M365 License Manager: add " +
		"the application permission " + permission + ", and grant admin consent"
}
