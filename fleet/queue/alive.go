//go:build !nofleet

package queue

import (
	"context"
	"database/sql"
	"log/slog"
	"time"
)

// A worker on PostgreSQL holds an advisory lock for as long as it lives. The jobs of one that was
// killed are known by it to be nobody's, and are taken up within seconds. River alone would wait
// for the longest time that a job may take.
//
// A worker that is alive can lose the lock, where PostgreSQL is restarted. Then a job of its can be
// taken up twice; the locks of its tenant and of the state make the second one wait.

// heartbeat is between two looks at the other workers.
const heartbeat = 5 * time.Second

// lockSpace is the first key of the advisory locks, for nobody else to use by accident.
const lockSpace = 0x75736865

// stayAlive holds the lock of this worker and takes up the jobs of dead ones, until the context ends.
func (q *Queue) stayAlive(ctx context.Context, own *sql.Conn) {
	for {
		if own == nil || own.PingContext(ctx) != nil {
			if own != nil {
				discard(own)
			}
			var err error
			if own, err = q.holdLock(ctx); err != nil && ctx.Err() == nil {
				q.o.Engine.Warn("others may take this worker for dead", slog.String("error", err.Error()))
			}
		}
		q.keepLocks(ctx)
		if own != nil {
			if err := q.takeUp(ctx, own); err != nil && ctx.Err() == nil {
				q.o.Engine.Warn("the jobs of dead workers cannot be looked for", slog.String("error", err.Error()))
			}
		}
		select {
		case <-ctx.Done():
			if own != nil {
				_ = own.Close() // the pool ends it with the process; until then its lock does no harm
			}
			return
		case <-time.After(heartbeat):
		}
	}
}

// holdLock takes the lock of this worker, on a connection of its own.
func (q *Queue) holdLock(ctx context.Context) (*sql.Conn, error) {
	c, err := q.db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := c.ExecContext(ctx, "SELECT pg_advisory_lock($1, hashtext($2))", lockSpace, q.id); err != nil {
		discard(c)
		return nil, err
	}
	return c, nil
}

// takeUp makes the jobs of workers available again whose locks nobody holds.
func (q *Queue) takeUp(ctx context.Context, c *sql.Conn) error {
	rows, err := c.QueryContext(ctx, "SELECT DISTINCT attempted_by[array_upper(attempted_by, 1)] FROM river_job WHERE state = 'running'")
	if err != nil {
		return err
	}
	var others []string
	for rows.Next() {
		var id sql.NullString
		if err = rows.Scan(&id); err == nil && id.Valid && id.String != q.id {
			others = append(others, id.String)
		}
	}
	_ = rows.Close()
	if err = rows.Err(); err != nil {
		return err
	}
	for _, id := range others {
		var dead bool
		if err := c.QueryRowContext(ctx, "SELECT pg_try_advisory_lock($1, hashtext($2))", lockSpace, id).Scan(&dead); err != nil {
			return err
		}
		if !dead {
			continue
		}
		its := " AND attempted_by[array_upper(attempted_by, 1)] = $1"
		var jobs int64
		for _, update := range orphaned("metadata ? 'cancel_attempted_at'", "now()") {
			done, err := c.ExecContext(ctx, update+its, id)
			if err != nil {
				return err
			}
			n, _ := done.RowsAffected()
			jobs += n
		}
		q.o.Log.Info("worker ended", slog.String("worker", id), slog.Int64("jobs", jobs))
		if _, err := c.ExecContext(ctx, "SELECT pg_advisory_unlock($1, hashtext($2))", lockSpace, id); err != nil {
			return err
		}
	}
	return nil
}
