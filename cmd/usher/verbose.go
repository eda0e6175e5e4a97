package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/usher-cli/usher/tenant"
)

// trace says what was asked of whom, and never what was in it.
func (a *app) trace(e tenant.Exchange) {
	answer := "no answer"
	if e.Status != 0 {
		answer = fmt.Sprint(e.Status)
	}
	name := ""
	if e.RequestID != "" {
		name = ", request " + e.RequestID
	}
	a.stderr().Say("%s %s%s: %s after %s%s", e.Method, e.Host, e.Path, answer, e.Took.Round(time.Millisecond), name)
}

// traceStatement is trace for a database, which is asked in statements.
func (a *app) traceStatement(statement string) (ended func(error)) {
	began := a.now()
	return func(err error) {
		answer := "done"
		if err != nil {
			answer = err.Error()
		}
		a.stderr().Say("%s: %s after %s", strings.Join(strings.Fields(statement), " "), answer,
			a.now().Sub(began).Round(time.Millisecond))
	}
}
