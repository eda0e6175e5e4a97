//go:build !nofleet

package queue

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
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
	Plan      int64           `json:"plan,omitempty" river:"unique"` // the job that made the plan, of an apply
	Now       bool            `json:"now,omitempty"`                 // the window of the tenant does not count
}

// Kind implements river.JobArgs.
func (job) Kind() string { return "usher" }

// How often a job is tried: where its tenant has no time, and in all, with workers that were killed.
const (
	tries    = 4
	attempts = 12
)

// What changes a tenant waits in a queue of its own, so that a process that only looks at tenants
// never takes an apply that somebody left behind.
const (
	looking  = river.QueueDefault
	changing = "apply"
)

// queueOf is the queue of an operation.
func queueOf(op fleet.Operation) string {
	if op == fleet.Apply {
		return changing
	}
	return looking
}

// priority is the order in which jobs are taken: what somebody waits for comes before the night.
func priority(op fleet.Operation) int {
	return map[fleet.Operation]int{fleet.Apply: 1, fleet.Plan: 2, fleet.Usage: 3, fleet.Doctor: 3, fleet.Export: 3, fleet.Drift: 4}[op]
}

// Order is a job to put into the queue.
type Order struct {
	Tenant    config.FleetTenant
	Operation fleet.Operation
	Plan      int64 // the job that made the plan, of an apply
	Now       bool  // the window of the tenant does not count
}

// Put adds jobs, and returns their numbers. One that waits or runs already is not added again; but
// one that waits for a window gives way to one that does not.
func (q *Queue) Put(ctx context.Context, orders []Order) (numbers []int64, doubled int, err error) {
	if err := q.noteLabels(ctx); err != nil {
		return nil, 0, err
	}
	const most = 500 // in one statement
	for len(orders) > 0 {
		n := min(most, len(orders))
		results, err := q.jobs.InsertMany(ctx, q.params(orders[:n]))
		if err != nil {
			return numbers, doubled, q.unmade(err)
		}
		var again []Order
		for i, r := range results {
			switch {
			case r.UniqueSkippedAsDuplicate && orders[i].Now && waits(r.Job):
				if _, err := q.jobs.JobDelete(ctx, r.Job.ID); err == nil {
					again = append(again, orders[i])
					continue
				}
				doubled++
			case r.UniqueSkippedAsDuplicate:
				doubled++
			}
			numbers = append(numbers, r.Job.ID)
		}
		orders = append(again, orders[n:]...)
	}
	return numbers, doubled, nil
}

// waits reports whether a job heeds the window of its tenant, and nobody works on it.
func waits(row *rivertype.JobRow) bool {
	var j job
	err := json.Unmarshal(row.EncodedArgs, &j)
	return err == nil && !j.Now && waitsForWindow(j.Operation) && row.State != rivertype.JobStateRunning
}

// unmade says what to do where the tables are not there, or the role may not use them.
func (q *Queue) unmade(err error) error {
	if err == nil {
		return nil
	}
	const noTable, noRight = "42P01", "42501" // of PostgreSQL
	var problem *pgconn.PgError
	switch {
	case !errors.As(err, &problem):
	case problem.Code == noTable:
		return errors.New("the tables of the fleet are not there: run usher fleet init")
	case problem.Code == noRight:
		return fmt.Errorf("this role may not do that: %w. After a new version, the owner of the tables has to run usher fleet init -roles",
			err)
	}
	return fmt.Errorf("the queue cannot be used: %w", err)
}

func (q *Queue) params(orders []Order) []river.InsertManyParams {
	params := make([]river.InsertManyParams, len(orders))
	for i, o := range orders {
		params[i] = river.InsertManyParams{Args: job{o.Tenant.Name, o.Operation, o.Plan, o.Now}, InsertOpts: &river.InsertOpts{
			Queue: queueOf(o.Operation), MaxAttempts: attempts, Priority: priority(o.Operation), ScheduledAt: o.begin(q.o.Now()),
			UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{rivertype.JobStateAvailable, rivertype.JobStatePending,
				rivertype.JobStateRunning, rivertype.JobStateRetryable, rivertype.JobStateScheduled}},
		}}
	}
	return params
}

// begin is when a job may begin; the zero time is at once. Tenants of one window begin one after
// another, always in the same order, in the first half of it: a service would see all of them at
// once otherwise.
func (o Order) begin(now time.Time) time.Time {
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
