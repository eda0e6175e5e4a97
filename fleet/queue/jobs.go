//go:build !nofleet

package queue

import (
	"cmp"
	"context"
	"fmt"
	"hash/fnv"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/usher-cli/usher/config"
	"github.com/usher-cli/usher/fleet"
)

// job is what the queue keeps of a job. What makes it unique has the operation in it, so that a
// drift that waits never swallows an apply.
type job struct {
	Tenant    string          `json:"tenant" river:"unique"`
	Operation fleet.Operation `json:"operation" river:"unique"`
	Digest    string          `json:"digest,omitempty" river:"unique"` // that is approved, of an apply
}

// Kind implements river.JobArgs.
func (job) Kind() string { return "usher" }

// attempts is how often a job is tried whose tenant has no time for it.
const attempts = 4

// priority is the order in which jobs are taken: what somebody waits for comes before the night.
func priority(op fleet.Operation) int {
	return map[fleet.Operation]int{fleet.Apply: 1, fleet.Plan: 2, fleet.Usage: 3, fleet.Doctor: 3, fleet.Drift: 4}[op]
}

// Order is a job to put into the queue.
type Order struct {
	Tenant    config.FleetTenant
	Operation fleet.Operation
	Digest    string // that is approved, of an apply
	Now       bool   // the window of the tenant does not count
}

// Put adds jobs, and returns their numbers. One that waits or runs already is not added again.
func (q *Queue) Put(ctx context.Context, orders []Order) (numbers []int64, doubled int, err error) {
	params := make([]river.InsertManyParams, len(orders))
	for i, o := range orders {
		params[i] = river.InsertManyParams{Args: job{o.Tenant.Name, o.Operation, o.Digest}, InsertOpts: &river.InsertOpts{
			MaxAttempts: attempts, Priority: priority(o.Operation), ScheduledAt: q.begin(o),
			UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{rivertype.JobStateAvailable, rivertype.JobStatePending,
				rivertype.JobStateRunning, rivertype.JobStateRetryable, rivertype.JobStateScheduled}},
		}}
	}
	const most = 500 // in one statement
	for len(params) > 0 {
		n := min(most, len(params))
		results, err := q.jobs.InsertMany(ctx, params[:n])
		if err != nil {
			return numbers, doubled, fmt.Errorf("the jobs cannot be put into the queue: %w", err)
		}
		for _, r := range results {
			if r.UniqueSkippedAsDuplicate {
				doubled++
			}
			numbers = append(numbers, r.Job.ID)
		}
		params = params[n:]
	}
	return numbers, doubled, nil
}

// begin is when a job may begin; the zero time is at once. Tenants of one window begin one after another, always in the
// same order, in the first half of it: a service would see all of them at once otherwise.
func (q *Queue) begin(o Order) time.Time {
	now := q.o.Now()
	opens := o.Tenant.Window.Opens(now)
	if o.Now || !opens.After(now) {
		return time.Time{} // at once
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(o.Tenant.Name)) // never fails
	return opens.Add(time.Duration(h.Sum32()) * time.Millisecond % cmp.Or(o.Tenant.Window.Length()/2, time.Minute))
}

// Running is the state of a job that somebody works on.
const Running = string(rivertype.JobStateRunning)

// Ended are the states of jobs that have ended: done, not to be tried again, and tried too often.
func Ended() []string {
	return []string{string(rivertype.JobStateCompleted), string(rivertype.JobStateCancelled), string(rivertype.JobStateDiscarded)}
}

// JobStates are the states of jobs, in the order in which a job has them.
func JobStates() []string {
	return append([]string{string(rivertype.JobStateScheduled), string(rivertype.JobStateAvailable), Running,
		string(rivertype.JobStateRetryable)}, Ended()...)
}
