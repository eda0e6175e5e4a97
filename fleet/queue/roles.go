//go:build !nofleet

package queue

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/usher-cli/usher/config"
)

//go:embed roles.sql
var rolesSQL string

// RolesSQL makes the roles of the database, for whoever may make some: it can be run again.
func RolesSQL() string { return rolesSQL }

// MakeRoles makes the roles of PostgreSQL, and says what each may do.
func (q *Queue) MakeRoles(ctx context.Context) error {
	if q.fleet.Queue != config.PostgreSQL {
		return errors.New(`only PostgreSQL has roles, and the queue of this fleet is in SQLite: write queue = "postgres" into the block fleet`)
	}
	if _, err := q.db.ExecContext(ctx, rolesSQL); err != nil {
		return fmt.Errorf("the roles cannot be made; -print-roles prints the statements for somebody who may: %w", err)
	}
	return nil
}

// noteLabels writes down the labels of the tenants, by which the roles see them or not.
func (q *Queue) noteLabels(ctx context.Context) error {
	if q.fleet.Queue != config.PostgreSQL {
		return nil
	}
	tenants, names, values := []string{}, []string{}, []string{}
	for _, t := range q.fleet.Tenants {
		for _, name := range slices.Sorted(maps.Keys(t.Labels)) { // two who write at once wait for each other in one order
			tenants, names, values = append(tenants, t.Name), append(names, name), append(values, t.Labels[name])
		}
	}
	tx, err := q.db.BeginTx(ctx, nil)
	if err != nil {
		return q.unmade(err)
	}
	defer func() { _ = tx.Rollback() }() // nothing, after a commit
	const now = "SELECT * FROM unnest($1::text[], $2::text[], $3::text[]) AS now (tenant, label, value)"
	for _, statement := range []string{
		"DELETE FROM usher_label l WHERE NOT EXISTS (" + now + " WHERE now = l)",
		"INSERT INTO usher_label " + now + " ON CONFLICT DO NOTHING",
	} {
		if _, err := tx.ExecContext(ctx, statement, tenants, names, values); err != nil {
			return q.unmade(err)
		}
	}
	return q.unmade(tx.Commit())
}
