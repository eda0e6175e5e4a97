package tenant

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/usher-cli/usher/ledger"
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
	err := d.t.services.admin.Get(ctx, "/providers/Microsoft.BusinessAppPlatform/adminApplications?api-version=2020-10-01", &list)
	power := err == nil && d.who.User != ""
	for _, a := range list.Value {
		power = power || d.who.User == "" && strings.EqualFold(a.ID, d.who.App)
	}
	kind := "a management application"
	if d.who.User != "" {
		kind = "a Power Platform administrator"
	}
	if d.needs.Apply {
		d.mayAllocate(power, kind, err)
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
			d.say(
				ledger.Unclear,
				"writes no environment",
				"no service tells its role in the Power Platform",
				"check that it is Reader, and neither Contributor nor Owner",
			)
		}
	}
}

func (d *doctor) mayAllocate(power bool, kind string, err error) {
	about := "writes the capacity of environments"
	if power {
		d.say(ledger.Fine, about, "", "")
		return
	}
	text := "it is not " + kind
	if err != nil {
		text += ": " + err.Error()
	}
	d.say(ledger.Missing, about, text, d.register())
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
	w, ok := d.t.services.organisation(e.URL)
	about := "reads flows and machines of " + e.Address()
	if !ok {
		d.say(ledger.Missing, about, "its Dataverse address leads to another host: "+e.URL, "")
		return
	}
	place := "Power Platform admin centre, Environments, " + e.Name + ", Settings, Users + permissions, "
	addUser, giveRole := "add it as an application user: "+place+"Application users",
		"give its application user such a role: Environment Maker is one"
	if d.who.User != "" {
		addUser, giveRole = "add this person: "+place+"Users", "give this person such a role: Environment Maker is one"
	}
	var me struct {
		User string `json:"UserId"`
	}
	if err := w.Get(ctx, "/api/data/v9.2/WhoAmI", &me); err != nil {
		d.report(err, about, "a user of the environment", addUser)
		return
	}
	client, err := d.t.dataverse(e)
	if err == nil {
		_, err = client.Read(ctx)
	}
	if d.report(err, about, "a role that reads Flow Capacity Assignment, Process and Flow Machine", giveRole); err != nil || !d.needs.Apply {
		return
	}
	d.privileges(ctx, w, e, me.User, giveRole)
}

// privileges looks whether a user of an environment may write what is asked for.
func (d *doctor) privileges(ctx context.Context, w *wire.Client, e powerplatform.Environment, user, giveRole string) {
	for _, p := range []struct {
		name, what, table string
		wanted            bool
	}{
		{"prvWriteflowcapacityassignment", "writes units of flows and machines of ", "Flow Capacity Assignment", d.needs.FlowCapacity},
		{"prvWriteWorkflow", "turns flows off and on in ", "Process", d.needs.Restarts},
	} {
		var have struct {
			Privileges []struct{} `json:"RolePrivileges"`
		}
		if !p.wanted {
			continue
		}
		err := w.Get(ctx, "/api/data/v9.2/systemusers("+user+
			")/Microsoft.Dynamics.CRM.RetrieveUserPrivilegeByPrivilegeName(PrivilegeName='"+p.name+"')", &have)
		about := p.what + e.Address()
		if err == nil && len(have.Privileges) == 0 {
			d.say(ledger.Missing, about, "needs a role that writes "+p.table, giveRole)
		} else {
			d.report(err, about, "a role that writes "+p.table, giveRole)
		}
	}
}

func (d *doctor) purchases(ctx context.Context) {
	about, role := "reads the rules of self-service purchases", "Global Reader"
	if d.needs.Apply {
		role = "Billing Administrator"
	}
	if d.t.commerce == nil {
		d.say(ledger.Missing, about, "this cloud has no purchases by self-service", "")
		return
	}
	if _, err := d.t.commerce.Policies(ctx); err != nil {
		d.say(ledger.Missing, about, err.Error(), "give the identity the role "+role)
		return
	}
	d.say(ledger.Fine, about, "", "")
	if d.needs.Apply && d.t.services.credential != nil {
		d.say(ledger.Unclear, "writes the rules of self-service purchases", "nothing harmless can be written: it takes the role "+role, "")
	}
}
