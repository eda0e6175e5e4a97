package engine

import (
	"context"
	"io"
	"path/filepath"
	"time"

	"github.com/usher-cli/usher/config"
	"github.com/usher-cli/usher/tenant"
)

// World is what the process that runs an engine hands in. The functions may be called
// from several goroutines, and those that only tell may be nil.
type World struct {
	Version string              // of usher
	Dir     string              // of the configuration; the paths in its files are relative to it
	Env     func(string) string // variables of the environment; "" for none
	Now     func() time.Time

	Warn       func(text string)                          // is told what nothing stops for
	Explain    func(text string)                          // is told what only explains, such as who signs in
	Reading    func(people int)                           // is told now and then how far a long reading is
	Requests   func(tenant.Exchange)                      // is told of every request and its answer
	Statements func(statement string) (ended func(error)) // is told of what a database is asked
	Wire       io.Writer                                  // is told what is said to a simulated tenant, and what it answers

	// Room waits until so many requests may go to the tenant; nil for no limit.
	Room func(ctx context.Context, requests int) error
}

// Path resolves a path against the directory.
func (w *World) Path(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(w.Dir, path)
}

// ReadFile reads a file that the command line names.
func (w *World) ReadFile(name string) ([]byte, error) { return config.ReadFile(w.Path(name)) }

// FirstEnv is the first of some variables that has a value; "" for none.
func (w *World) FirstEnv(names ...string) string {
	for _, n := range names {
		if v := w.Env(n); v != "" {
			return v
		}
	}
	return ""
}

// warn tells what nothing stops for.
func (w *World) warn(text string) {
	if w.Warn != nil {
		w.Warn(text)
	}
}

// explain tells what only explains.
func (w *World) explain(text string) {
	if w.Explain != nil {
		w.Explain(text)
	}
}
