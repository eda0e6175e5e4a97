package powerplatform

import (
	"net/http"
	"strings"
	"testing"

	"github.com/usher-cli/usher/tenant/wire"
)

// TestEveryConditionHasAWayOut: in whichever of its shapes the service refuses,
// the message says what to do.
func TestEveryConditionHasAWayOut(t *testing.T) {
	for _, c := range []struct {
		status     int
		body, says string
	}{
		{403, "", "registered as a management application"},
		{403, `{"code":"ForbiddenAccess","message":"Caller is not an authorized app."}`, "registered as a management application"},
		{403, `{"error":{"code":"Forbidden","message":"The service principal with id 'x' for application y does not have ` +
			`permission to access the path '/z'."}}`, "usher doctor says more"},
		{400, `{"error":{"code":"TenantPoolLockedByPolicy","message":"Locked."}}`, "take the environment out of the group"},
		{400, `[{"key":"k","code":"InvalidRequest","message":"Error converting value \"Database\""}]`, "cannot allocate that type"},
		{404, `{"code":"RouteNotFound","message":"No route."}`, "does not have the route"},
		{400, "Supported API versions are: 2022-03-01-preview", "does not have the route"},
		{404, `{"code":"EnvironmentNotFound","message":"Gone."}`, "plan again"},
		{429, `{"error":{"code":"BurstRequestsThrottled","message":"Slow down."}}`, "run usher again later"},
		{400, `{"type":"t","title":"Storage","status":400,"detail":"Full."}`, "Full. (400 Storage): the service refuses it " +
			"for the reason that it names"},
		{400, `[{"key":"k","errorMessage":{"message":"Too ` +
			`many.","code":"InvalidAmount"},"code":"","message":""}]`, "Too many. (400 InvalidAmount): the service refuses it"},
		{400, `[{"key":"k","code":"InvalidRequest","message":"Unknown type"}]`, "correct the configuration"},
		{401, `{"error":{"code":"Unauthorized","message":"Expired."}}`, "usher doctor"},
		{403, `{"code":"CapacityAllocationDisabled","message":"Environment administrators may not allocate."}`, "a role in the environment"},
		{409, `{"code":"Conflict","message":"In progress."}`, "plan again"},
		{502, "Bad gateway", "give its support the request id"},
	} {
		if got := Explain(wire.ParseError(c.status, http.Header{}, []byte(c.body))); !strings.Contains(got, c.says) {
			t.Errorf("%d %s becomes %q, without %q", c.status, c.body, got, c.says)
		}
	}
}
