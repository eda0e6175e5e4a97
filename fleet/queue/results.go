//go:build !nofleet

package queue

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/usher-cli/usher/config"
	"github.com/usher-cli/usher/engine"
	"github.com/usher-cli/usher/export"
	"github.com/usher-cli/usher/fleet"
	"github.com/usher-cli/usher/view"
)

// tables are those beside River's. A result has the number of its job: a job that is taken up
// again after its worker was killed has one result all the same.
func tables() []string {
	return []string{
		`CREATE TABLE IF NOT EXISTS usher_result (
  job BIGINT PRIMARY KEY, tenant TEXT NOT NULL, operation TEXT NOT NULL, ended TEXT NOT NULL, took_ms BIGINT NOT NULL,
  outcome TEXT NOT NULL, adds BIGINT NOT NULL, changes BIGINT NOT NULL, removes BIGINT NOT NULL, adopts BIGINT NOT NULL,
  drifted BIGINT NOT NULL, digest TEXT NOT NULL, failure TEXT NOT NULL, error TEXT NOT NULL, document TEXT NOT NULL)`,
		`CREATE INDEX IF NOT EXISTS usher_result_latest ON usher_result (tenant, operation, job)`,
		`CREATE TABLE IF NOT EXISTS usher_cause (
  job BIGINT NOT NULL REFERENCES usher_result (job) ON DELETE CASCADE, cause TEXT NOT NULL, n BIGINT NOT NULL, PRIMARY KEY (job, cause))`,
		`CREATE TABLE IF NOT EXISTS usher_file (
  job BIGINT NOT NULL REFERENCES usher_result (job) ON DELETE CASCADE, name TEXT NOT NULL, content BYTEA NOT NULL,
  PRIMARY KEY (job, name))`,
		`CREATE TABLE IF NOT EXISTS usher_approval (
  plan BIGINT PRIMARY KEY, tenant TEXT NOT NULL, digest TEXT NOT NULL, approver TEXT NOT NULL, approved TEXT NOT NULL,
  begun TEXT NOT NULL)`,
		`CREATE TABLE IF NOT EXISTS usher_pause (since TEXT NOT NULL, who TEXT NOT NULL)`,
		`CREATE TABLE IF NOT EXISTS usher_label (
  tenant TEXT NOT NULL, label TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (tenant, label, value))`,
		`CREATE TABLE IF NOT EXISTS usher_sight (
  role TEXT NOT NULL, label TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (role, label, value))`,
	}
}

// keep writes a result, and takes out those that are older than the fleet says. The approval of a
// plan goes with its apply: the same plan can be necessary again, and somebody has to look again.
// It stays only where the tenant had no time.
func (q *Queue) keep(ctx context.Context, r fleet.Result, plan int64) (err error) {
	job := r.Job
	tx, err := q.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("the result cannot be kept: %w", err)
	}
	defer func() {
		if err != nil {
			_ = tx.Rollback()
			err = fmt.Errorf("the result cannot be kept: %w", err)
		}
	}()
	old := r.At.AddDate(0, 0, -q.fleet.Keep).Format(time.RFC3339)
	const gone = "job = $1 OR tenant = $2 AND ended < $3"
	for _, delete := range []string{"DELETE FROM usher_cause WHERE job IN (SELECT job FROM usher_result WHERE " + gone + ")",
		"DELETE FROM usher_file WHERE job IN (SELECT job FROM usher_result WHERE " + gone + ")",
		"DELETE FROM usher_result WHERE " + gone} {
		if _, err = tx.ExecContext(ctx, delete, job, r.Tenant, old); err != nil {
			return err
		}
	}
	_, err = tx.ExecContext(ctx, "INSERT INTO usher_result VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
		job, r.Tenant, string(r.Operation), r.At.Format(time.RFC3339), r.Took.Milliseconds(), string(r.Outcome),
		r.Adds, r.Changes, r.Removes, r.Adopts, r.Drifted, r.Digest, string(r.Failure), r.Error, string(r.Document))
	if err != nil {
		return err
	}
	if plan != 0 && r.Failure != engine.Busy && r.Failure != engine.Locked {
		if _, err = tx.ExecContext(ctx, "DELETE FROM usher_approval WHERE plan = $1", plan); err != nil {
			return err
		}
	}
	for cause, n := range r.Causes {
		if _, err = tx.ExecContext(ctx, "INSERT INTO usher_cause VALUES ($1, $2, $3)", job, cause, n); err != nil {
			return err
		}
	}
	for _, f := range r.Files {
		if _, err = tx.ExecContext(ctx, "INSERT INTO usher_file VALUES ($1, $2, $3)", job, f.Name, f.Text); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// kept reports whether a job has a result already.
func (q *Queue) kept(ctx context.Context, job int64) (bool, error) {
	var n int
	if err := q.db.QueryRowContext(ctx, "SELECT count(*) FROM usher_result WHERE job = $1", job).Scan(&n); err != nil {
		return false, fmt.Errorf("the results cannot be read: %w", err)
	}
	return n > 0, nil
}

// Latest is the last result of each tenant and operation, without documents.
func (q *Queue) Latest(ctx context.Context) (all []fleet.Result, err error) {
	rows, err := q.db.QueryContext(ctx, `SELECT r.job, tenant, operation, ended, took_ms, outcome, adds, changes, removes, adopts, drifted,
  digest, failure, error, coalesce(c.cause, ''), coalesce(c.n, 0),
  coalesce((SELECT max(w.ended) FROM usher_result w WHERE w.tenant = r.tenant AND w.operation = r.operation
    AND w.outcome NOT IN ('failed', 'partial')), '')
FROM usher_result r LEFT JOIN usher_cause c ON c.job = r.job
WHERE r.job IN (SELECT max(job) FROM usher_result GROUP BY tenant, operation) ORDER BY tenant, operation, c.cause`)
	if err != nil {
		return nil, fmt.Errorf("the results cannot be read: %w", err)
	}
	defer rows.Close()
	last := int64(-1)
	for rows.Next() {
		var took int64
		var n int
		var ended, cause, complete string
		r := fleet.Result{Causes: map[string]int{}}
		if err := rows.Scan(&r.Job, &r.Tenant, &r.Operation, &ended, &took, &r.Outcome, &r.Adds, &r.Changes, &r.Removes, &r.Adopts, &r.Drifted,
			&r.Digest, (*string)(&r.Failure), &r.Error, &cause, &n, &complete); err != nil {
			return nil, fmt.Errorf("the results cannot be read: %w", err)
		}
		if r.Job != last {
			r.Took = time.Duration(took) * time.Millisecond
			r.At, _ = time.Parse(time.RFC3339, ended) // usher wrote it
			r.Complete, _ = time.Parse(time.RFC3339, complete)
			all, last = append(all, r), r.Job
		}
		if cause != "" {
			all[len(all)-1].Causes[cause] = n
		}
	}
	return all, rows.Err()
}

// Document is the last document of a tenant and an operation, as -json of the command prints it.
func (q *Queue) Document(ctx context.Context, tenant string, op fleet.Operation) (string, error) {
	var text string
	err := q.db.QueryRowContext(ctx, "SELECT document FROM usher_result WHERE tenant = $1 AND operation = $2 ORDER BY job DESC LIMIT 1",
		tenant, string(op)).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) || err == nil && text == "" {
		return "", fmt.Errorf("%s has no result of %s", tenant, op)
	}
	return text, err
}

// Files are those that an export of a tenant made; none where it made none, or has no result.
func (q *Queue) Files(ctx context.Context, job int64) (tenant string, all []export.File, err error) {
	rows, err := q.db.QueryContext(ctx, `SELECT r.tenant, f.name, f.content FROM usher_file f JOIN usher_result r ON r.job = f.job
WHERE f.job = $1 ORDER BY f.name`, job)
	if err != nil {
		return "", nil, fmt.Errorf("the files of an export cannot be read: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var f export.File
		if err := rows.Scan(&tenant, &f.Name, &f.Text); err != nil {
			return "", nil, fmt.Errorf("the files of an export cannot be read: %w", err)
		}
		all = append(all, f)
	}
	return tenant, all, rows.Err()
}

// Bills are what each tenant has, as its last usage with a result says.
func (q *Queue) Bills(ctx context.Context) (all []view.Bill, err error) {
	rows, err := q.db.QueryContext(ctx, `SELECT tenant, ended, document FROM usher_result
WHERE job IN (SELECT max(job) FROM usher_result WHERE operation = 'usage' AND document <> '' GROUP BY tenant) ORDER BY tenant`)
	if err != nil {
		return nil, fmt.Errorf("the results cannot be read: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var name, ended, text string
		if err := rows.Scan(&name, &ended, &text); err != nil {
			return nil, fmt.Errorf("the results cannot be read: %w", err)
		}
		var usage view.UsageReport
		if err := json.Unmarshal([]byte(text), &usage); err != nil {
			return nil, fmt.Errorf("the usage of %s cannot be read: %w", name, err)
		}
		all = append(all, view.Bill{Tenant: usage.Tenant, Name: name, Day: ended[:min(len(ended), len(time.DateOnly))], Usage: usage.Usage})
	}
	return all, rows.Err()
}

// Approve lets apply do a plan.
func (q *Queue) Approve(ctx context.Context, plan fleet.Result, by string) error {
	who := "$4"
	if q.fleet.Queue == config.PostgreSQL {
		who = "$4 || ' (' || session_user || ')'" // the first is only what this machine says
	}
	_, err := q.db.ExecContext(ctx, "INSERT INTO usher_approval VALUES ($1, $2, $3, "+who+", $5, '') ON CONFLICT DO NOTHING",
		plan.Job, plan.Tenant, plan.Digest, by, q.o.Now().UTC().Format(time.RFC3339))
	if err != nil {
		return fmt.Errorf("the approval cannot be kept: %w", err)
	}
	return nil
}

// approved is a plan that somebody approved, as it was reviewed, and whether an apply of it has begun;
// nil where nobody did. The digest is that of the approval: what stands in the place of the plan since
// is not what was approved.
func (q *Queue) approved(ctx context.Context, tenant string, plan int64) (reviewed []byte, begun bool, err error) {
	var text, since, digest string
	err = q.db.QueryRowContext(ctx, `SELECT r.document, a.begun, a.digest FROM usher_result r JOIN usher_approval a ON a.plan = r.job
WHERE r.job = $1 AND r.tenant = $2 AND r.operation = 'plan'`, plan, tenant).Scan(&text, &since, &digest)
	var saved struct{ Digest string }
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, false, nil
	case err != nil:
		return nil, false, fmt.Errorf("the approval cannot be read: %w", err)
	case json.Unmarshal([]byte(text), &saved) != nil || saved.Digest != digest:
		return nil, false, nil
	}
	return []byte(text), since != "", nil
}

// begun notes that an apply of a plan has begun.
func (q *Queue) begun(ctx context.Context, plan int64) error {
	if _, err := q.db.ExecContext(ctx, "UPDATE usher_approval SET begun = $1 WHERE plan = $2 AND begun = ''",
		q.o.Now().UTC().Format(time.RFC3339), plan); err != nil {
		return fmt.Errorf("the approval cannot be written: %w", err)
	}
	return nil
}

// Approved lists the jobs of plans that somebody approved.
func (q *Queue) Approved(ctx context.Context) (map[int64]bool, error) {
	rows, err := q.db.QueryContext(ctx, "SELECT plan FROM usher_approval")
	if err != nil {
		return nil, fmt.Errorf("the approvals cannot be read: %w", err)
	}
	defer rows.Close()
	all := map[int64]bool{}
	for rows.Next() {
		var plan int64
		if err := rows.Scan(&plan); err != nil {
			return nil, fmt.Errorf("the approvals cannot be read: %w", err)
		}
		all[plan] = true
	}
	return all, rows.Err()
}

// States counts jobs by their state in the queue: available, scheduled, running, retryable,
// completed, cancelled, discarded.
func (q *Queue) States(ctx context.Context, numbers []int64) (map[string]int, error) {
	counts := map[string]int{}
	const most = 500 // in one statement
	for start := 0; start < len(numbers); start += most {
		var ids []string
		for _, n := range numbers[start:min(start+most, len(numbers))] {
			ids = append(ids, fmt.Sprint(n))
		}
		query := "SELECT state, count(*) FROM river_job WHERE id IN (" + strings.Join(ids, ", ") + ") GROUP BY state"
		if err := q.count(ctx, query, counts); err != nil {
			return nil, err
		}
	}
	if numbers == nil {
		return counts, q.count(ctx, "SELECT state, count(*) FROM river_job GROUP BY state", counts)
	}
	return counts, nil
}

func (q *Queue) count(ctx context.Context, query string, into map[string]int) error {
	rows, err := q.db.QueryContext(ctx, query)
	if err != nil {
		return fmt.Errorf("the queue cannot be read: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var state string
		var n int
		if err := rows.Scan(&state, &n); err != nil {
			return fmt.Errorf("the queue cannot be read: %w", err)
		}
		into[state] += n
	}
	return rows.Err()
}
