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

	"github.com/mattn/go-isatty"
)

func main() {
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) // a closed pipe is an error of the write, and no end
	app := &app{
		in: os.Stdin, out: os.Stdout, err: os.Stderr, now: time.Now, env: os.Getenv,
		terminal: isatty.IsTerminal(os.Stdout.Fd()), progress: isatty.IsTerminal(os.Stderr.Fd()),
	}
	os.Exit(app.run(os.Args[1:]))
}
