package graph

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/usher-cli/usher/ledger"
	"github.com/usher-cli/usher/tenant/wire"
)

// Group is a group of the directory as far as licenses are concerned.
type Group struct {
	Holder  ledger.Holder
	Cannot  string         // why the service gives its members nothing; "" where it does
	Grants  []ledger.Grant // what it gives
	Working bool           // the service has not finished with its members
	Rule    string         // by which the service chooses its members; "" where people do
}

type group struct {
	ID         string              `json:"id"`
	Name       string              `json:"displayName"`
	Security   *bool               `json:"securityEnabled"`
	Types      []string            `json:"groupTypes"`
	Rule       string              `json:"membershipRule"`
	Licenses   wire.List[assigned] `json:"assignedLicenses"`
	Processing *struct {
		State string `json:"state"`
	} `json:"licenseProcessingState"`
}

// assigned is an item that an account or a group is given.
type assigned struct {
	SKU      string   `json:"skuId"`
	Disabled []string `json:"disabledPlans"`
}

// Shape implements wire.Shaped.
func (g *group) Shape() error {
	if g.Licenses == nil {
		return fmt.Errorf("the group %q has no list of licenses", g.Name)
	}
	for _, a := range g.Licenses {
		if a.SKU == "" {
			return fmt.Errorf("the group %q gives something without a product", g.Name)
		}
	}
	return hasID(g.ID)
}

const groupSelect = "$select=id,displayName,securityEnabled,groupTypes,membershipRule,assignedLicenses,licenseProcessingState"

// dynamic is the type of a group whose members are those whom its rule means. A rule can also
// stay behind in a group that has another type now. Source: Microsoft Graph, group, groupTypes.
const dynamic = "DynamicMembership"

// FindGroups reads the groups that a reference means: the one with this id,
// or every one that bears the name. Without any it returns none.
func (c *Client) FindGroups(ctx context.Context, ref string, isID bool, supply []ledger.Supply) ([]Group, error) {
	var found []group
	if isID {
		var g group
		err := c.w.Get(ctx, "/v1.0/groups/"+url.PathEscape(strings.ToLower(ref))+"?"+groupSelect, &g)
		var e *wire.Error
		if errors.As(err, &e) && e.Status == http.StatusNotFound {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		found = []group{g}
	} else {
		filter := url.QueryEscape("displayName eq '" + strings.ReplaceAll(ref, "'", "''") + "'")
		var err error
		if found, err = wire.All[group](ctx, c.w, "/v1.0/groups?$filter="+filter+"&"+groupSelect); err != nil {
			return nil, err
		}
	}
	items := newInterner(supply)
	var all []Group
	for _, g := range found {
		all = append(all, g.read(items))
	}
	return all, nil
}

// Groups lists the groups of the directory that give something, and the names of all, which can
// be many thousands.
func (c *Client) Groups(ctx context.Context, supply []ledger.Supply) (giving []Group, names []ledger.Holder, err error) {
	rows, err := wire.All[group](ctx, c.w, "/v1.0/groups?"+groupSelect+"&$top=999")
	if err != nil {
		return nil, nil, err
	}
	items := newInterner(supply)
	for _, g := range rows {
		names = append(names, ledger.Holder{Kind: ledger.Group, ID: strings.ToLower(g.ID), Name: wire.Tidy(g.Name)})
		if len(g.Licenses) > 0 {
			giving = append(giving, g.read(items))
		}
	}
	return giving, names, nil
}

// GroupNames lists the groups of the directory, which can be many thousands.
func (c *Client) GroupNames(ctx context.Context) ([]ledger.Holder, error) {
	type named struct {
		organization
		Name string `json:"displayName"`
	}
	rows, err := wire.All[named](ctx, c.w, "/v1.0/groups?$select=id,displayName&$top=999")
	if err != nil {
		return nil, err
	}
	all := make([]ledger.Holder, 0, len(rows))
	for _, g := range rows {
		all = append(all, ledger.Holder{Kind: ledger.Group, ID: strings.ToLower(g.ID), Name: wire.Tidy(g.Name)})
	}
	return all, nil
}

func (g group) read(items *interner) Group {
	out := Group{Holder: ledger.Holder{Kind: ledger.Group, ID: strings.ToLower(g.ID), Name: wire.Name(g.Name, g.ID)}}
	if g.Security != nil && !*g.Security {
		out.Cannot = "it is not security-enabled, and the service gives licenses to security groups only"
	}
	if slices.Contains(g.Types, dynamic) {
		out.Rule = wire.Tidy(g.Rule)
	}
	out.Working = g.Processing != nil && g.Processing.State != "" && g.Processing.State != processed
	for _, l := range merged(g.Licenses, sameProduct) {
		item := items.item(l.SKU)
		out.Grants = append(
			out.Grants,
			ledger.Grant{Holder: out.Holder, Item: item, Value: ledger.Value{Units: 1, Without: items.plans(item.ID, l.Disabled)}},
		)
	}
	ledger.SortGrants(out.Grants)
	return out
}

// sameProduct makes one row of two that are about the same product.
func sameProduct(have *assigned, row assigned) bool {
	if !strings.EqualFold(have.SKU, row.SKU) {
		return false
	}
	have.Disabled = offInBoth(have.Disabled, row.Disabled)
	return true
}

// processed is the state of a group whose members the service has been
// through. It does not say that everybody could be given everything.
const processed = "ProcessingComplete"

// membersPath is the list of what is directly in a group.
func membersPath(group string) string { return "/v1.0/groups/" + url.PathEscape(group) + "/members" }

// member is a person, a group or something else in a group.
type member struct {
	organization
	Type string `json:"@odata.type"`
	Name string `json:"displayName"`
}

// Shape implements wire.Shaped.
func (m *member) Shape() error {
	if m.Type == "" {
		return errors.New("a member of a group has no type")
	}
	return m.organization.Shape()
}

// ReadMembers lists who is directly in a group. Members of groups inside it are given nothing,
// so they do not count, and those groups are only named.
func (c *Client) ReadMembers(ctx context.Context, group string) (ledger.Members, error) {
	rows, err := wire.All[member](ctx, c.w, membersPath(group)+"?$select=id,displayName&$top=999")
	if err != nil {
		return ledger.Members{}, err
	}
	all := ledger.Members{Group: group}
	for _, m := range rows {
		switch m.Type {
		case "#microsoft.graph.user":
			all.Users = append(all.Users, strings.ToLower(m.ID))
		case "#microsoft.graph.group":
			all.Inside = append(all.Inside, wire.Name(m.Name, m.ID))
		}
	}
	slices.Sort(all.Users)
	slices.Sort(all.Inside)
	all.Users, all.Inside = slices.Compact(all.Users), slices.Compact(all.Inside)
	return all, nil
}
