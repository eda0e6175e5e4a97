package dataverse

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync"
)

// The tables that a reading is made of, as people and as privileges name them.
func readTables() []struct{ name, privilege string } {
	return []struct{ name, privilege string }{
		{"Process", "prvReadWorkflow"},
		{"Flow Machine", "prvReadflowmachine"},
		{"Flow Machine Group", "prvReadflowmachinegroup"},
		{"Flow Capacity Assignment", "prvReadflowcapacityassignment"},
	}
}

// global is the depth of a privilege that reaches all rows of an organisation. The others,
// Basic, Local and Deep, reach one's own rows, or those of some business units.
const global = "Global"

// readsAll makes sure that the identity sees every row of every table. A role of a smaller depth
// is not refused: its lists are short, and look whole. Nothing may be concluded from those.
// Source: Microsoft Learn, "Security concepts in Microsoft Dataverse".
func (c *Client) readsAll(ctx context.Context) error {
	var me struct {
		User string `json:"UserId"`
	}
	if err := c.w.Get(ctx, api+"WhoAmI", &me); err != nil {
		return err
	}
	if me.User == "" {
		return errors.New("the organisation does not say who asks")
	}
	tables := readTables()
	problems := make([]error, len(tables))
	var asked sync.WaitGroup
	for i, t := range tables {
		asked.Go(func() {
			depth, err := c.depth(ctx, me.User, t.privilege)
			switch {
			case err != nil:
				problems[i] = err
			case depth == "":
				problems[i] = fmt.Errorf("the identity has no role that reads %s: %s", t.name, wholeRole)
			case depth != global:
				problems[i] = fmt.Errorf("the identity sees only a part of the rows of %s, because the depth of its role is %s: %s",
					t.name, depth, wholeRole)
			}
		})
	}
	asked.Wait()
	return cmp.Or(problems...) // one says enough
}

// wholeRole is the way out.
const wholeRole = "give its application user a security role that reads Process, Flow Machine, Flow Machine Group and Flow Capacity " +
	"Assignment in the whole organization; Environment Maker does not"

// depth is how far a privilege reaches, the farthest where several roles have it; "" where none has.
func (c *Client) depth(ctx context.Context, user, privilege string) (string, error) {
	var have struct {
		Privileges []struct {
			Depth string `json:"Depth"`
		} `json:"RolePrivileges"`
	}
	err := c.w.Get(ctx, api+"systemusers("+url.PathEscape(user)+
		")/Microsoft.Dynamics.CRM.RetrieveUserPrivilegeByPrivilegeName(PrivilegeName='"+privilege+"')", &have)
	depth := ""
	for _, p := range have.Privileges {
		if depth = p.Depth; depth == global {
			break
		}
	}
	return depth, err
}
