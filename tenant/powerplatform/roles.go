package powerplatform

import (
	"cmp"
	"context"
	"strings"

	"github.com/usher-cli/usher/tenant/wire"
)

// Role is a role of the Power Platform that somebody has, and where.
type Role struct {
	Name  string // Reader, Contributor, Owner, or the id of another one
	Scope string // such as /tenants/ID
}

// Writes reports whether the role may change something, as all but Reader may.
func (r Role) Writes() bool { return r.Name != reader }

// Allocates reports whether the role certainly changes what every environment has.
func (r Role) Allocates() bool {
	place, tenant := strings.CutPrefix(r.Scope, "/tenants/")
	return tenant && !strings.Contains(place, "/") && (r.Name == owner || r.Name == contributor)
}

const (
	reader      = "Reader"
	contributor = "Contributor"
	owner       = "Owner"
)

// roleNames are the names of roles by id. Source: Microsoft Learn, "Role-based access control
// for Power Platform admin center".
func roleNames() map[string]string {
	return map[string]string{
		"0cb07c69-1631-4725-ab35-e59e001c51ea": owner,
		"ff954d61-a89a-4fbe-ace9-01c367b89f87": contributor,
		"c886ad2e-27f7-4874-8381-5849b8d8a090": reader,
		"95e94555-018c-447b-8691-bdac8e12211e": "Role Based Access Control Administrator",
	}
}

// Roles lists the roles of a principal, by its object id in the directory.
func (c *Client) Roles(ctx context.Context, principal string) ([]Role, error) {
	rows, err := wire.All[struct {
		Principal  string `json:"principalObjectId"`
		Definition string `json:"roleDefinitionId"`
		Scope      string `json:"scope"`
	}](ctx, c.w, "/authorization/roleAssignments?"+version)
	var all []Role
	for _, r := range rows {
		if strings.EqualFold(r.Principal, principal) {
			all = append(all, Role{cmp.Or(roleNames()[strings.ToLower(r.Definition)], r.Definition), r.Scope})
		}
	}
	return all, err
}
