//go:build !nofleet

package queue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/usher-cli/usher/config"
)

// Pause lets workers take no new job; those that run come to an end.
func (q *Queue) Pause(ctx context.Context) error {
	return q.all(ctx, q.jobs.QueuePause)
}

// Resume lets them take jobs again.
func (q *Queue) Resume(ctx context.Context) error {
	return q.all(ctx, q.jobs.QueueResume)
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
	open, err := q.open(ctx)
	if err != nil {
		return 0, err
	}
	i := 0
	for n, tenant := range open {
		if !slices.ContainsFunc(tenants, func(t config.FleetTenant) bool { return t.Name == tenant }) {
			continue
		}
		i++
		if _, err := q.jobs.JobCancel(ctx, n); err != nil && !errors.Is(err, rivertype.ErrNotFound) {
			return i, fmt.Errorf("job %d cannot be cancelled: %w", n, err)
		}
	}
	return i, nil
}

// Open lists the tenants with a job that has not ended.
func (q *Queue) Open(ctx context.Context) ([]string, error) {
	open, err := q.open(ctx)
	names := slices.Sorted(maps.Values(open))
	return slices.Compact(names), err
}

// open are the jobs that have not ended, by number, with their tenants.
func (q *Queue) open(ctx context.Context) (map[int64]string, error) {
	const most = 1000 // in one answer
	all := map[int64]string{}
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
			all[row.ID] = j.Tenant
		}
		if len(page.Jobs) < most {
			return all, nil
		}
		params = params.After(page.LastCursor)
	}
}
