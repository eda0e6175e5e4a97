package graph

import (
	"errors"
	"net/http"
	"strings"

	"github.com/usher-cli/usher/tenant/wire"
)

// notHeld is how the service refuses a removal that has nothing to remove.
const notHeld = "does not have a corresponding license"

// onlyInherited is how it refuses one where only a group gives the license.
const onlyInherited = "inherited from a group membership"

// nowhere is how it refuses a seat to an account without a usage location.
const nowhere = "invalid usage location"

// explain adds the way out to an error of assignLicense. Nearly all its
// refusals share one code and differ only in their text, so this is the one
// place that reads the text; the text itself always stays in the message.
func explain(err error) string {
	var e *wire.Error
	if !errors.As(err, &e) {
		return err.Error()
	}
	for _, known := range remedies() {
		if strings.Contains(e.Message, known.text) {
			return e.Error() + ": " + known.remedy
		}
	}
	switch {
	case e.Status == http.StatusUnauthorized:
		return e.Error() + ": the token was not taken; look at the clock of this machine, and at usher doctor"
	case e.Status == http.StatusForbidden:
		return e.Error() + ": the identity needs the application permission LicenseAssignment.ReadWrite.All"
	case e.Status == http.StatusNotFound:
		return e.Error() + ": the account was deleted, or is too new to be seen everywhere; plan again"
	case e.Status == http.StatusConflict:
		return e.Error() + ": somebody changed the account at the same time; apply again"
	case e.Status == http.StatusTooManyRequests:
		return e.Error() + ": the tenant's allowance is used up; apply again later"
	case e.Status >= http.StatusInternalServerError:
		return e.Error() + ": the service has a problem of its own; apply again later, and give its support the request id"
	}
	return e.Error()
}

type remedy struct{ text, remedy string }

// remedies are the known texts. Source: what others captured of assignLicense;
// Microsoft documents none of them.
func remedies() []remedy {
	return []remedy{
		{nowhere, "set the user's usage location in the admin centre first, or usage_location in the assignment"},
		{"does not have any available licenses", "buy a seat or free one, then plan again"},
		{"does not correspond to a valid company License", "the tenant does not own this product, or it cannot be given to people"},
		{onlyInherited, "change the group's membership or the group's licences instead"},
		{"depends on the service plan(s)", "grant the product that has the missing plan, or disable the dependent plan"},
		{"are mutually exclusive", "disable one of the two plans, or grant only one of the products"},
		{"Unable to read the company information", "the account is too new to be seen everywhere; plan again"},
		{"security-enabled groups only", "the service gives licences to security groups only; name another group"},
		{"is not part of the license", "correct disabled_plans or enabled_plans: usher usage lists the plans of a product"},
	}
}
