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
	user, err := c.Me(ctx)
	if err != nil {
		return err
	}
	tables := readTables()
	problems := make([]error, len(tables))
	var asked sync.WaitGroup
	for i, t := range tables {
		asked.Go(func() {
			problems[i] = c.Reaches(ctx, user, t.privilege, "reads", t.name)
			if lacks := (*RoleError)(nil); errors.As(problems[i], &lacks) {
				problems[i] = fmt.Errorf("%w: %s", lacks, wholeRole)
			}
		})
	}
	asked.Wait()
	return cmp.Or(problems...) // one says enough
}

// wholeRole is the way out.
const wholeRole = "give its application user a security role that reads Process, Flow Machine, Flow Machine Group and Flow Capacity " +
	"Assignment in the whole organization; Environment Maker does not"

// Me is the id of the user of the organisation as whom the identity asks.
func (c *Client) Me(ctx context.Context) (string, error) {
	var me struct {
		User string `json:"UserId"`
	}
	err := c.w.Get(ctx, api+"WhoAmI", &me)
	if err == nil && me.User == "" {
		err = errors.New("the organisation does not say who asks")
	}
	return me.User, err
}

// RoleError means that no role of the identity reaches every row of a table.
type RoleError struct {
	Verb, Table string // such as reads Process
	Depth       string // of the farthest role; "" for none
}

func (e *RoleError) Error() string {
	if e.Depth == "" {
		return fmt.Sprintf("no role of the identity %s %s", e.Verb, e.Table)
	}
	return fmt.Sprintf("the role of the identity %s only a part of the rows of %s, because its depth is %s", e.Verb, e.Table, e.Depth)
}

// Reaches makes sure that the roles of a user reach every row of a table with a privilege, and
// returns a RoleError where they do not.
func (c *Client) Reaches(ctx context.Context, user, privilege, verb, table string) error {
	depth, err := c.depth(ctx, user, privilege)
	if err == nil && depth != global {
		err = &RoleError{verb, table, depth}
	}
	return err
}

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
