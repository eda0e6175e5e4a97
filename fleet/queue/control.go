//go:build !nofleet

package queue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/usher-cli/usher/config"
)

// Pause lets workers take no new job; those that run come to an end.
func (q *Queue) Pause(ctx context.Context) error {
	return known(q.jobs.QueuePause(ctx, river.QueueDefault, nil))
}

// Resume lets them take jobs again.
func (q *Queue) Resume(ctx context.Context) error {
	return known(q.jobs.QueueResume(ctx, river.QueueDefault, nil))
}

// known says that no worker ever was, where that is why a queue is unknown.
func known(err error) error {
	if errors.Is(err, rivertype.ErrNotFound) {
		return errors.New("no worker has worked on this queue yet: there is nothing to pause")
	}
	if err != nil {
		return fmt.Errorf("the queue cannot be paused or resumed: %w", err)
	}
	return nil
}

// Cancel ends the jobs of some tenants that wait, and asks those that run to end. It returns how
// many they are.
func (q *Queue) Cancel(ctx context.Context, tenants []config.FleetTenant) (int, error) {
	numbers, err := q.open(ctx, tenants)
	if err != nil {
		return 0, fmt.Errorf("the queue cannot be read: %w", err)
	}
	for i, n := range numbers {
		if _, err := q.jobs.JobCancel(ctx, n); err != nil && !errors.Is(err, rivertype.ErrNotFound) {
			return i, fmt.Errorf("job %d cannot be cancelled: %w", n, err)
		}
	}
	return len(numbers), nil
}

// open are the numbers of the jobs of some tenants that have not ended.
func (q *Queue) open(ctx context.Context, tenants []config.FleetTenant) (numbers []int64, err error) {
	const most = 1000 // in one answer
	params := river.NewJobListParams().First(most).States(rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable,
		rivertype.JobStateRunning, rivertype.JobStateScheduled)
	for {
		page, err := q.jobs.JobList(ctx, params)
		if err != nil {
			return nil, err
		}
		for _, row := range page.Jobs {
			var j job
			if err := json.Unmarshal(row.EncodedArgs, &j); err != nil {
				return nil, err
			}
			if slices.ContainsFunc(tenants, func(t config.FleetTenant) bool { return t.Name == j.Tenant }) {
				numbers = append(numbers, row.ID)
			}
		}
		if len(page.Jobs) < most {
			return numbers, nil
		}
		params = params.After(page.LastCursor)
	}
}
