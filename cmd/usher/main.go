// Command usher keeps the licenses of an organisation the way its repository
// says they should be.
//
// This package is wiring: one file a verb, with its options, its constructor
// and its run function. It is the only one that reads the environment, the
// clock and signals, and main is the only place that exits.
package main

import (
	"os"
	"os/signal"
	"syscall"
	"time"

	_ "golang.org/x/crypto/x509roots/fallback" // for a container that has no certificates of its own
	"golang.org/x/term"
)

func main() {
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) // a closed pipe is an error of the write, and no end
	app := &app{in: os.Stdin, out: os.Stdout, err: os.Stderr, now: time.Now, env: os.Getenv}
	app.terminal, app.columns = terminal(os.Stdout)
	app.progress, app.besides = terminal(os.Stderr)
	os.Exit(app.run(os.Args[1:]))
}

// terminal reports whether a file is a terminal, and how many columns it has; 0 where
// it does not say.
func terminal(f *os.File) (is bool, columns int) {
	fd := int(f.Fd())
	if columns, _, err := term.GetSize(fd); err == nil {
		return term.IsTerminal(fd), columns
	}
	return term.IsTerminal(fd), 0
}
