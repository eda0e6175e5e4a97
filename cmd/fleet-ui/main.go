// Command usher-fleet-ui shows the jobs of a fleet on the pages of River, the engine of the queue. It never
// changes a job: it answers questions only, and opens the database for reading.
//
// It is a program and a module of its own, because workers and pipelines have no use for pages.
package main

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	_ "modernc.org/sqlite"
	"riverqueue.com/riverui"
)

// databaseURL names the database, as it does for usher fleet.
const databaseURL = "USHER_FLEET_DATABASE_URL"

func main() {
	listen := flag.String("listen", "127.0.0.1:8080", "serve the pages at an `ADDRESS`; whoever reaches it sees the jobs")
	file := flag.String("file", "", "show the queue in a `FILE` of SQLite, not the one of "+databaseURL)
	flag.Parse()
	ctx, end := signal.NotifyContext(context.Background(), os.Interrupt)
	defer end()
	if err := run(ctx, *listen, *file, os.Getenv(databaseURL)); err != nil {
		fmt.Fprintln(os.Stderr, "Error:", err)
		os.Exit(1)
	}
}

// run serves the pages until the context ends.
func run(ctx context.Context, listen, file, database string) error {
	pages, err := open(ctx, file, database)
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", listen)
	if err != nil {
		return fmt.Errorf("-listen=%s: %w", listen, err)
	}
	fmt.Fprintf(os.Stderr, "The jobs of the fleet are at http://%s. Nothing can be changed there.\n", listener.Addr())
	server := &http.Server{Handler: readOnly(pages, listener.Addr()), ReadHeaderTimeout: 5 * time.Second}
	go func() { <-ctx.Done(); _ = server.Close() }()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// open makes the pages of a queue. The database is asked to take no change from this program.
func open(ctx context.Context, file, database string) (http.Handler, error) {
	switch {
	case file != "":
		if _, err := os.Stat(file); err != nil {
			return nil, fmt.Errorf("-file=%s: %w", file, err)
		}
		address := url.URL{Scheme: "file", Opaque: url.PathEscape(file), RawQuery: "mode=ro&_pragma=busy_timeout(10000)"}
		db, err := sql.Open("sqlite", address.String())
		if err != nil {
			return nil, fmt.Errorf("-file=%s: %w", file, err)
		}
		return pagesOf(ctx, riversqlite.New(db))
	case database == "":
		return nil, fmt.Errorf("put the address of the queue into %s, or name its file with -file", databaseURL)
	}
	settings, err := pgxpool.ParseConfig(database)
	if err != nil {
		return nil, fmt.Errorf("%s is no address of PostgreSQL", databaseURL) // the error would show the password
	}
	settings.ConnConfig.RuntimeParams["default_transaction_read_only"] = "on"
	pool, err := pgxpool.NewWithConfig(ctx, settings)
	if err != nil {
		return nil, fmt.Errorf("PostgreSQL cannot be reached: %w", err)
	}
	return pagesOf(ctx, riverpgxv5.New(pool))
}

func pagesOf[T any](ctx context.Context, driver riverdriver.Driver[T]) (http.Handler, error) {
	log := slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	client, err := river.NewClient(driver, &river.Config{Logger: log})
	if err != nil {
		return nil, err
	}
	pages, err := riverui.NewHandler(&riverui.HandlerOpts{Endpoints: riverui.NewEndpoints(client, nil), Logger: log})
	if err != nil {
		return nil, err
	}
	return pages, pages.Start(ctx)
}

// readOnly answers questions only. Where it listens to this machine alone, it also refuses the pages of
// others that send a browser here under a name of theirs.
func readOnly(pages http.Handler, at net.Addr) http.Handler {
	own, isTCP := at.(*net.TCPAddr)
	alone := isTCP && own.IP.IsLoopback()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			http.Error(w, "these pages change nothing: use usher fleet cancel, pause and resume", http.StatusMethodNotAllowed)
		case alone && !onThisMachine(r.Host):
			http.Error(w, "these pages are for this machine alone", http.StatusMisdirectedRequest)
		default:
			w.Header().Set("Content-Security-Policy", "frame-ancestors 'none'")
			pages.ServeHTTP(w, r)
		}
	})
}

func onThisMachine(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	address := net.ParseIP(strings.Trim(host, "[]"))
	return host == "localhost" || address != nil && address.IsLoopback()
}
