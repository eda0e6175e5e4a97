//go:build !nofleet

package queue

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/stdlib"

	"github.com/usher-cli/usher/config"
)

// Workers do not do two jobs of one tenant at once: a look while a change is under way would take
// what it has half done for drift. In one process a map sees to it. Between workers on PostgreSQL an
// advisory lock does, on one connection of each worker. A worker that is killed loses its connection,
// and with it what it has taken. One that lives and loses it takes its tenants again within a
// heartbeat; until then the lock of the state is left.

// tenantSpace is the first key of these locks.
const tenantSpace = lockSpace + 1

// tenantLocks are the tenants that this process works on.
type tenantLocks struct {
	mu   sync.Mutex
	busy map[string]bool
	conn *sql.Conn // nil before the first one, and after it was lost
}

// lockTime is how long PostgreSQL may take to answer about a lock.
const lockTime = 10 * time.Second

// take takes a tenant for a job. It is false where another job has it.
func (q *Queue) take(ctx context.Context, tenant string) (bool, error) {
	l := &q.tenants
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.busy[tenant] {
		return false, nil
	}
	if q.fleet.Queue == config.PostgreSQL {
		var free bool
		if err := q.onLockConn(ctx, "SELECT pg_try_advisory_lock($1, hashtext($2))", tenant, &free); err != nil || !free {
			return false, err
		}
	}
	if l.busy == nil {
		l.busy = map[string]bool{}
	}
	l.busy[tenant] = true
	return true, nil
}

// give gives a tenant back.
func (q *Queue) give(ctx context.Context, tenant string) {
	l := &q.tenants
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.busy, tenant)
	if l.conn != nil {
		var had bool
		_ = q.onLockConn(ctx, "SELECT pg_advisory_unlock($1, hashtext($2))", tenant, &had) // a lost connection has no locks
	}
}

// keepLocks takes the locks again where their connection was lost.
func (q *Queue) keepLocks(ctx context.Context) {
	l := &q.tenants
	ctx, done := context.WithTimeout(ctx, lockTime) // no job begins or ends meanwhile
	defer done()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conn != nil && l.conn.PingContext(ctx) != nil {
		discard(l.conn)
		l.conn = nil
	}
	if l.conn == nil && len(l.busy) > 0 {
		_ = q.connectLocks(ctx) // the next heartbeat tries again
	}
}

// connectLocks opens the connection that has the locks, and takes those of the tenants that are worked on.
func (q *Queue) connectLocks(ctx context.Context) error {
	c, err := q.db.Conn(ctx)
	if err != nil {
		return err
	}
	for tenant := range q.tenants.busy {
		if _, err := c.ExecContext(ctx, "SELECT pg_try_advisory_lock($1, hashtext($2))", tenantSpace, tenant); err != nil {
			discard(c)
			return err
		}
	}
	q.tenants.conn = c
	return nil
}

// endLocks ends the connection that has the locks: a pool waits for all of its connections.
func (q *Queue) endLocks() {
	l := &q.tenants
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conn != nil {
		discard(l.conn)
		l.conn = nil
	}
}

// onLockConn asks on the connection that has the locks. A connection that fails is given up, with its locks.
func (q *Queue) onLockConn(ctx context.Context, query, tenant string, answer *bool) (err error) {
	l := &q.tenants
	ctx, done := context.WithTimeout(context.WithoutCancel(ctx), lockTime) // a question that breaks off takes the connection along
	defer done()
	if l.conn == nil {
		err = q.connectLocks(ctx)
	}
	if err == nil {
		if err = l.conn.QueryRowContext(ctx, query, tenantSpace, tenant).Scan(answer); err != nil {
			discard(l.conn)
			l.conn = nil
		}
	}
	if err != nil {
		return fmt.Errorf("the lock of the tenant cannot be taken: %w", err)
	}
	return nil
}

// discard ends a connection. The pool would keep it otherwise, and whatever it has locked.
func discard(c *sql.Conn) {
	_ = c.Raw(func(driver any) error {
		ctx, done := context.WithTimeout(context.Background(), time.Second)
		defer done()
		if own, is := driver.(*stdlib.Conn); is {
			_ = own.Conn().Close(ctx)
		}
		return nil
	})
	_ = c.Close()
}
