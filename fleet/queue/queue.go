//go:build !nofleet

// Package queue keeps the jobs of a fleet and what came of them, in PostgreSQL or in SQLite.
//
// The jobs are River's, in its own tables, which people can query. Tables beside them have the results
// with their causes and files, the approvals, a pause, and who sees which tenants. It never reads a tenant.
package queue

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"
	_ "modernc.org/sqlite" // the driver of database/sql

	"github.com/usher-cli/usher/config"
	"github.com/usher-cli/usher/fleet"
)

// URL names the variable with the address of PostgreSQL, which can have a password.
const URL = "USHER_FLEET_DATABASE_URL"

// Options say how a queue is used.
type Options struct {
	Env         func(string) string
	Now         func() time.Time
	Log         *slog.Logger    // is told of each job
	Engine      *slog.Logger    // is told of the queue's own work
	Operator    *fleet.Operator // does the jobs; nil where none are worked on here
	Only        fleet.Operation // only the queue that it waits in is served; "" for both
	Concurrency int             // jobs at once in each of the two queues
	Pause       time.Duration   // before a job is tried again whose tenant is busy
	Poll        time.Duration   // between two looks at the queue
	Middleware  []rivertype.Middleware
	Ended       func(fleet.Result) // is told of each job that ended; nil for nobody
}

// Queue is the jobs and the results of a fleet.
type Queue struct {
	fleet   *config.Fleet
	o       Options
	id      string // of this process, among all that work on the queue
	tenants tenantLocks
	db      *sql.DB
	jobs    jobs
	make    func(context.Context) error // makes the tables
	close   []func()
}

// jobs is what River does here, with either driver.
type jobs interface {
	InsertMany(context.Context, []river.InsertManyParams) ([]*rivertype.JobInsertResult, error)
	Start(context.Context) error
	Stop(context.Context) error
	JobCancel(context.Context, int64) (*rivertype.JobRow, error)
	JobDelete(context.Context, int64) (*rivertype.JobRow, error)
	JobList(context.Context, *river.JobListParams) (*river.JobListResult, error)
	QueuePause(context.Context, string, *river.QueuePauseOpts) error
	QueueResume(context.Context, string, *river.QueuePauseOpts) error
}

// Open opens the queue of a fleet. The tables of SQLite are made where they are missing; those of
// PostgreSQL are made by Migrate, which takes a right that a worker does not need.
func Open(ctx context.Context, f *config.Fleet, o Options) (*Queue, error) {
	q := &Queue{fleet: f, o: o, id: uuid.NewString()}
	var err error
	if f.Queue == config.PostgreSQL {
		err = q.openPostgres(ctx)
	} else {
		err = q.openSQLite(ctx)
	}
	if err != nil {
		q.Close()
		return nil, err
	}
	return q, nil
}

// Close gives the database back.
func (q *Queue) Close() {
	for _, end := range q.close {
		end()
	}
}

// A worker takes connections for its jobs, which need one only for moments, and some for the queue
// itself: to listen, to stay alive, to hold tenants, to fetch and to end jobs.
const (
	beside   = 6
	mostJobs = 1000
)

func (q *Queue) openPostgres(ctx context.Context) error {
	address := q.o.Env(URL)
	if address == "" {
		return fmt.Errorf("the queue of this fleet is in PostgreSQL: put its address into %s, such as "+
			"postgres://usher@db/fleet?sslmode=verify-full", URL)
	}
	settings, err := pgxpool.ParseConfig(address)
	if err != nil {
		return fmt.Errorf("%s is no address of PostgreSQL", URL) // the error would show the password
	}
	settings.MaxConns = max(settings.MaxConns, int32(min(q.o.Concurrency, mostJobs))+beside)
	pool, err := pgxpool.NewWithConfig(ctx, settings)
	if err != nil {
		return fmt.Errorf("PostgreSQL cannot be reached: %w", err)
	}
	q.db = stdlib.OpenDBFromPool(pool)
	q.close = append(q.close, func() { _ = q.db.Close() }, pool.Close)
	if err := pool.Ping(ctx); err != nil {
		return fmt.Errorf("PostgreSQL cannot be reached: %w", err)
	}
	driver := riverpgxv5.New(pool)
	q.make = func(ctx context.Context) error { return migrate(ctx, q, driver) }
	q.jobs, err = client(q, driver)
	return err
}

// openSQLite opens the file. Only one process works on its jobs, so that those of a process that
// was killed are known to be nobody's, and are taken up at once.
func (q *Queue) openSQLite(ctx context.Context) error {
	path := filepath.Join(q.fleet.Dir, filepath.FromSlash(q.fleet.Database))
	if q.o.Operator != nil {
		lock := flock.New(path + ".lock")
		if got, err := lock.TryLock(); err != nil || !got {
			return errors.Join(fmt.Errorf("another process works on the jobs in %s: wait for it, or use PostgreSQL for several workers", path), err)
		}
		q.close = append(q.close, func() { _ = lock.Unlock() })
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) // for nobody else to read
	if err != nil {
		return fmt.Errorf("the database of the fleet cannot be opened: %w", err)
	}
	_ = f.Close()
	address := url.URL{Scheme: "file", Opaque: url.PathEscape(path),
		RawQuery: "_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_txlock=immediate"}
	db, err := sql.Open("sqlite", address.String())
	if err != nil {
		return fmt.Errorf("the database of the fleet cannot be opened: %w", err)
	}
	db.SetMaxOpenConns(1) // SQLite has one writer, and River many
	q.db = db
	q.close = append([]func(){func() { _ = db.Close() }}, q.close...)
	driver := riversqlite.New(db)
	q.make = func(ctx context.Context) error { return migrate(ctx, q, driver) }
	if err := q.make(ctx); err != nil {
		return err
	}
	if q.o.Operator != nil {
		const cancelled = "json_extract(metadata, '$.cancel_attempted_at') IS NOT NULL"
		for _, update := range orphaned(cancelled, "CURRENT_TIMESTAMP") {
			if _, err := db.ExecContext(ctx, update); err != nil {
				return fmt.Errorf("the jobs of the last worker cannot be taken up: %w", err)
			}
		}
	}
	q.jobs, err = client(q, driver)
	return err
}

// orphaned gives back the jobs that nobody works on any more; those that somebody cancelled are
// ended. The try counts: a job that ends its worker each time must not go round for ever.
func orphaned(cancelled, now string) []string {
	return []string{
		"UPDATE river_job SET state = 'cancelled', finalized_at = " + now + " WHERE state = 'running' AND " + cancelled,
		"UPDATE river_job SET state = 'available' WHERE state = 'running' AND attempt < max_attempts",
		"UPDATE river_job SET state = 'discarded', finalized_at = " + now + " WHERE state = 'running' AND attempt >= max_attempts",
	}
}

// Migrate makes the tables, and brings them up to date.
func (q *Queue) Migrate(ctx context.Context) error { return q.make(ctx) }

func migrate[T any](ctx context.Context, q *Queue, d riverdriver.Driver[T]) error {
	m, err := rivermigrate.New(d, &rivermigrate.Config{Logger: q.o.Engine})
	if err == nil {
		_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
	}
	for _, statement := range tables() {
		if err == nil {
			_, err = q.db.ExecContext(ctx, statement)
		}
	}
	if err != nil {
		return fmt.Errorf("the tables of the fleet cannot be made: %w", err)
	}
	return nil
}

// client is River with a driver. It works on jobs where there is an operator.
func client[T any](q *Queue, d riverdriver.Driver[T]) (jobs, error) {
	c := &river.Config{Logger: q.o.Engine, ID: q.id, Middleware: q.o.Middleware}
	if q.o.Operator != nil {
		workers := river.NewWorkers()
		if err := river.AddWorkerSafely(workers, &worker{q: q}); err != nil {
			return nil, err
		}
		c.Workers, c.Queues = workers, map[string]river.QueueConfig{}
		for _, name := range []string{looking, changing} {
			if q.o.Only == "" || name == queueOf(q.o.Only) {
				c.Queues[name] = river.QueueConfig{MaxWorkers: q.o.Concurrency}
			}
		}
		c.JobTimeout, c.RescueStuckJobsAfter = q.fleet.Timeout, q.fleet.Timeout+time.Minute
		c.FetchPollInterval, c.FetchCooldown = q.o.Poll, min(q.o.Poll, 100*time.Millisecond)
		c.SoftStopTimeout = fleet.Grace + 5*time.Second
	}
	return river.NewClient(d, c)
}
