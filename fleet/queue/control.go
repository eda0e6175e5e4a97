//go:build !nofleet

package queue

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/usher-cli/usher/config"
	"github.com/usher-cli/usher/fleet"
)

// Pause lets workers take no new job, until somebody resumes; those that run come to an end.
func (q *Queue) Pause(ctx context.Context, who string) error {
	const note = "INSERT INTO usher_pause SELECT $1, $2 WHERE NOT EXISTS (SELECT 1 FROM usher_pause)"
	if _, err := q.db.ExecContext(ctx, note, q.o.Now().UTC().Format(time.RFC3339), who); err != nil {
		return fmt.Errorf("the queue cannot be paused: %w", q.unmade(err))
	}
	return q.all(ctx, q.jobs.QueuePause)
}

// Resume lets them take jobs again.
func (q *Queue) Resume(ctx context.Context) error {
	if _, err := q.db.ExecContext(ctx, "DELETE FROM usher_pause"); err != nil {
		return fmt.Errorf("the queue cannot be resumed: %w", q.unmade(err))
	}
	return q.all(ctx, q.jobs.QueueResume)
}

// Paused says since when workers take no job, and who wanted that; "" where they take jobs.
func (q *Queue) Paused(ctx context.Context) (since, who string, err error) {
	err = q.db.QueryRowContext(ctx, "SELECT since, who FROM usher_pause").Scan(&since, &who)
	if errors.Is(err, sql.ErrNoRows) {
		return "", "", nil
	}
	if err != nil {
		return "", "", fmt.Errorf("the queue cannot be read: %w", q.unmade(err))
	}
	return since, who, nil
}

// stayPaused pauses River again where somebody paused and nobody resumed: it forgets the pause of a
// queue that no worker served for a day.
func (q *Queue) stayPaused(ctx context.Context) error {
	if since, _, err := q.Paused(ctx); err != nil || since == "" {
		return err
	}
	return q.all(ctx, q.jobs.QueuePause)
}

// all pauses or resumes both queues, also before a worker ever was.
func (q *Queue) all(ctx context.Context, change func(context.Context, string, *river.QueuePauseOpts) error) error {
	for _, name := range []string{looking, changing} {
		_, err := q.db.ExecContext(ctx, "INSERT INTO river_queue (name, updated_at) VALUES ($1, CURRENT_TIMESTAMP) ON CONFLICT DO NOTHING", name)
		if err == nil {
			err = change(ctx, name, nil)
		}
		if err != nil {
			return fmt.Errorf("the queue cannot be paused or resumed: %w", q.unmade(err))
		}
	}
	return nil
}

// Cancel ends the jobs of some tenants that wait, and asks those that run to end. It returns how
// many they are.
func (q *Queue) Cancel(ctx context.Context, tenants []config.FleetTenant) (int, error) {
	open, err := q.Open(ctx)
	if err != nil {
		return 0, err
	}
	i := 0
	for _, o := range open {
		if !slices.ContainsFunc(tenants, func(t config.FleetTenant) bool { return t.Name == o.Tenant }) {
			continue
		}
		i++
		if _, err := q.jobs.JobCancel(ctx, o.Job); err != nil && !errors.Is(err, rivertype.ErrNotFound) {
			return i, fmt.Errorf("job %d cannot be cancelled: %w", o.Job, err)
		}
	}
	return i, nil
}

// Open lists the jobs that have not ended.
func (q *Queue) Open(ctx context.Context) (all []fleet.Open, err error) {
	const most = 1000 // in one answer
	params := river.NewJobListParams().First(most).States(rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable,
		rivertype.JobStateRunning, rivertype.JobStateScheduled)
	for {
		page, err := q.jobs.JobList(ctx, params)
		if err != nil {
			return nil, q.unmade(err)
		}
		for _, row := range page.Jobs {
			var j job
			if err := json.Unmarshal(row.EncodedArgs, &j); err != nil {
				return nil, fmt.Errorf("job %d cannot be read: %w", row.ID, err)
			}
			all = append(all, fleet.Open{Job: row.ID, Tenant: j.Tenant, Operation: j.Operation})
		}
		if len(page.Jobs) < most {
			return all, nil
		}
		params = params.After(page.LastCursor)
	}
}

// Healthy reports why the queue cannot be worked on; nil where it can.
func (q *Queue) Healthy(ctx context.Context) error {
	if err := q.db.PingContext(ctx); err != nil {
		return errors.New("the database of the queue does not answer") // its error can have an address
	}
	return nil
}

// Waiting counts the jobs that have not ended, by queue and state.
func (q *Queue) Waiting(ctx context.Context, each func(queue, state string, jobs int64)) error {
	rows, err := q.db.QueryContext(ctx, "SELECT queue, state, count(*) FROM river_job "+
		"WHERE state IN ('available', 'pending', 'retryable', 'running', 'scheduled') GROUP BY queue, state")
	if err != nil {
		return fmt.Errorf("the queue cannot be read: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var queue, state string
		var jobs int64
		if err := rows.Scan(&queue, &state, &jobs); err != nil {
			return fmt.Errorf("the queue cannot be read: %w", err)
		}
		each(queue, state, jobs)
	}
	return rows.Err()
}
