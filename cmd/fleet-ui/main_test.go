package main

import (
	"context"
	"database/sql"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
)

type args struct {
	Tenant string `json:"tenant"`
}

// Kind implements river.JobArgs.
func (args) Kind() string { return "usher" }

// newQueue makes a queue in a file with one job.
func newQueue(t *testing.T) string {
	t.Helper()
	ctx := context.Background()
	file := filepath.Join(t.TempDir(), "fleet.db")
	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=journal_mode(WAL)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	driver := riversqlite.New(db)
	tables, err := rivermigrate.New(driver, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tables.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		t.Fatal(err)
	}
	client, err := river.NewClient(driver, &river.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Insert(ctx, args{"alfa"}, nil); err != nil {
		t.Fatal(err)
	}
	return file
}

// ask sends a request as a browser does.
func ask(h http.Handler, method, host, path, body string) (code int, text string) {
	r := httptest.NewRequest(method, "http://"+host+path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	got, _ := io.ReadAll(w.Result().Body)
	return w.Code, string(got)
}

// TestReadOnly: the pages show the jobs. They take no request that changes one, and no name of others.
func TestReadOnly(t *testing.T) {
	pages, err := open(t.Context(), newQueue(t), "")
	if err != nil {
		t.Fatal(err)
	}
	here := readOnly(pages, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8080})
	everywhere := readOnly(pages, &net.TCPAddr{IP: net.IPv4zero, Port: 8080})
	const list, cancel, ids = "/api/jobs?state=available", "/api/jobs/cancel", `{"ids":["1"]}`
	for _, x := range []struct {
		handler            http.Handler
		method, host, path string
		code               int
	}{
		{here, http.MethodGet, "127.0.0.1:8080", list, http.StatusOK},
		{here, http.MethodGet, "localhost", "/", http.StatusOK},
		{here, http.MethodGet, "[::1]", list, http.StatusOK},
		{here, http.MethodGet, "[::1]:8080", list, http.StatusOK},
		{here, http.MethodGet, "evil.example:8080", list, http.StatusMisdirectedRequest},
		{here, http.MethodPost, "127.0.0.1:8080", cancel, http.StatusMethodNotAllowed},
		{here, http.MethodPut, "127.0.0.1:8080", "/api/queues/default/pause", http.StatusMethodNotAllowed},
		{everywhere, http.MethodGet, "fleet.example", list, http.StatusOK},
		{everywhere, http.MethodPost, "fleet.example", cancel, http.StatusMethodNotAllowed},
	} {
		code, text := ask(x.handler, x.method, x.host, x.path, ids)
		if code != x.code {
			t.Errorf("%s %s%s: %d, not %d: %s", x.method, x.host, x.path, code, x.code, text)
		}
		if code == http.StatusOK && x.path == list && !strings.Contains(text, "alfa") {
			t.Errorf("%s%s does not show the job: %s", x.host, x.path, text)
		}
	}
	// The database takes nothing either, should a request come through.
	if code, text := ask(pages, http.MethodPost, "127.0.0.1", cancel, ids); code < http.StatusBadRequest {
		t.Errorf("the file takes a change: %d %s", code, text)
	}
	if _, text := ask(here, http.MethodGet, "127.0.0.1", list, ""); !strings.Contains(text, "alfa") {
		t.Errorf("the job is gone: %s", text)
	}
}

// TestNowhere: a queue that is not there is told, and no file is made.
func TestNowhere(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "fleet.db")
	for _, x := range []struct{ file, database, says string }{
		{missing, "", "-file="},
		{"", "", databaseURL},
		{"", "postgres://user:never~shown@db:port/", "is no address of PostgreSQL"},
	} {
		_, err := open(t.Context(), x.file, x.database)
		if err == nil || !strings.Contains(err.Error(), x.says) || strings.Contains(err.Error(), "never~shown") {
			t.Errorf("%v", err)
		}
	}
	if all, _ := filepath.Glob(missing + "*"); len(all) > 0 {
		t.Errorf("%v is made", all)
	}
}
