package config

import (
	"errors"
	"fmt"
	"runtime/metrics"
	"time"
)

// What a configuration may cost beyond all other bounds.
const (
	longest    = 30 * time.Second
	mostMemory = 4 << 30 // bytes more than before
	heartbeat  = 50 * time.Millisecond
)

var (
	errSlow   = fmt.Errorf("its expressions take more than %s: they are nested loops, or values that grow with each other", longest)
	errHungry = fmt.Errorf(
		"its expressions take more than %d GiB of memory: they are nested loops, or values that grow with each other",
		mostMemory>>30,
	)
)

// within runs f and returns when it is done, or costs more than any configuration
// may. Then f goes on in vain, and the program has to end. A fault in a library is an
// error, without its trace.
//
// An expression cannot be stopped from outside. So the caller reports the error and ends the
// process, and nothing was written by then. The clock is a ticker and the count its ticks: a
// machine that slept is not a slow configuration.
func within(f func()) error {
	done := make(chan error, 1)
	go func() {
		defer func() {
			if cause := recover(); cause != nil {
				done <- errors.New("an expression in it makes the evaluation fail: remove parts of it to find the expression")
			}
		}()
		f()
		done <- nil
	}()
	before := heap()
	tick := time.NewTicker(heartbeat)
	defer tick.Stop()
	for n := time.Duration(0); ; n++ {
		select {
		case err := <-done:
			return err
		case <-tick.C:
			switch {
			case n*heartbeat > longest:
				return errSlow
			case heap() > before+mostMemory:
				return errHungry
			}
		}
	}
}

// heap is how many bytes the program's values take.
func heap() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
