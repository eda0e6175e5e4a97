package main

import (
	"bufio"
	"context"
	"errors"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

// ends are the signals that end a run: a key, a pipeline that is cancelled, a terminal
// that is closed, unless nohup makes usher live on then.
func ends() []os.Signal {
	all := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		all = append(all, syscall.SIGHUP)
	}
	return all
}

// interrupts returns a channel that the first interrupt closes, and a context
// that the second one ends. That nobody reads any more is one interrupt. Each is told at once:
// somebody who sees nothing happen presses the key again.
func interrupts(parent context.Context, unread <-chan struct{}, tell func(first bool)) (context.Context, <-chan struct{}, func()) {
	ctx, cancel := context.WithCancel(parent)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, ends()...)
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		for n := 0; ; n++ {
			select {
			case <-done:
				return
			case <-signals:
			case <-unread:
				unread = nil
			}
			tell(n == 0)
			if n == 0 {
				close(stop)
			} else {
				cancel()
			}
		}
	}()
	return ctx, stop, func() {
		signal.Stop(signals)
		close(done)
		cancel()
	}
}

// politely runs what takes locks, and ends it at the first interrupt, so that it
// gives them back.
func politely(ctx context.Context, run func(context.Context) error) error {
	ctx, end := signal.NotifyContext(ctx, ends()...)
	defer end()
	return run(ctx)
}

// until is a context that ends with its parent, or when stop is closed.
func until(parent context.Context, stop <-chan struct{}) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(parent)
	go func() {
		select {
		case <-stop:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

// answer reads a line of what somebody types; "" where nobody does before the context ends,
// and an error where there is nobody to type.
func (a *app) answer(ctx context.Context) (string, error) {
	line := make(chan string, 1)
	go func() {
		text, err := bufio.NewReader(a.in).ReadString('\n')
		if text == "" && err != nil {
			close(line)
			return
		}
		line <- strings.TrimSpace(text)
	}()
	select {
	case text, there := <-line:
		if !there {
			a.stdout().Say("")
			return "", errors.New("nobody answers: standard input is at its end")
		}
		return text, nil
	case <-ctx.Done():
		return "", nil
	}
}

// tellInterrupt answers somebody who interrupts a run.
func (a *app) tellInterrupt(first bool) {
	if first {
		a.stderr().Say("Interrupted: usher starts nothing new, and finishes the requests that are under way. Interrupt once more to stop now.")
		return
	}
	a.stderr().Say("Interrupted again: usher stops now. The next run finds out what became of the requests that were under way.")
}
