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
	register := "have a Power Platform administrator register it, which it cannot do itself: in PowerShell, New-PowerAppManagementApp -ApplicationId " + d.application() +
		", or with the Power Platform CLI, pac admin application register --application-id " + d.application()
	if !d.needs.Apply {
		register = "give it the Reader role of the Power Platform (preview), or plan with -skip=powerplatform, which leaves environments unread"
	}
	d.report(problem, "reads environments", "a role in the Power Platform", register)
	_, err := d.t.power.Supply(ctx)
	d.report(err, "reads purchased capacity", "a role in the Power Platform", register)
	_, unread := d.t.power.Allocations(ctx, listed)
	for _, u := range unread {
		d.say(ledger.Missing, "reads what "+u.Holder.Address()+" is allocated", u.Reason, register)
	}
	d.administrator(ctx, register)
	for _, e := range listed {
		if mentioned(d.needs.Environments, e.Holder) {
			d.organisation(ctx, e)
		}
	}
}

func (d *doctor) application() string {
	if d.who.App == "" {
		return "APPLICATION"
	}
	return d.who.App
}

func (d *doctor) administrator(ctx context.Context, register string) {
	var list struct {
		Value []struct {
			ID string `json:"applicationId"`
		} `json:"value"`
	}
	if d.t.services.credential == nil {
		return
	}
	err := d.t.services.admin.Get(ctx, "/providers/Microsoft.BusinessAppPlatform/adminApplications?api-version=2020-10-01", &list)
	registered := false
	for _, a := range list.Value {
		registered = registered || strings.EqualFold(a.ID, d.who.App)
	}
	switch {
	case d.needs.Apply && registered:
		d.say(ledger.Fine, "writes what environments are allocated", "", "")
	case d.needs.Apply:
		text := "it is no management application"
		if err != nil {
			text += ": " + err.Error()
		}
		d.say(ledger.Missing, "writes what environments are allocated", text, register)
	case registered:
		d.say(ledger.Missing, "writes no environment", "it is a management application, which has an administrator's power over the Power Platform",
			"plan as another application with the Reader role of the Power Platform (preview), or with -skip=powerplatform")
	case d.who.User != "" || !refused(err):
		d.say(ledger.Unclear, "writes no environment", "nothing tells whether it administers the Power Platform", "")
	default:
		d.say(ledger.Fine, "writes no environment", "", "")
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
	w, ok := d.t.services.organisation(e.URL)
	about := "reads flows and machines of " + e.Address()
	if !ok {
		d.say(ledger.Missing, about, "its Dataverse address leads to another host: "+e.URL, "")
		return
	}
	addUser := "add it as an application user: Power Platform admin centre, Environments, " + e.Name + ", Settings, Users + permissions, Application users"
	var me struct {
		User string `json:"UserId"`
	}
	if err := w.Get(ctx, "/api/data/v9.2/WhoAmI", &me); err != nil {
		d.report(err, about, "an application user", addUser)
		return
	}
	err := w.Get(ctx, "/api/data/v9.2/flowcapacityassignments?$select=name&$filter=statecode%20eq%200", nil)
	d.report(err, about, "a role that reads Flow Capacity Assignment, Process and Flow Machine", "give its application user such a role: Environment Maker is one")
	if err != nil || !d.needs.Apply || !d.needs.FlowCapacity {
		return
	}
	var have struct {
		Privileges []struct{} `json:"RolePrivileges"`
	}
	err = w.JSON(ctx, http.MethodGet, "/api/data/v9.2/systemusers("+me.User+")/Microsoft.Dynamics.CRM.RetrieveUserPrivilegeByPrivilegeName(PrivilegeName='prvWriteflowcapacityassignment')", nil, &have)
	about = "writes units of flows and machines of " + e.Address()
	switch {
	case err != nil:
		d.report(err, about, "a role that writes Flow Capacity Assignment", "")
	case len(have.Privileges) == 0:
		d.say(ledger.Missing, about, "needs a role that writes Flow Capacity Assignment", "give its application user such a role: Environment Maker is one")
	default:
		d.say(ledger.Fine, about, "", "")
	}
}

func (d *doctor) purchases(ctx context.Context) {
	about, role := "reads what people may buy by themselves", "Global Reader"
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
		d.say(ledger.Unclear, "writes what people may buy by themselves", "nothing harmless can be written: it takes the role "+role, "")
	}
}
