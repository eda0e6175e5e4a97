// Package postgres keeps states in a PostgreSQL database: one row a state,
// many states in one table, and their histories in another.
//
// A lock is a row's own columns and ends by the database's clock, so that it
// works through a connection pooler and no client's clock matters. Every question
// is one statement of one round trip. It never makes a table unless it is asked to.
package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/usher-cli/usher/state"
)

// Options say where a state is.
type Options struct {
	Connection string // URL or key=value words; what it lacks comes from the PG* variables
	Schema     string // in which the tables are
	Name       string // of the state
	TTL        time.Duration
	// MayHave refuses a host that no secret may be sent to; nil for none.
	MayHave func(host string) error
	// Unverified allows a database on another machine whose certificate nobody checks.
	Unverified bool
	// Trace is told of every statement, whose values are not in it, and what it
	// returns of how that ended; nil for nobody.
	Trace func(statement string) (ended func(error))
}

// DefaultTTL is how long a lock lasts without being renewed.
const DefaultTTL = time.Minute

// Backend is one state in a database.
type Backend struct {
	pool  *pgxpool.Pool
	o     Options
	place string
	held  string // id of the lock that this process has
}

var (
	_ state.Backend  = (*Backend)(nil)
	_ state.Preparer = (*Backend)(nil)
)

var schemaName = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,62}$`)

// New makes a backend. Nothing is asked of the database yet.
func New(ctx context.Context, o Options) (*Backend, error) {
	if !schemaName.MatchString(o.Schema) {
		return nil, fmt.Errorf("the schema %q is not a name of lower-case letters, digits and _", o.Schema)
	}
	config, err := pgxpool.ParseConfig(o.Connection)
	if err != nil {
		return nil, errors.New(
			"the connection is not one that PostgreSQL understands, such as postgres://user@host:5432/database (its text is not " +
				"shown, because it can hold a password)",
		)
	}
	if host := readable(config.ConnConfig, o.Unverified); host != "" {
		return nil, fmt.Errorf(
			"the connection to %s may be one that somebody on the way can read, or answer in its place: add sslmode=verify-full to it, "+
				"or, if nobody can, run usher with -remote-endpoints",
			host,
		)
	}
	for _, host := range hosts(config.ConnConfig) {
		if o.MayHave != nil {
			if err := o.MayHave(host); err != nil {
				return nil, err
			}
		}
	}
	// Through a pooler in transaction mode a prepared statement may be gone with
	// the next transaction.
	config.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeExec
	config.MaxConns, config.MinConns = 2, 0
	if o.Trace != nil {
		config.ConnConfig.Tracer = tracer{o.Trace}
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	at := config.ConnConfig
	return &Backend{pool: pool, o: o, place: fmt.Sprintf("%s in %s at %s", o.Name, at.Database, at.Host)}, nil
}

// Close ends the connections.
func (b *Backend) Close() { b.pool.Close() }

// String implements state.Backend.
func (b *Backend) String() string { return b.place }

// sql puts the schema into a statement.
func (b *Backend) sql(text string) string { return fmt.Sprintf(text, b.o.Schema) }

// Prepare implements state.Preparer.
func (b *Backend) Prepare(ctx context.Context) error {
	for _, text := range []string{
		`CREATE SCHEMA IF NOT EXISTS %[1]s`,
		`CREATE TABLE IF NOT EXISTS %[1]s.states (
			name text PRIMARY KEY, serial bigint NOT NULL DEFAULT 0, etag text NOT NULL DEFAULT '', document bytea, previous bytea,
			lock_id text, lock_info jsonb, lock_until timestamptz)`,
		`CREATE TABLE IF NOT EXISTS %[1]s.history (
			name text NOT NULL, seq bigint NOT NULL, line bytea NOT NULL, PRIMARY KEY (name, seq))`,
	} {
		var refused *pgconn.PgError
		if _, err := b.pool.Exec(ctx, b.sql(text)); errors.As(err, &refused) && refused.Code == forbidden {
			return fmt.Errorf(
				"this database user may not do that: %s; run it once as a user with CREATE on the database, or as the owner of the schema %s",
				refused.Message,
				b.o.Schema,
			)
		} else if err != nil {
			return explain(err)
		}
	}
	return nil
}

// forbidden is the code for what a role may not do.
const forbidden = "42501"

// explain turns what the database says into what to do about it.
func explain(err error) error {
	var e *pgconn.PgError
	var away *pgconn.ConnectError
	switch {
	case errors.As(err, &away):
		return fmt.Errorf("%w; is the database there, and do connection or the PG* variables lead to it?", err)
	case !errors.As(err, &e):
		return err
	}
	switch e.Code {
	case "42P01", "3F000": // no such table, no such schema
		return state.ErrUnprepared
	case forbidden:
		return fmt.Errorf(
			"this database user may not: %s; grant it USAGE on the schema, SELECT for plan, and INSERT and UPDATE as well for apply",
			e.Message,
		)
	case "3D000":
		return fmt.Errorf("%s: make it first, with createdb", e.Message)
	}
	return err
}

// Questions, and what may be done twice, are tried again while the database is
// out of reach, with pauses that grow.
const (
	mostTries  = 6
	firstPause = 100 * time.Millisecond
)

// again asks until there is an answer that says something.
func again(ctx context.Context, ask func() error) error {
	for n := 0; ; n++ {
		err := ask()
		if err == nil || !away(err) || n == mostTries {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(firstPause << n):
		}
	}
}

// away reports whether an error is about the way to the database, or about one
// that is starting or stopping.
func away(err error) bool {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return strings.HasPrefix(e.Code, "57P0")
	}
	return !errors.Is(err, pgx.ErrNoRows) && !errors.Is(err, context.Canceled)
}

// Get implements state.Backend.
func (b *Backend) Get(ctx context.Context) ([]byte, string, error) {
	var text []byte
	var etag string
	err := again(ctx, func() error {
		return b.pool.QueryRow(ctx, b.sql(`SELECT document, etag FROM %s.states WHERE name = $1`), b.o.Name).Scan(&text, &etag)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", explain(err)
	}
	return text, etag, nil
}

// exec carries out a statement that may be carried out twice, and returns how
// many rows the last of them changed.
func (b *Backend) exec(ctx context.Context, text string, args ...any) (rows int64, err error) {
	err = again(ctx, func() error {
		tag, err := b.pool.Exec(ctx, b.sql(text), args...)
		rows = tag.RowsAffected()
		return err
	})
	return rows, err
}

// Put implements state.Backend. A process whose lock is somebody else's by now
// writes nothing.
func (b *Backend) Put(ctx context.Context, text []byte, etag string) (string, error) {
	var head struct{ Serial int64 }
	if err := json.Unmarshal(text, &head); err != nil {
		return "", err
	}
	next := state.EtagOf(text)
	tag, err := b.pool.Exec(ctx, b.sql(`INSERT INTO %[1]s.states AS s (name, serial, etag, document)
		SELECT $1, $2::bigint, $3, $4::bytea WHERE $5 = '' OR EXISTS (SELECT FROM %[1]s.states WHERE name = $1)
		ON CONFLICT (name) DO UPDATE SET serial = excluded.serial, etag = excluded.etag, document = excluded.document, previous = s.document
		WHERE s.etag = $5 AND ($6 = '' OR s.lock_id = $6 AND s.lock_until > clock_timestamp())`),
		b.o.Name, head.Serial, next, text, etag, b.held)
	switch {
	case err != nil:
		return "", explain(err)
	case tag.RowsAffected() == 0:
		return "", b.moved(ctx, etag)
	}
	return next, nil
}

// moved says why nothing was written.
func (b *Backend) moved(ctx context.Context, etag string) error {
	if _, now, err := b.Get(ctx); err == nil && now == etag && b.held != "" {
		return state.ErrLost
	}
	return state.ErrMoved
}
