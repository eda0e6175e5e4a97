package graph

import (
	"github.com/usher-cli/usher/tenant/wire"
)

// notHeld is how the service refuses a removal that has nothing to remove.
const notHeld = "does not have a corresponding license"

// notOwned is how it refuses a product that the tenant does not have.
const notOwned = "does not correspond to a valid company License"

// onlyInherited is how it refuses one where only a group gives the license.
const onlyInherited = "inherited from a group membership"

// nowhere is how it refuses a seat to an account without a usage location.
const nowhere = "invalid usage location"

// noSeats is how it refuses a seat of a product that has none left.
const noSeats = "does not have any available licenses"

// What requests take, in words.
const (
	toAssign = "the application permission LicenseAssignment.ReadWrite.All"
	toChange = "the application permission User.ReadWrite.All" // a usage location, and another try for a person
	toList   = "the application permissions GroupMember.Read.All and User.Read.All"
)

// newcomer is how it refuses one whom it has not seen everywhere yet.
const newcomer = "Unable to read the company information"

// explain adds the way out to an error of a request that takes a permission.
// Nearly all refusals of assignLicense share one code and differ only in their
// text, so this is the one place that reads the text; the text itself always
// stays in the message.
func explain(err error, permission string) string {
	return wire.Explain(err, permission, remedies()...)
}

// remedies are the known texts. Source: what others captured of assignLicense;
// Microsoft documents none of them.
func remedies() []wire.Remedy {
	return []wire.Remedy{
		{Text: nowhere, Way: "set the user's usage location in the admin centre first, or usage_location in the assignment"},
		{Text: noSeats, Way: "buy a seat or free one, then plan again"},
		{Text: notOwned, Way: "the tenant does not own this product, or it cannot be given to people"},
		{Text: onlyInherited, Way: "change the group's membership or the group's licenses instead"},
		{Text: "depends on the service plan(s)", Way: "grant the product that has the missing plan, or disable the dependent plan"},
		{Text: notHeld, Way: "somebody removed it already; plan again"},
		{Code: "MutuallyExclusiveViolation", Way: "disable one of the two plans, or grant only one of the products"},
		{Text: "are mutually exclusive", Way: "disable one of the two plans, or grant only one of the products"},
		{Text: newcomer, Way: "the account is too new to be seen everywhere; plan again"},
		{Text: "security-enabled groups only", Way: "the service gives licenses to security groups only; name another group"},
		{Text: "is not part of the license", Way: "correct disabled_plans or enabled_plans: usher usage lists the plans of a product"},
	}
}
