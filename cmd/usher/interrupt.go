package main

import (
	"bufio"
	"context"
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
// that the second one ends. That nobody reads any more is one interrupt.
func interrupts(parent context.Context, unread <-chan struct{}) (context.Context, <-chan struct{}, func()) {
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

// answer reads a line of what somebody types; "" where nobody does before the
// context ends.
func (a *app) answer(ctx context.Context) string {
	line := make(chan string, 1)
	go func() {
		text, _ := bufio.NewReader(a.in).ReadString('\n')
		line <- strings.TrimSpace(text)
	}()
	select {
	case text := <-line:
		return text
	case <-ctx.Done():
		return ""
	}
}
