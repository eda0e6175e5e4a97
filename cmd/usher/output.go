package main

import (
	"io"
	"sync"
)

// output is where commands print. What cannot be printed, because a disk is full or
// nobody reads any more, is remembered and decides how the program exits; it never decides
// whether something that was begun goes on.
type output struct {
	w io.Writer

	mu     sync.Mutex
	err    error
	failed chan struct{} // closed at the first error
}

func newOutput(w io.Writer) *output { return &output{w: w, failed: make(chan struct{})} }

// Write implements io.Writer.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err != nil {
		return len(p), nil
	}
	if _, err := o.w.Write(p); err != nil {
		o.err = err
		close(o.failed)
	}
	return len(p), nil
}

// Err is why something could not be printed; nil where everything was.
func (o *output) Err() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.err
}
