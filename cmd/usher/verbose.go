package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/usher-cli/usher/tenant"
	"github.com/usher-cli/usher/view"
)

// trace says what was asked of whom, and never what was in it.
func (a *app) trace(e tenant.Exchange) {
	answer := "no answer"
	if e.Status != 0 {
		answer = fmt.Sprint(e.Status)
	}
	name := ""
	if e.RequestID != "" {
		name = ", request " + view.Safe(e.RequestID)
	}
	a.stderr().Line("%s %s%s: %s after %s%s", e.Method, view.Safe(e.Host), view.Safe(e.Path), answer, e.Took.Round(time.Millisecond), name)
}

// traceStatement is trace for a database, which is asked in statements.
func (a *app) traceStatement(statement string) (ended func(error)) {
	began := a.now()
	return func(err error) {
		answer := "done"
		if err != nil {
			answer = err.Error()
		}
		a.stderr().Line("%s: %s after %s", view.Safe(strings.Join(strings.Fields(statement), " ")), view.Safe(answer),
			a.now().Sub(began).Round(time.Millisecond))
	}
}
