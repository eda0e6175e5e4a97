package graph

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/usher-cli/usher/tenant/wire"
)

// TestEveryConditionHasAWayOut: whatever assignLicense is known to answer, the
// message keeps the service's words and its request id, and says what to do.
func TestEveryConditionHasAWayOut(t *testing.T) {
	for _, c := range []struct {
		status        int
		code, message string
		says          string
	}{
		{400, "Request_BadRequest", "License assignment cannot be done for user with invalid usage location.", "usage_location"},
		{400, "Request_BadRequest", "Subscription with SKU eda1941c-3c4f-4995-b5eb-e85a42175ab9 does not have any available " +
			"licenses.", "buy a seat or free one"},
		{400, "Request_BadRequest", "License eda1941c-3c4f-4995-b5eb-e85a42175ab9 does not correspond to a valid company " +
			"License.", "does not own this product"},
		{400, "Request_BadRequest", "User license is inherited from a group membership and it cannot be removed directly from " +
			"the user.", "change the group's membership"},
		{400, "Request_BadRequest", "License assignment failed because service plan a depends on the service plan(s) b",
			"grant the product that has the missing plan"},
		{400, "Request_BadRequest", "License assignment failed because service plans a, b are mutually " +
			"exclusive", "disable one of the two plans"},
		{404, "Request_ResourceNotFound", "Resource 'x' does not exist or one of its queried reference-property objects are " +
			"not present.", "too new to be seen everywhere"},
		{400, "Directory_ObjectNotFound", "Unable to read the company information from the directory.", "too new to be seen everywhere"},
		{403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.", "LicenseAssignment.ReadWrite.All"},
		{401, "InvalidAuthenticationToken", "Lifetime validation failed.", "usher doctor"},
		{409, "Directory_ConcurrencyViolation", "Error due to concurrent requests being made to the tenant. Please wait " +
			"briefly and retry.", "plan again"},
		{429, "TooManyRequests", "Please retry again later.", "run usher again later"},
		{400, "Request_BadRequest", "One or more parameters of the operation 'assignLicense' are missing from the request " +
			"payload. The missing parameters are: addLicenses.", "report it with the request id"},
		{400, "Request_BadRequest", "No license changes provided. At least one license to add or remove must be " +
			"specified.", "report it with the request id"},
		{400, "Request_BadRequest", "User does not have a corresponding license.", "somebody removed it already; plan again"},
		{400, "Request_BadRequest", "Cannot convert a value to target type 'Edm.Guid'.", "correct the configuration"},
		{400, "Request_UnsupportedQuery", "Operator 'not' needs ConsistencyLevel and $count.", "report it with the request id"},
		{400, "Request_BadRequest", "Something new.", "correct the configuration"},
		{501, "NotImplemented", "Property signInActivity is not allowed in a list.", "look for a newer version"},
		{500, "UnknownError", "Broken.", "give its support the request id"},
		{502, "", "Bad gateway.", "give its support the request id"},
		{504, "", "Too late.", "give its support the request id"},
		{503, "ServiceUnavailable", "Busy.", "give its support the request id"},
		{400, "Request_BadRequest", "Licenses can be assigned to security-enabled groups only.", "name another group"},
	} {
		body, err := json.Marshal(
			map[string]any{"error": map[string]any{"code": c.code, "message": c.message, "innerError": map[string]string{"request-id": "r-1"}}},
		)
		if err != nil {
			t.Fatal(err)
		}
		got := explain(wire.ParseError(c.status, http.Header{}, body), toAssign)
		if !strings.Contains(got, c.says) || !strings.Contains(got, "r-1") || !strings.HasPrefix(got, strings.TrimSuffix(c.message, ".")) {
			t.Errorf("%d %s becomes %q, without %q", c.status, c.message, got, c.says)
		}
	}
}
